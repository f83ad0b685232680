package dev.wsvd.adapter.onnx;

import static dev.wsvd.adapter.onnx.ModelBuilder.attribute;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.onnx.proto.OnnxMl.ModelProto;
import dev.wsvd.calibration.OutputErrors;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.moments.LayerMoments;
import dev.wsvd.domain.plan.Choice;
import dev.wsvd.domain.plan.Replacement;
import dev.wsvd.domain.spi.Activations.Watch;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.OpenOptions;
import dev.wsvd.domain.tensor.Tensor;
import dev.wsvd.evaluation.ArrayActivations;
import dev.wsvd.evaluation.ArrayDataset;
import dev.wsvd.testkit.Cuts;
import dev.wsvd.testkit.PredictedErrors;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What is measured at layers inside a network is what shows at the network's output, where the two are the same tensor. */
class OutputErrorsTest {
    private static final OnnxFormat FORMAT = new OnnxFormat();
    private static final LayerId LAYER = new LayerId("layer");

    @ParameterizedTest(name = "{0}")
    @MethodSource("dev.wsvd.adapter.onnx.CalibrationTest#models")
    void anOnlyLayersErrorIsTheModels(String name, ModelProto proto, int[] sample) {
        CompressibleModel<OnnxModel> model = FORMAT.of(proto, name, OpenOptions.DEFAULT);
        Map<String, Tensor> inputs = Map.of("x", CalibrationTest.inputs(sample));
        // With a bias correction, for which some layers need an addition of their own, and without.
        for (Map<LayerId, LayerMoments> moments :
                List.of(Map.<LayerId, LayerMoments>of(), CalibrationTest.moments(model, inputs))) {
            CompressibleModel<OnnxModel> split = model.with(List.of(split(model, moments, 0, 1)));

            Map<LayerId, Double> errors = measure(model, split, inputs);

            if (name.equals("gemm with factors")) {
                // Its output is not just what its weight and bias make.
                assertThat(errors).isEmpty();
            } else {
                assertThat(errors).containsOnlyKeys(LAYER);
                assertThat(errors.get(LAYER)).isCloseTo(shown(model, split, inputs, 0), within(1e-6));
                assertThat(errors.get(LAYER)).isGreaterThan(0.05);
            }
        }
    }

    @Test
    void theErrorsOfLayersBeforeReachTheOnesAfter() {
        CompressibleModel<OnnxModel> model = twoLayers();
        Map<String, Tensor> inputs = Map.of("x", CalibrationTest.inputs(4, 6, 6));
        Map<LayerId, LayerMoments> moments = CalibrationTest.moments(model, inputs);
        Replacement first = split(model, moments, 0, 3);
        Replacement second = split(model, moments, 1, 2);

        Map<LayerId, Double> alone = measure(model, model.with(List.of(second)), inputs);
        Map<LayerId, Double> both = measure(model, model.with(List.of(first, second)), inputs);

        assertThat(alone).containsOnlyKeys(new LayerId("two"));
        assertThat(alone.get(new LayerId("two"))).isCloseTo(second.predictedError(), within(1e-4));
        assertThat(both).containsOnlyKeys(new LayerId("one"), new LayerId("two"));
        assertThat(both.get(new LayerId("one"))).isCloseTo(first.predictedError(), within(1e-4));
        assertThat(both.get(new LayerId("two")))
                .isCloseTo(shown(model, model.with(List.of(first, second)), inputs, 1), within(1e-6))
                .isGreaterThan(alone.get(new LayerId("two")) * 1.05);
    }

    /** With a split before them, so that all of them miss something. */
    @Test
    void layersOfACutAreComparedInTheChannelsThatTheyStillHave() {
        ModelProto proto = new ModelBuilder()
                .input("x", "N", 4, 6, 6)
                .weight("w0", 6, 4, 3, 3)
                .weight("w1", 8, 6, 3, 3)
                .weight("wd", 8, 1, 3, 3)
                .weight("w2", 5, 8, 1, 1)
                .node("Conv", "zero", List.of("x", "w0"), "h0")
                .node("Relu", "relu0", List.of("h0"), "r0")
                .node("Conv", "one", List.of("r0", "w1"), "h1", attribute("pads", List.of(1L, 1L, 1L, 1L)))
                .node("Relu", "relu1", List.of("h1"), "r1")
                .node("Conv", "depthwise", List.of("r1", "wd"), "h2", attribute("group", 8))
                .node("Conv", "two", List.of("h2", "w2"), "y")
                .output("y")
                .build();
        CompressibleModel<OnnxModel> model = FORMAT.of(proto, "cut", OpenOptions.DEFAULT);
        Map<String, Tensor> inputs = Map.of("x", CalibrationTest.inputs(4, 6, 6));
        List<Integer> kept = List.of(1, 4, 6);
        Replacement cut = Cuts.of(model, Cuts.at(model, "two"), kept);
        CompressibleModel<OnnxModel> small = model.with(List.of(split(model, 0, 3), cut));
        ArrayActivations<OnnxModel> activations = ArrayActivations.of(FORMAT, ArrayDataset.of(inputs));

        Map<LayerId, Double> errors =
                OutputErrors.of(activations, model, small, List.of(cut.cut().orElseThrow()));

        assertThat(errors)
                .containsOnlyKeys(
                        new LayerId("zero"), new LayerId("one"), new LayerId("depthwise"), new LayerId("two"));
        assertThat(errors.get(new LayerId("two"))).isCloseTo(shown(model, small, inputs, 3), within(1e-6));
        for (String layer : List.of("one", "depthwise")) {
            Tensor given = given(activations, model, layer);
            Tensor now = given(activations, small, layer);
            assertThat(errors.get(new LayerId(layer)))
                    .isCloseTo(error(given, kept, now), within(1e-6))
                    .isGreaterThan(0.05);
        }
        // Two models alone do not tell which channels were kept.
        assertThat(OutputErrors.of(activations, model, small, List.of()))
                .containsOnlyKeys(new LayerId("zero"), new LayerId("two"))
                .containsEntry(new LayerId("two"), errors.get(new LayerId("two")));
    }

    private static Tensor given(
            ArrayActivations<OnnxModel> activations, CompressibleModel<OnnxModel> model, String layer) {
        LayerId id = new LayerId(layer);
        int samples = CalibrationTest.SAMPLES;
        try (Watch watch = activations.watch(model.model(), List.of(id), samples)) {
            return watch.run(0, samples).get(watch.output(id).orElseThrow()).copy();
        }
    }

    /** [N][C][positions] of channels that were kept, and what they are now. */
    private static double error(Tensor given, List<Integer> kept, Tensor now) {
        int channels = Math.toIntExact(given.shape().get(1));
        int samples = Math.toIntExact(given.shape().get(0));
        int positions = Math.toIntExact(given.elements()) / samples / channels;
        double noise = 0;
        double signal = 0;
        for (int c = 0; c < kept.size(); c++) {
            double sum = 0;
            for (int i = 0; i < samples * positions; i++) {
                double y = given.getDouble((i / positions * channels + kept.get(c)) * positions + i % positions);
                double z = now.getDouble((i / positions * kept.size() + c) * positions + i % positions);
                sum += y;
                signal += y * y;
                noise += (y - z) * (y - z);
            }
            signal -= sum * sum / (samples * positions);
        }
        return Math.sqrt(noise / signal);
    }

    @Test
    void samplesThatOnlyFillABatchDoNotCount() {
        Map<String, Tensor> inputs = Map.of("x", CalibrationTest.inputs(9));
        CompressibleModel<OnnxModel> open = CalibrationTest.linear("N");
        CompressibleModel<OnnxModel> fixed = CalibrationTest.linear(7);

        double expected =
                measure(open, open.with(List.of(split(open, 0, 3))), inputs).get(LAYER);
        double found =
                measure(fixed, fixed.with(List.of(split(fixed, 0, 3))), inputs).get(LAYER);

        assertThat(found).isCloseTo(expected, within(1e-9));
    }

    @Test
    void aLayerThatIsAsItWasOrGivesAConstantHasNoError() {
        CompressibleModel<OnnxModel> model = CalibrationTest.linear("N");
        float[] same = new float[CalibrationTest.SAMPLES * 9];
        Arrays.fill(same, 0.1f);
        Map<String, Tensor> constant = Map.of("x", Tensor.ofFloats(List.of((long) CalibrationTest.SAMPLES, 9L), same));
        Map<String, Tensor> inputs = Map.of("x", CalibrationTest.inputs(9));

        assertThat(measure(model, model, inputs)).isEmpty();
        assertThat(measure(model, model.with(List.of(split(model, 0, 3))), constant))
                .isEmpty();
    }

    @Test
    void inputsThatDoNotFitAreRefused() {
        CompressibleModel<OnnxModel> model = CalibrationTest.linear("N");
        CompressibleModel<OnnxModel> split = model.with(List.of(split(model, 0, 3)));

        assertThatThrownBy(() -> measure(model, split, Map.of("z", CalibrationTest.inputs(9))))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage(
                        "The data holds 'z', the model takes 'x' (float32 [?, 9]); there must be one array per input, of its"
                                + " name.");
    }

    @Test
    void theFirstFiveHundredSamplesCount() {
        CompressibleModel<OnnxModel> model = CalibrationTest.linear("N");
        CompressibleModel<OnnxModel> split = model.with(List.of(split(model, 0, 3)));
        Tensor many = PredictedErrors.inputs(730, 5, 9);

        assertThat(measure(model, split, Map.of("x", many)).get(LAYER))
                .isCloseTo(shown(model, split, Map.of("x", many.samples(0, 500)), 0), within(1e-6))
                .isNotCloseTo(shown(model, split, Map.of("x", many), 0), within(1e-4));
    }

    private static CompressibleModel<OnnxModel> twoLayers() {
        ModelProto proto = new ModelBuilder()
                .input("x", "N", 4, 6, 6)
                .weight("w1", 8, 4, 3, 3)
                .weight("w2", 5, 8, 3, 3)
                .node("Conv", "one", List.of("x", "w1"), "h1", attribute("pads", List.of(1L, 1L, 1L, 1L)))
                .node("Relu", "relu", List.of("h1"), "h2")
                .node("Conv", "two", List.of("h2", "w2"), "y")
                .output("y")
                .build();
        return FORMAT.of(proto, "two layers", OpenOptions.DEFAULT);
    }

    private static Map<LayerId, Double> measure(
            CompressibleModel<OnnxModel> model, CompressibleModel<OnnxModel> split, Map<String, Tensor> inputs) {
        return OutputErrors.of(ArrayActivations.of(FORMAT, ArrayDataset.of(inputs)), model, split, List.of());
    }

    /** From the outputs of the two networks alone, the layer's being the last. */
    private static double shown(
            CompressibleModel<OnnxModel> model,
            CompressibleModel<OnnxModel> split,
            Map<String, Tensor> inputs,
            int layer) {
        return PredictedErrors.relativeError(
                model.layers().get(layer),
                CalibrationTest.outputs(model, inputs),
                CalibrationTest.outputs(split, inputs));
    }

    private static Replacement split(CompressibleModel<OnnxModel> model, int layer, int rank) {
        return split(model, Map.of(), layer, rank);
    }

    private static Replacement split(
            CompressibleModel<OnnxModel> model, Map<LayerId, LayerMoments> moments, int number, int rank) {
        Layer layer = model.layers().get(number);
        Choice choice = Choice.of("input-channel", rank);
        return FullRank.factors(model, layer, Optional.ofNullable(moments.get(layer.id())), choice)
                .at(choice);
    }
}
