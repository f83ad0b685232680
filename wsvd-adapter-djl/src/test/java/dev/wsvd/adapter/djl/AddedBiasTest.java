package dev.wsvd.adapter.djl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Model;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.Block;
import ai.djl.nn.Blocks;
import ai.djl.nn.Parameter;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.convolutional.Conv1d;
import ai.djl.nn.convolutional.Conv2d;
import ai.djl.nn.convolutional.Conv3d;
import ai.djl.nn.core.Linear;
import ai.djl.nn.norm.BatchNorm;
import ai.djl.util.Pair;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.error.ModelFormatException;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.plan.Replacement;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.OpenOptions;
import dev.wsvd.testkit.ExactFactors;
import dev.wsvd.testkit.ExactForm;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** A layer without a bias has one when it is replaced with a bias correction, now and when it is loaded again. */
class AddedBiasTest {
    private static final Shape INPUT = new Shape(2, 3, 8, 8);

    @TempDir
    Path folder;

    /** As networks with normalisation are made: no biases before it. */
    static Block normalised() {
        return normalised(false);
    }

    private static Block normalised(boolean firstBias) {
        return new SequentialBlock()
                .add(Conv2d.builder()
                        .setFilters(6)
                        .setKernelShape(new Shape(3, 3))
                        .optBias(firstBias)
                        .build())
                .add(BatchNorm.builder().build())
                .add(Activation::relu)
                .add(Blocks.batchFlattenBlock())
                .add(Linear.builder().setUnits(5).optBias(false).build());
    }

    static Stream<Arguments> layers() {
        return Stream.of(
                Arguments.of(
                        (Supplier<Block>) () ->
                                Linear.builder().setUnits(4).optBias(false).build(),
                        new Shape(3, 6)),
                Arguments.of(
                        (Supplier<Block>) () -> new SequentialBlock()
                                .add(Conv1d.builder()
                                        .setFilters(4)
                                        .setKernelShape(new Shape(3))
                                        .optBias(false)
                                        .build()),
                        new Shape(2, 6, 9)),
                Arguments.of(
                        (Supplier<Block>) () -> new SequentialBlock()
                                .add(Conv2d.builder()
                                        .setFilters(4)
                                        .setKernelShape(new Shape(3, 2))
                                        .optGroups(2)
                                        .optBias(false)
                                        .build()),
                        new Shape(2, 6, 5, 6)),
                Arguments.of(
                        (Supplier<Block>) () -> new SequentialBlock()
                                .add(Conv3d.builder()
                                        .setFilters(4)
                                        .setKernelShape(new Shape(2, 2, 2))
                                        .optBias(false)
                                        .build()),
                        new Shape(2, 3, 4, 4, 4)));
    }

    @ParameterizedTest
    @MethodSource("layers")
    void theOutputsGainTheCorrectionAndKeepItInAFolder(Supplier<Block> blocks, Shape input) {
        try (Model model = Networks.model(blocks, input)) {
            CompressibleModel<Model> original = DjlModels.of(model, blocks);
            float[] before = Networks.run(model, input);
            Replacement corrected = corrected(original, original.layers().get(0), ExactForm.OUTPUT_CHANNEL);
            float[] correction = corrected.parts().get(1).biasCorrection().orElseThrow();
            try (CompressibleModel<Model> split = original.with(List.of(corrected))) {
                float[] after = Networks.run(split.model(), input);
                int positions = before.length / (int) input.get(0) / correction.length;
                for (int i = 0; i < before.length; i++) {
                    assertThat(after[i])
                            .isCloseTo(before[i] + correction[i / positions % correction.length], within(1e-4f));
                }
                split.save(folder.resolve("split"));
                try (Model loaded = DjlModels.load(folder.resolve("split"), blocks)) {
                    assertThat(Networks.run(loaded, input)).isEqualTo(after);
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"FLOAT32", "FLOAT16"})
    void ofTheWeightsTypeAndTrainedAsTheyAre(DataType type) {
        try (Model model = Networks.model(AddedBiasTest::linear, type, new Shape(1, 6))) {
            model.getBlock().freezeParameters(true, parameter -> true);
            CompressibleModel<Model> original = DjlModels.of(model, AddedBiasTest::linear);
            try (CompressibleModel<Model> split =
                    original.with(List.of(corrected(original, original.layers().get(0), ExactForm.INPUT_CHANNEL)))) {
                Parameter bias = split.model().getBlock().getParameters().get("01Linear_02Linear_bias");
                assertThat(bias.getArray().getDataType()).isEqualTo(type);
                assertThat(bias.requiresGradient()).isFalse();
                assertThat(split.model().getBlock().getParameters().keys()).hasSize(3);
            }
        }
    }

    private static Block linear() {
        return new SequentialBlock()
                .add(Linear.builder().setUnits(4).optBias(false).build());
    }

    @Test
    void whereNothingIsCorrectedThereIsNone() {
        try (Model model = Networks.model(AddedBiasTest::linear, new Shape(1, 6))) {
            CompressibleModel<Model> original = DjlModels.of(model, AddedBiasTest::linear);
            Layer layer = original.layers().get(0);
            Replacement exact = ExactFactors.of(layer, original.weights(layer.id()), ExactForm.INPUT_CHANNEL);
            try (CompressibleModel<Model> split = original.with(List.of(exact))) {
                assertThat(split.model().getBlock().getParameters().keys())
                        .containsExactly("01Linear_01Linear_weight", "01Linear_02Linear_weight");
            }
        }
    }

    @Test
    void layersSplitAgainAndAgainComeBackWithTheirs() {
        try (Model model = Networks.model(AddedBiasTest::normalised, INPUT);
                CompressibleModel<Model> once = correctedEverywhere(DjlModels.of(model, AddedBiasTest::normalised));
                CompressibleModel<Model> twice = correctedEverywhere(once);
                CompressibleModel<Model> thrice = correctedEverywhere(twice)) {
            assertThat(once.layers()).hasSize(4);
            assertThat(biases(once)).containsExactly("01Conv2d_02Conv2d_bias", "05Linear_02Linear_bias");
            assertThat(biases(twice))
                    .containsExactly(
                            "01Conv2d_01Conv2d_02Conv2d_bias",
                            "01Conv2d_02Conv2d_02Conv2d_bias",
                            "05Linear_01Linear_02Linear_bias",
                            "05Linear_02Linear_02Linear_bias");
            for (CompressibleModel<Model> split : List.of(once, twice, thrice)) {
                Path saved = folder.resolve("split" + split.layers().size());
                Path again = folder.resolve("again" + split.layers().size());
                split.save(saved);
                try (CompressibleModel<Model> opened =
                        new DjlFormat(AddedBiasTest::normalised).open(saved, OpenOptions.DEFAULT)) {
                    assertThat(Networks.run(opened.model(), INPUT)).isEqualTo(Networks.run(split.model(), INPUT));
                    assertThat(opened.identity()).isEqualTo(split.identity());
                    opened.save(again);
                }
                try (Model loaded = DjlModels.load(again, AddedBiasTest::normalised)) {
                    assertThat(Networks.run(loaded, INPUT)).isEqualTo(Networks.run(split.model(), INPUT));
                }
            }
        }
    }

    @Test
    void onlyWhatTheModelHoldsIsOpen() {
        try (Model model = Networks.model(Networks::mixed, new Shape(2, 4, 8, 8))) {
            CompressibleModel<Model> original = DjlModels.of(model, Networks::mixed);
            try (CompressibleModel<Model> split = correctedEverywhere(original)) {
                long parameters = split.model().getBlock().getParameters().size();
                assertThat(split.model().getNDManager().getManagedArrays()).hasSize((int) parameters);
            }
        }
    }

    /** The one file of parameters in a folder; its name says what it holds. */
    private static Path parameters(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> file.toString().endsWith("-0000.params"))
                    .findFirst()
                    .orElseThrow();
        }
    }

    @Test
    void aBlockFactoryWhoseLayerHasOneIsFoundOut() throws Exception {
        Path saved = save();
        assertThatThrownBy(() -> DjlModels.load(saved, () -> normalised(true)))
                .isInstanceOf(ModelFormatException.class)
                .hasMessage("The parameters in '" + parameters(saved)
                        + "' are not of the block factory's network: a split added a bias to a layer that had none, and"
                        + " the block factory's layer has one. Maybe it is corrupt, or was saved with another"
                        + " plan.json.");
    }

    @Test
    void aBiasOfAnotherSizeIsRefused() throws Exception {
        Path saved = save();
        Path file = parameters(saved);
        String bytes = Files.readString(file, StandardCharsets.ISO_8859_1);
        try (Model model = DjlModels.load(saved, AddedBiasTest::normalised);
                NDManager manager = NDManager.newBaseManager()) {
            NDArray right = model.getBlock()
                    .getParameters()
                    .get("01Conv2d_02Conv2d_bias")
                    .getArray();
            NDArray wrong = manager.ones(new Shape(7));
            wrong.setName(right.getName());
            assertThat(bytes).containsOnlyOnce(encoded(right));
            Files.writeString(file, bytes.replace(encoded(right), encoded(wrong)), StandardCharsets.ISO_8859_1);
        }
        assertThatThrownBy(() -> DjlModels.load(saved, AddedBiasTest::normalised))
                .isInstanceOf(ModelFormatException.class)
                .hasMessage("The parameters in '" + file + "' are not of the block factory's network: block"
                        + " '01Conv2d_02Conv2d' should have a bias of shape (6), its bias has (7). Maybe it is corrupt,"
                        + " or was saved with another plan.json.");
    }

    private static String encoded(NDArray array) {
        return new String(array.encode(), StandardCharsets.ISO_8859_1);
    }

    @Test
    void aSplitModelIsOpenedByItsFolder() {
        try (Model model = DjlModels.load(save(), AddedBiasTest::normalised)) {
            assertThatThrownBy(() -> DjlModels.of(model, AddedBiasTest::normalised))
                    .isInstanceOf(InvalidInputException.class)
                    .hasMessage("The model 'example' is split already, layer '01Conv2d' for one. Maybe open it by its"
                            + " folder, with DjlFormat.open.");
        }
    }

    private Path save() {
        Path saved = folder.resolve("split");
        try (Model model = Networks.model(AddedBiasTest::normalised, INPUT);
                CompressibleModel<Model> split = correctedEverywhere(DjlModels.of(model, AddedBiasTest::normalised))) {
            split.save(saved);
        }
        return saved;
    }

    private static CompressibleModel<Model> correctedEverywhere(CompressibleModel<Model> model) {
        return model.with(model.layers().stream()
                .filter(Layer::supported)
                .map(layer -> corrected(model, layer, ExactForm.INPUT_CHANNEL))
                .toList());
    }

    private static Replacement corrected(CompressibleModel<Model> model, Layer layer, ExactForm form) {
        Replacement exact = ExactFactors.of(layer, model.weights(layer.id()), form);
        float[] correction = new float[layer.outChannels()];
        for (int i = 0; i < correction.length; i++) {
            correction[i] = 0.5f * (i + 1);
        }
        return CorrectedBiasTest.corrected(exact, correction);
    }

    private static List<String> biases(CompressibleModel<Model> model) {
        return model.model().getBlock().getParameters().stream()
                .filter(pair -> pair.getValue().getName().equals("bias"))
                .map(Pair::getKey)
                .toList();
    }
}
