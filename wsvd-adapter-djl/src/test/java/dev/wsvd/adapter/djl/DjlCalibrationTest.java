package dev.wsvd.adapter.djl;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Model;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.Block;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.convolutional.Conv1d;
import ai.djl.nn.convolutional.Conv2d;
import ai.djl.nn.convolutional.Conv3d;
import ai.djl.nn.core.Linear;
import dev.wsvd.backend.ejml.EjmlProvider;
import dev.wsvd.calibration.Moments;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.linalg.LinearAlgebra;
import dev.wsvd.domain.moments.LayerMoments;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.Probe;
import dev.wsvd.domain.tensor.Predictor;
import dev.wsvd.domain.tensor.Tensor;
import dev.wsvd.evaluation.ArrayActivations;
import dev.wsvd.evaluation.ArrayDataset;
import dev.wsvd.testkit.PredictedErrors;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What is learnt from inputs of DJL's layers of every kind. */
class DjlCalibrationTest {
    private static final int SAMPLES = 60;
    private static final LinearAlgebra EJML = new EjmlProvider().create();

    static Stream<Arguments> layers() {
        return Stream.of(
                layer("linear", () -> new SequentialBlock().add(Networks.linear(7)), 9),
                layer(
                        "linear, no bias",
                        () -> Linear.builder().setUnits(7).optBias(false).build(),
                        9),
                layer("linear on rows of a sequence", () -> new SequentialBlock().add(Networks.linear(6)), 5, 8),
                layer(
                        "linear on rows behind an activation",
                        () -> new SequentialBlock()
                                .add(Activation::relu)
                                .add(Linear.builder().setUnits(6).optBias(false).build()),
                        3,
                        4,
                        8),
                layer(
                        "one dim, stride",
                        () -> Conv1d.builder()
                                .setFilters(3)
                                .setKernelShape(new Shape(4))
                                .optStride(new Shape(3))
                                .build(),
                        4,
                        13),
                layer(
                        "one dim, dilation and padding",
                        () -> Conv1d.builder()
                                .setFilters(4)
                                .setKernelShape(new Shape(3))
                                .optDilation(new Shape(2))
                                .optPadding(new Shape(3))
                                .optBias(false)
                                .build(),
                        4,
                        9),
                layer("two dims", () -> Networks.conv(3, 3, 0, 1), 5, 6, 7),
                layer(
                        "two dims, stride, dilation, padding and groups, no bias",
                        () -> Conv2d.builder()
                                .setFilters(4)
                                .setKernelShape(new Shape(3, 2))
                                .optStride(new Shape(2, 1))
                                .optDilation(new Shape(1, 3))
                                .optPadding(new Shape(2, 1))
                                .optGroups(2)
                                .optBias(false)
                                .build(),
                        6,
                        9,
                        8),
                layer(
                        "three dims, padding and groups",
                        () -> Conv3d.builder()
                                .setFilters(4)
                                .setKernelShape(new Shape(2, 3, 1))
                                .optPadding(new Shape(1, 0, 1))
                                .optGroups(2)
                                .build(),
                        4,
                        4,
                        5,
                        3));
    }

    private static Arguments layer(String name, Supplier<Block> blocks, int... sample) {
        return Arguments.of(name, blocks, sample);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("layers")
    void thePredictedErrorIsTheOneTheEngineShows(String name, Supplier<Block> blocks, int[] sample) {
        Tensor inputs = PredictedErrors.inputs(SAMPLES, 3, sample);
        try (Model model = model(blocks, sample)) {
            CompressibleModel<Model> original = DjlModels.of(model, blocks);
            Layer layer = original.layers().get(0);
            DjlFormat format = new DjlFormat(blocks);

            LayerMoments moments = moments(format, original, inputs).get(layer.id());

            PredictedErrors.assertShown(original, layer, moments, EJML, split -> outputs(format, split, inputs));
        }
    }

    @Test
    void soItIsInsideANetwork() {
        Tensor inputs = PredictedErrors.inputs(SAMPLES, 3, 4, 8, 8);
        try (Model model = model(Networks::mixed, 4, 8, 8)) {
            CompressibleModel<Model> original = DjlModels.of(model, Networks::mixed);
            DjlFormat format = new DjlFormat(Networks::mixed);
            Map<LayerId, LayerMoments> moments = moments(format, original, inputs);
            List<Layer> supported =
                    original.layers().stream().filter(Layer::supported).toList();

            assertThat(moments.keySet())
                    .containsExactlyElementsOf(supported.stream().map(Layer::id).toList());
            for (Layer layer : List.of(supported.get(1), supported.get(4))) {
                PredictedErrors.assertShown(
                        original, layer, moments.get(layer.id()), EJML, split -> given(format, split, layer, inputs));
            }
        }
    }

    /** What a layer, or the last of the stages in its place, gives in a model. */
    static Tensor given(DjlFormat format, CompressibleModel<Model> model, Layer layer, Tensor inputs) {
        List<LayerId> stages = model.stagesOf(layer.id());
        LayerId last = stages.get(stages.size() - 1);
        try (Probe probe = format.probe(model.model(), List.of(last))) {
            return probe.predictor()
                    .run(Map.of("data0", inputs))
                    .get(probe.outputs().get(last));
        }
    }

    static Model model(Supplier<Block> blocks, int... sample) {
        long[] dims = Arrays.stream(sample).asLongStream().toArray();
        return Networks.model(blocks, new Shape(1).addAll(new Shape(dims)));
    }

    static Map<LayerId, LayerMoments> moments(DjlFormat format, CompressibleModel<Model> model, Tensor inputs) {
        return Moments.of(
                ArrayActivations.of(format, ArrayDataset.of(Map.of("data0", inputs))),
                model.model(),
                model.layers().stream().filter(Layer::supported).toList(),
                EJML);
    }

    static Tensor outputs(DjlFormat format, CompressibleModel<Model> model, Tensor inputs) {
        try (Predictor predictor = format.predictor(model.model())) {
            return predictor.run(Map.of("data0", inputs)).get("output0");
        }
    }
}
