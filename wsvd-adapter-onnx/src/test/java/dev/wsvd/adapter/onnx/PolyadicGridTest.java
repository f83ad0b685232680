package dev.wsvd.adapter.onnx;

import static dev.wsvd.adapter.onnx.CalibrationTest.inputs;
import static dev.wsvd.adapter.onnx.CalibrationTest.moments;
import static dev.wsvd.adapter.onnx.CalibrationTest.outputs;
import static dev.wsvd.adapter.onnx.ModelBuilder.attribute;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import dev.wsvd.backend.ejml.EjmlProvider;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.Weights;
import dev.wsvd.domain.linalg.LinearAlgebra;
import dev.wsvd.domain.moments.LayerMoments;
import dev.wsvd.domain.plan.Choice;
import dev.wsvd.domain.plan.Factors;
import dev.wsvd.domain.plan.Replacement;
import dev.wsvd.domain.plan.Stage;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.OpenOptions;
import dev.wsvd.domain.tensor.Tensor;
import dev.wsvd.factorization.CanonicalPolyadic;
import dev.wsvd.testkit.PredictedErrors;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Convolutions of one to three dims by {@code cp}: what ONNX Runtime computes of the three stages. */
class PolyadicGridTest {
    private static final OnnxFormat FORMAT = new OnnxFormat();
    private static final LinearAlgebra EJML = new EjmlProvider().create();
    private static final CanonicalPolyadic CP = new CanonicalPolyadic();
    private static final int IN = 4;
    private static final int OUT = 5;

    static Stream<Arguments> grid() {
        List<Arguments> grid = new ArrayList<>();
        for (List<Long> kernel : List.of(List.of(4L), List.of(3L, 3L), List.of(1L, 3L), List.of(2L, 3L, 2L))) {
            for (long dilation : new long[] {1, 2}) {
                // ONNX Runtime has no dilation with pads that make sizes the same.
                for (String pads : dilation == 1 ? List.of("none", "uneven", "same") : List.of("none", "uneven")) {
                    for (boolean bias : new boolean[] {false, true}) {
                        String name = kernel + ", dilation " + dilation + ", pads " + pads + (bias ? ", bias" : "");
                        grid.add(Arguments.of(name, kernel, attributes(kernel.size(), dilation, pads), bias));
                    }
                }
            }
        }
        return grid.stream();
    }

    private static AttributeProto[] attributes(int dims, long dilation, String pads) {
        List<AttributeProto> attributes = new ArrayList<>();
        if (dilation > 1) {
            attributes.add(attribute("dilations", Collections.nCopies(dims, dilation)));
        }
        if (pads.equals("uneven")) {
            List<Long> both = new ArrayList<>(Collections.nCopies(dims, 1L));
            both.addAll(Collections.nCopies(dims, 2L));
            attributes.add(attribute("pads", both));
        } else if (pads.equals("same")) {
            attributes.add(attribute("auto_pad", "SAME_UPPER"));
        }
        return attributes.toArray(AttributeProto[]::new);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("grid")
    void stagesComputeTheirProductAndMissWhatIsPredicted(
            String name, List<Long> kernel, AttributeProto[] attributes, boolean bias) {
        List<Integer> size = Collections.nCopies(kernel.size(), 7);
        Object[] made = CalibrationTest.conv(
                        "Conv", name, IN, size, List.of((long) OUT, (long) IN), kernel, OUT, bias, attributes)
                .get();
        CompressibleModel<OnnxModel> model = FORMAT.of((ModelProto) made[1], name, OpenOptions.DEFAULT);
        Layer layer = model.layers().get(0);
        Map<String, Tensor> inputs = Map.of("x", inputs((int[]) made[2]));
        Tensor expected = outputs(model, inputs);
        LayerMoments moments = moments(model, inputs).get(layer.id());
        List<Choice> choices = CP.choices(layer, "cp", 1);
        Choice largest = choices.get(choices.size() - 1);
        Factors aware = CP.factor(layer, model.weights(layer.id()), Optional.of(moments), largest, EJML);
        Factors free = CP.factor(layer, model.weights(layer.id()), Optional.empty(), largest, EJML);
        for (Choice choice : List.of(choices.get(0), choices.get(choices.size() / 2), largest)) {
            assertComputed(model, free.refined(choice), inputs);
            for (Replacement replacement : List.of(aware.at(choice), aware.refined(choice))) {
                assertComputed(model, replacement, inputs);
                Tensor found = outputs(model.with(List.of(replacement)), inputs);
                assertThat(PredictedErrors.relativeError(layer, expected, found))
                        .as(choice.toString())
                        .isCloseTo(replacement.predictedError(), within(1e-4));
            }
        }
    }

    /** The stages compute what the layer does with W' in the place of W. */
    private static void assertComputed(
            CompressibleModel<OnnxModel> model, Replacement replacement, Map<String, Tensor> inputs) {
        Layer layer = replacement.layer();
        List<Stage> parts = replacement.parts();
        assertThat(parts.get(1).op().groups()).isEqualTo(replacement.choice().rank());
        Stage whole = new Stage(
                layer.op(),
                Weights.of(layer.weight(), product(layer, parts)),
                parts.get(2).biasCorrection());
        Tensor stages = outputs(model.with(List.of(replacement)), inputs);
        Tensor direct =
                outputs(model.with(List.of(Replacement.of(layer, Choice.of("whole", 1), List.of(whole), 0))), inputs);
        assertThat(PredictedErrors.relativeError(layer, direct, stages))
                .as(replacement.choice().toString())
                .isLessThan(1e-4);
    }

    /** W'[o][i][k] = Σ_ρ a[o][ρ] b[ρ][i] c[ρ][k]. */
    private static float[] product(Layer layer, List<Stage> parts) {
        float[] b = parts.get(0).weights().all();
        float[] c = parts.get(1).weights().all();
        float[] a = parts.get(2).weights().all();
        int taps = layer.weight().kernelSize();
        int rank = c.length / taps;
        float[] product = new float[OUT * IN * taps];
        for (int p = 0; p < product.length; p++) {
            double sum = 0;
            for (int r = 0; r < rank; r++) {
                sum += (double) a[p / (IN * taps) * rank + r] * b[r * IN + p / taps % IN] * c[r * taps + p % taps];
            }
            product[p] = (float) sum;
        }
        return product;
    }
}
