package dev.wsvd.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wsvd.domain.Layer;
import dev.wsvd.domain.Unfolding;
import dev.wsvd.domain.factor.FactorizedLayer;
import dev.wsvd.domain.factor.Factorizer;
import dev.wsvd.domain.factor.LayerFactors;
import dev.wsvd.domain.factor.LayerMoments;
import dev.wsvd.domain.linalg.LinearAlgebra;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.Function;

/**
 * What is predicted from the moments of a layer's inputs is what the engine then shows: if patches, strides, padding, groups,
 * means or biases were wrong anywhere, the two would differ.
 */
public final class PredictedErrors {
    private static final double TOLERANCE = 1e-4;

    private PredictedErrors() {}

    /**
     * Splits a layer at every rank of every unfolding it has, and compares ‖y − y'‖ / ‖y − ȳ‖ of its outputs with what the
     * factors say, to {@value #TOLERANCE}, nested and refined. Nor may factors of the weights alone do better.
     *
     * @param moments of the inputs that the outputs are for
     * @param outputs what the layer, or the two in its place, give in a model, [N][n][spatial…] or [N]…[n]
     */
    public static <M> void assertShown(
            CompressibleModel<M> model,
            Layer layer,
            LayerMoments moments,
            LinearAlgebra linearAlgebra,
            Function<CompressibleModel<M>, Tensor> outputs) {
        Tensor expected = outputs.apply(model);
        float[] weight = model.weight(layer.id());
        Factorizer factorizer = new Factorizer(linearAlgebra);
        List<Unfolding> unfoldings = Arrays.stream(Unfolding.values())
                .filter(u -> u.appliesTo(layer))
                .toList();
        for (Unfolding unfolding : unfoldings) {
            int full = unfolding.maxRank(layer);
            LayerFactors aware = factorizer.factor(layer, weight, moments, unfolding, full);
            LayerFactors free = factorizer.factor(layer, weight, unfolding, full);
            for (int rank = 1; rank <= full; rank++) {
                String what = layer.id() + ", " + unfolding + " rank " + rank + ": ‖y − y'‖ / ‖y − ȳ‖";
                FactorizedLayer refined = aware.refined(rank);
                double shown = shown(model, aware.at(rank), expected, outputs);
                assertEquals(aware.error(rank), shown, TOLERANCE, what);
                assertEquals(refined.error(), shown(model, refined, expected, outputs), TOLERANCE, what + ", refined");
                assertTrue(refined.error() <= aware.error(rank) + 1e-9, what + " is refined to " + refined.error());
                double ofWeightsAlone = shown(model, free.at(rank), expected, outputs);
                assertTrue(shown <= ofWeightsAlone + TOLERANCE, what + " is " + shown + ", without: " + ofWeightsAlone);
            }
            assertTrue(aware.error(full) < 1e-3, layer.id() + ", " + unfolding + " at full rank");
        }
    }

    private static <M> double shown(
            CompressibleModel<M> model,
            FactorizedLayer factors,
            Tensor expected,
            Function<CompressibleModel<M>, Tensor> outputs) {
        try (CompressibleModel<M> split = model.with(List.of(factors))) {
            return relativeError(factors.layer(), expected, outputs.apply(split));
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
        boolean channelsFirst = layer.kind().equals("conv");
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
