package dev.wsvd.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wsvd.domain.layer.Convolution;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.Weights;
import dev.wsvd.domain.linalg.LinearAlgebra;
import dev.wsvd.domain.moments.LayerMoments;
import dev.wsvd.domain.plan.Choice;
import dev.wsvd.domain.plan.Factors;
import dev.wsvd.domain.plan.Replacement;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.CompressionScheme;
import dev.wsvd.domain.tensor.Tensor;
import dev.wsvd.factorization.SpatialSvd;
import dev.wsvd.factorization.WeightSvd;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.function.Function;

/**
 * What is predicted from the moments of a layer's inputs is what the engine then shows: if patches, strides, padding, groups,
 * means or biases were wrong anywhere, the two would differ.
 */
public final class PredictedErrors {
    private static final double TOLERANCE = 1e-4;
    private static final List<CompressionScheme> SCHEMES = List.of(new WeightSvd(), new SpatialSvd());

    private PredictedErrors() {}

    /**
     * Replaces a layer by every choice there is for it, and compares ‖y − y'‖ / ‖y − ȳ‖ of its outputs with what the
     * factors say, to {@value #TOLERANCE}, as they are and refined. Nor may factors of the weights alone do better.
     *
     * @param moments of the inputs that the outputs are for
     * @param outputs what the layer, or the stages in its place, give in a model, [N][n][spatial…] or [N]…[n]
     */
    public static <M> void assertShown(
            CompressibleModel<M> model,
            Layer layer,
            LayerMoments moments,
            LinearAlgebra linearAlgebra,
            Function<CompressibleModel<M>, Tensor> outputs) {
        Tensor expected = outputs.apply(model);
        Weights weights = model.weights(layer.id());
        for (CompressionScheme scheme : SCHEMES) {
            for (String form : scheme.forms()) {
                List<Choice> choices = scheme.choices(layer, form, 1);
                if (choices.isEmpty()) {
                    continue;
                }
                Choice full = choices.get(choices.size() - 1);
                Factors aware = scheme.factor(layer, weights, Optional.of(moments), full, linearAlgebra);
                Factors free = scheme.factor(layer, weights, Optional.empty(), full, linearAlgebra);
                for (Choice choice : choices) {
                    assertShown(model, aware, free, choice, layer, expected, outputs);
                }
                assertTrue(aware.error(full) < 1e-3, layer.id() + ", " + full + ", the largest");
            }
        }
    }

    private static <M> void assertShown(
            CompressibleModel<M> model,
            Factors aware,
            Factors free,
            Choice choice,
            Layer layer,
            Tensor expected,
            Function<CompressibleModel<M>, Tensor> outputs) {
        String what = layer.id() + ", " + choice + ": ‖y − y'‖ / ‖y − ȳ‖";
        Replacement refined = aware.refined(choice);
        double shown = shown(model, aware.at(choice), expected, outputs);
        assertEquals(aware.error(choice), shown, TOLERANCE, what);
        assertEquals(refined.predictedError(), shown(model, refined, expected, outputs), TOLERANCE, what + ", refined");
        assertTrue(
                refined.predictedError() <= aware.error(choice) + 1e-9,
                what + " is refined to " + refined.predictedError());
        double ofWeightsAlone = shown(model, free.at(choice), expected, outputs);
        assertTrue(shown <= ofWeightsAlone + TOLERANCE, what + " is " + shown + ", without: " + ofWeightsAlone);
    }

    private static <M> double shown(
            CompressibleModel<M> model,
            Replacement replacement,
            Tensor expected,
            Function<CompressibleModel<M>, Tensor> outputs) {
        try (CompressibleModel<M> replaced = model.with(List.of(replacement))) {
            return relativeError(replacement.layer(), expected, outputs.apply(replaced));
        }
    }

    /**
     * Samples that are correlated within and have a mean, the same for the same seed.
     *
     * @param sample the dims of one
     */
    public static Tensor inputs(int samples, long seed, int... sample) {
        Random random = new Random(seed);
        int size = Arrays.stream(sample).reduce(1, Math::multiplyExact);
        List<Long> shape = new ArrayList<>(List.of((long) samples));
        Arrays.stream(sample).forEach(dim -> shape.add((long) dim));
        float[] values = new float[samples * size];
        for (int i = 0; i < values.length; i++) {
            double before = i % size == 0 ? 0 : values[i - 1];
            values[i] = (float) (0.7 * before + 0.5 * random.nextGaussian() + 0.3);
        }
        return Tensor.ofFloats(shape, values);
    }

    /**
     * √(Σ (y − y')² / Σ (y − ȳ)²), ȳ being the mean of each output channel.
     *
     * @param expected y, what the layer gives, [N][n][spatial…] or [N]…[n]
     * @param found y'
     */
    public static double relativeError(Layer layer, Tensor expected, Tensor found) {
        return Math.sqrt(squaredDistance(found, expected) / variance(expected, layer));
    }

    /** ‖a − b‖². */
    public static double squaredDistance(Tensor a, Tensor b) {
        assertEquals(a.shape(), b.shape());
        double sum = 0;
        for (int i = 0; i < a.elements(); i++) {
            sum += Math.pow(a.getDouble(i) - b.getDouble(i), 2);
        }
        return sum;
    }

    private static double variance(Tensor y, Layer layer) {
        boolean channelsFirst = layer.op() instanceof Convolution;
        int channels = layer.outChannels();
        int inner = 1;
        for (int d = 2; channelsFirst && d < y.shape().size(); d++) {
            inner *= y.shape().get(d).intValue();
        }
        double[] sum = new double[channels];
        double[] squares = new double[channels];
        for (int i = 0; i < y.elements(); i++) {
            int channel = i / inner % channels;
            sum[channel] += y.getDouble(i);
            squares[channel] += y.getDouble(i) * y.getDouble(i);
        }
        double perChannel = (double) y.elements() / channels;
        double variance = 0;
        for (int c = 0; c < channels; c++) {
            variance += squares[c] - sum[c] * sum[c] / perChannel;
        }
        return variance;
    }
}
