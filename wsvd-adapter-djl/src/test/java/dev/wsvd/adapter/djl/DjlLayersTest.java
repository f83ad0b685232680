package dev.wsvd.adapter.djl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import ai.djl.Model;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataDesc;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.convolutional.Conv1d;
import ai.djl.nn.convolutional.Conv2d;
import ai.djl.nn.convolutional.Conv3d;
import ai.djl.nn.core.Linear;
import ai.djl.nn.transformer.IdEmbedding;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.layer.Convolution;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.WeightShape;
import dev.wsvd.domain.plan.Replacement;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.testkit.ExactFactors;
import dev.wsvd.testkit.ExactForm;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Which layers are found where, how large they are, and which cannot be replaced. */
class DjlLayersTest {
    @Test
    void layersHaveTheNamesDjlGivesTheirParametersAndTheSizesOfARun() {
        try (Model model = Networks.model(Networks::mixed, new Shape(3, 4, 8, 8))) {
            List<Layer> layers = DjlModels.of(model, Networks::mixed).layers();

            assertThat(layers)
                    .extracting(
                            l -> l.id().name(),
                            l -> l.weight().toString(),
                            Layer::groups,
                            Layer::inputShape,
                            Layer::outputShape,
                            Layer::unsupportedReason)
                    .containsExactly(
                            tuple(
                                    "01Conv2d",
                                    "8×4×3×3",
                                    1,
                                    List.of(1L, 4L, 8L, 8L),
                                    List.of(1L, 8L, 4L, 4L),
                                    Optional.empty()),
                            tuple(
                                    "03ParallelBlock_01SequentialBlock_01Conv2d",
                                    "8×4×3×3",
                                    2,
                                    List.of(1L, 8L, 4L, 4L),
                                    List.of(1L, 8L, 4L, 4L),
                                    Optional.empty()),
                            tuple(
                                    "03ParallelBlock_02SequentialBlock_01Conv2d",
                                    "8×8×1×1",
                                    1,
                                    List.of(1L, 8L, 4L, 4L),
                                    List.of(1L, 8L, 4L, 4L),
                                    Optional.empty()),
                            tuple(
                                    "04Conv2d",
                                    "16×1×3×3",
                                    16,
                                    List.of(1L, 16L, 4L, 4L),
                                    List.of(1L, 16L, 4L, 4L),
                                    Optional.of("depthwise")),
                            tuple("07Linear", "12×16", 1, List.of(1L, 16L), List.of(1L, 12L), Optional.empty()),
                            tuple("09Linear", "5×12", 1, List.of(1L, 12L), List.of(1L, 5L), Optional.empty()));
            assertThat(model.getBlock().getParameters().keys())
                    .contains("03ParallelBlock_01SequentialBlock_01Conv2d_weight");
        }
    }

    static Stream<Arguments> networks() {
        return Stream.of(
                Arguments.of(
                        "fields, lists, arrays and maps", (Supplier<Block>) OwnBlock::new, new Shape(2, 3, 6, 6), 8),
                Arguments.of(
                        "one dim",
                        (Supplier<Block>) () -> new SequentialBlock()
                                .add(Conv1d.builder()
                                        .setFilters(6)
                                        .setKernelShape(new Shape(3))
                                        .optStride(new Shape(2))
                                        .build())
                                .add(Conv1d.builder()
                                        .setFilters(4)
                                        .setKernelShape(new Shape(3))
                                        .optDilation(new Shape(2))
                                        .optPadding(new Shape(2))
                                        .build()),
                        new Shape(2, 3, 12),
                        2),
                Arguments.of(
                        "three dims",
                        (Supplier<Block>) () -> new SequentialBlock()
                                .add(Conv3d.builder()
                                        .setFilters(6)
                                        .setKernelShape(new Shape(3, 2, 1))
                                        .optPadding(new Shape(1, 0, 0))
                                        .optGroups(3)
                                        .build()),
                        new Shape(2, 6, 4, 5, 3),
                        1),
                Arguments.of("the root itself", (Supplier<Block>) () -> Networks.linear(6), new Shape(2, 9), 1),
                Arguments.of(
                        "rows of a sequence",
                        (Supplier<Block>) () ->
                                new SequentialBlock().add(Networks.linear(6)).add(Networks.linear(4)),
                        new Shape(2, 7, 9),
                        2));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("networks")
    void whereverALayerStandsItIsReplaced(String name, Supplier<Block> blocks, Shape input, int count) {
        try (Model model = Networks.model(blocks, input)) {
            CompressibleModel<Model> original = DjlModels.of(model, blocks);
            assertThat(original.layers()).hasSize(count).allMatch(Layer::supported);
            float[] expected = Networks.run(model, input);
            for (ExactForm form : ExactForm.values()) {
                List<Layer> layers =
                        original.layers().stream().filter(form::appliesTo).toList();
                for (Layer layer : form == ExactForm.WHOLE ? List.<Layer>of() : layers) {
                    Replacement truncated =
                            ExactFactors.truncated(ExactFactors.of(layer, original.weights(layer.id()), form), 1);
                    try (CompressibleModel<Model> changed = original.with(List.of(truncated))) {
                        assertThat(Networks.run(changed.model(), input)).isNotEqualTo(expected);
                    }
                }
                List<Replacement> exact = layers.stream()
                        .map(layer -> ExactFactors.of(layer, original.weights(layer.id()), form))
                        .toList();
                try (CompressibleModel<Model> split = original.with(exact)) {
                    assertThat(Networks.run(split.model(), input)).containsExactly(expected, Offset.offset(1e-5f));
                }
            }
        }
    }

    @Test
    void rowsOfASequenceArePositions() {
        Supplier<Block> blocks = () -> new SequentialBlock().add(Networks.linear(6));
        try (Model model = Networks.model(blocks, new Shape(2, 7, 9))) {
            Layer layer = DjlModels.of(model, blocks).layers().get(0);
            assertThat(layer.outputPositions()).isEqualTo(7);
            assertThat(layer.inputShape()).containsExactly(1L, 7L, 9L);
        }
    }

    @Test
    void aConvolutionSaysHowItsKernelMoves() {
        Supplier<Block> blocks = () -> new SequentialBlock()
                .add(Conv2d.builder()
                        .setFilters(4)
                        .setKernelShape(new Shape(3, 2))
                        .optStride(new Shape(1, 3))
                        .optDilation(new Shape(2, 1))
                        .optPadding(new Shape(0, 4))
                        .build());
        try (Model model = Networks.model(blocks, new Shape(1, 3, 9, 9))) {
            assertThat(DjlModels.of(model, blocks).layers().get(0).op())
                    .isEqualTo(new Convolution(
                            new WeightShape(4, 3, List.of(3, 2)), 1, List.of(1, 3), List.of(2, 1), List.of(0, 4)));
        }
    }

    @Test
    void aBlockInTwoPlacesIsNeverSplit() {
        Supplier<Block> blocks = () -> {
            Linear shared = Networks.linear(6);
            return new SequentialBlock().add(shared).add(shared).add(Networks.linear(3));
        };
        try (Model model = Networks.model(blocks, new Shape(2, 6))) {
            CompressibleModel<Model> original = DjlModels.of(model, blocks);
            assertThat(original.layers())
                    .extracting(l -> l.id().name(), Layer::unsupportedReason)
                    .containsExactly(
                            tuple("01Linear", Optional.of("the same block is also '02Linear'")),
                            tuple("02Linear", Optional.of("the same block is also '01Linear'")),
                            tuple("03Linear", Optional.empty()));
            assertThatThrownBy(() -> original.with(List.of(exact(original, 0))))
                    .isInstanceOf(InvalidInputException.class)
                    .hasMessage("Layer '01Linear' cannot be split: the same block is also '02Linear'.");
        }
    }

    static Stream<Arguments> unsafe() {
        return Stream.of(
                Arguments.of(
                        (Supplier<Block>)
                                () -> new OwnBlock.Around(Networks.linear(6), true, (layer, x) -> layer.apply(x)),
                        "it is run through a reference that cannot be replaced, a lambda's perhaps"),
                Arguments.of(
                        (Supplier<Block>) () -> new OwnBlock.Around(
                                Networks.linear(6), false, (layer, x) -> layer.apply(layer.apply(x))),
                        "it runs 2 times in one pass"),
                Arguments.of(
                        (Supplier<Block>) () -> new OwnBlock.Around(Networks.linear(6), false, (layer, x) -> x.add(1)),
                        "it does not run"),
                Arguments.of(
                        (Supplier<Block>) () -> new SequentialBlock().add(new OwnBlock.OwnLinear(6)),
                        "its class OwnLinear may compute something else than Linear"));
    }

    @ParameterizedTest
    @MethodSource("unsafe")
    void whatCannotBeReplacedSafelySaysWhy(Supplier<Block> blocks, String reason) {
        try (Model model = Networks.model(blocks, new Shape(1, 6))) {
            CompressibleModel<Model> original = DjlModels.of(model, blocks);
            assertThat(original.layers())
                    .singleElement()
                    .extracting(Layer::unsupportedReason)
                    .isEqualTo(Optional.of(reason));
        }
    }

    @Test
    void aFieldThatTakesNothingElseKeepsItsLayer() {
        Supplier<Block> blocks = OwnBlock.WithConv1d::new;
        try (Model model = Networks.model(blocks, new Shape(1, 3, 8))) {
            Layer layer = DjlModels.of(model, blocks).layers().get(0);
            assertThat(layer.unsupportedReason())
                    .contains("it is run through a reference that cannot be replaced, a lambda's perhaps");
            assertThat(layer.outputShape()).containsExactly(1L, 6L, 6L);
        }
    }

    @Test
    void weightsOfOtherTypesAreNotSplit() {
        Supplier<Block> blocks = () -> new SequentialBlock().add(Networks.linear(4));
        try (Model model = Networks.model(blocks, DataType.FLOAT64, new Shape(1, 3))) {
            assertThat(DjlModels.of(model, blocks).layers().get(0).unsupportedReason())
                    .contains("its weights are float64; only float32 and float16 are split");
        }
    }

    @Test
    void imagesThatAreNoSamplesKeepTheirLayer() {
        Supplier<Block> blocks = () -> new SequentialBlock()
                .add(list -> new NDList(list.singletonOrThrow().reshape(new Shape(-1, 3, 4, 4))))
                .add(Networks.conv(5, 3, 1, 1));
        try (Model model = Networks.model(blocks, new Shape(1, 2, 3, 4, 4))) {
            assertThat(DjlModels.of(model, blocks).layers().get(0).unsupportedReason())
                    .contains("it is given 2 images for each sample");
        }
    }

    @Test
    void inputsOfAnotherTypeAreSaid() {
        Supplier<Block> blocks = () -> new SequentialBlock()
                .add(new IdEmbedding.Builder()
                        .setDictionarySize(10)
                        .setEmbeddingSize(8)
                        .build())
                .add(Networks.linear(6));
        try (Model model = Networks.model(blocks, new Shape(1, 7))) {
            Layer layer = DjlModels.of(model, blocks, new DataDesc(new Shape(1, 5), DataType.INT64, "tokens"))
                    .layers()
                    .get(0);
            assertThat(layer.inputShape()).containsExactly(1L, 5L, 8L);
        }
    }

    @Test
    void inputsThatDoNotFitAreRefused() {
        Supplier<Block> blocks = () -> new SequentialBlock().add(Networks.linear(6));
        try (Model model = Networks.model(blocks, new Shape(1, 7))) {
            CompressibleModel<Model> original = DjlModels.of(model, blocks, new DataDesc(new Shape(1, 8)));
            assertThatThrownBy(original::layers)
                    .isInstanceOf(InvalidInputException.class)
                    .hasMessageStartingWith("The model 'example' does not run on inputs [data0: float32 (-1, 8)]: ")
                    .hasMessageEndingWith(
                            ". Maybe give the inputs' shapes and types: new DataDesc(new Shape(1, 3, 224, 224)).");
        }
    }

    private static Replacement exact(CompressibleModel<Model> model, int index) {
        Layer layer = model.layers().get(index);
        return ExactFactors.of(layer, model.weights(layer.id()), ExactForm.INPUT_CHANNEL);
    }
}
