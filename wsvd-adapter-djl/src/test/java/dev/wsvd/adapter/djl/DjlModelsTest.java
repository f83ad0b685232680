package dev.wsvd.adapter.djl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Model;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.nn.SequentialBlock;
import dev.wsvd.domain.ModelIdentity;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.error.ModelFormatException;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.plan.Choice;
import dev.wsvd.domain.plan.Decision;
import dev.wsvd.domain.plan.Plan;
import dev.wsvd.domain.plan.Replacement;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.OpenOptions;
import dev.wsvd.json.JsonPlans;
import dev.wsvd.json.PlanFile;
import dev.wsvd.testkit.ExactFactors;
import dev.wsvd.testkit.ExactForm;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Saving and loading again, and what is said when plan, parameters and blocks do not belong together. */
class DjlModelsTest {
    private static final Shape INPUT = new Shape(2, 4, 8, 8);

    @TempDir
    Path folder;

    private Path saved;
    private float[] expected;
    private ModelIdentity original;

    @BeforeEach
    void save() {
        saved = folder.resolve("half");
        try (Model model = Networks.model(Networks::mixed, INPUT)) {
            model.setProperty("classes", "5");
            CompressibleModel<Model> opened = DjlModels.of(model, Networks::mixed);
            original = opened.identity();
            try (CompressibleModel<Model> split = opened.with(rank(opened, 2))) {
                expected = Networks.run(split.model(), INPUT);
                split.save(saved);
            }
        }
    }

    @Test
    void theLoadedModelComputesTheSameToTheBit() {
        try (Model model = DjlModels.load(saved, Networks::mixed)) {
            assertThat(Networks.run(model, INPUT)).isEqualTo(expected);
            assertThat(model.getName()).isEqualTo("example");
            assertThat(model.getProperty("classes")).isEqualTo("5");
            assertThat(model.describeInput().toMap()).isEqualTo(Map.of("data0", new Shape(1, 4, 8, 8)));
        }
    }

    @Test
    void theFolderHoldsParametersAndPlan() throws Exception {
        try (var files = Files.list(saved)) {
            assertThat(files)
                    .extracting(file -> file.getFileName().toString())
                    .containsExactlyInAnyOrder(parameters().getFileName().toString(), "plan.json");
        }
        PlanFile plan = JsonPlans.read(saved.resolve("plan.json"));
        assertThat(plan.model()).contains(original);
        assertThat(plan.plan().changes())
                .hasSize(5)
                .containsEntry(new LayerId("07Linear"), Choice.of("input-channel", 2));
        assertThat(plan.plan().decisions()).hasSize(6).containsKey(new LayerId("04Conv2d"));
    }

    @Test
    void layersThatWereSplitTwiceComeBack() {
        Path twice = folder.resolve("twice");
        float[] outputs;
        try (CompressibleModel<Model> once = open(saved);
                CompressibleModel<Model> again = once.with(rank(once, 1))) {
            again.save(twice);
            outputs = Networks.run(again.model(), INPUT);
        }
        try (Model model = DjlModels.load(twice, Networks::mixed)) {
            assertThat(Networks.run(model, INPUT)).isEqualTo(outputs);
            assertThat(JsonPlans.read(twice.resolve("plan.json")).model()).contains(original);
        }
    }

    @Test
    void theLatestEpochIsLoadedAsDjlDoes() throws Exception {
        Path trained = folder.resolve("trained");
        try (Model model = Networks.model(Networks::mixed, INPUT)) {
            model.setProperty("Epoch", "3");
            model.save(trained, "example");
            model.getBlock().getParameters().get("09Linear_bias").getArray().addi(1);
            model.setProperty("Epoch", "12");
            model.save(trained, "example");
            float[] latest = Networks.run(model, INPUT);
            try (Model loaded = DjlModels.load(trained, Networks::mixed)) {
                assertThat(Networks.run(loaded, INPUT)).isEqualTo(latest);
            }
        }
    }

    @Test
    void saveReplacesWhatItWroteAndNothingElse() throws Exception {
        try (CompressibleModel<Model> model = open(saved)) {
            Path other = folder.resolve("other");
            model.save(other);
            model.save(other);
            Files.writeString(other.resolve("synset.txt"), "shoe");
            assertThatThrownBy(() -> model.save(other))
                    .isInstanceOf(InvalidInputException.class)
                    .hasMessage("The folder '" + other + "' holds other things, 'synset.txt' for one."
                            + " Maybe choose a new folder.");
            try (var files = Files.list(folder)) {
                assertThat(files).containsExactlyInAnyOrder(saved, other);
            }
        }
    }

    @Test
    void aPlanForAnotherNetworkIsRefused() throws Exception {
        JsonPlans.write(saved.resolve("plan.json"), original, plan(new LayerId("08Linear"), 2));
        assertThatThrownBy(() -> DjlModels.load(saved, Networks::mixed))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage(
                        "'" + saved.resolve("plan.json") + "' does not fit the block factory: The network has no layer"
                                + " '08Linear'. Maybe '07Linear' or '09Linear' was meant.");
    }

    @Test
    void aPlanWithAnotherRankIsRefused() throws Exception {
        PlanFile plan = JsonPlans.read(saved.resolve("plan.json"));
        Map<LayerId, Decision> decisions = new LinkedHashMap<>(plan.plan().decisions());
        decisions.put(new LayerId("01Conv2d"), new Decision.Change(Choice.of("input-channel", 3)));
        JsonPlans.write(saved.resolve("plan.json"), original, new Plan(decisions));
        assertThatThrownBy(() -> DjlModels.load(saved, Networks::mixed))
                .isInstanceOf(ModelFormatException.class)
                .hasMessage("The parameters in '" + parameters()
                        + "' are not of the block factory's"
                        + " network: block '01Conv2d_01Conv2d' should have outputs and kernel [3, 1, 1], its weight has"
                        + " [2, 1, 1]. Maybe it is corrupt, or was saved with another plan.json.");
    }

    @Test
    void aMissingPlanIsFoundOut() throws Exception {
        Files.delete(saved.resolve("plan.json"));
        assertThatThrownBy(() -> DjlModels.load(saved, Networks::mixed))
                .isInstanceOf(ModelFormatException.class)
                .hasMessage("The parameters in '" + parameters()
                        + "' are not of the block factory's"
                        + " network: Invalid input data. Maybe it is corrupt, or plan.json is missing beside it.");
    }

    @Test
    void anotherBlockFactoryIsFoundOut() {
        Supplier<Block> longer = () -> ((SequentialBlock) Networks.mixed()).add(Networks.linear(2));
        assertThatThrownBy(() -> DjlModels.load(saved, longer))
                .isInstanceOf(ModelFormatException.class)
                .hasMessageContaining("the file ends too early");
        Supplier<Block> shorter = () -> {
            SequentialBlock block = (SequentialBlock) Networks.mixed();
            block.removeLastBlock();
            return block;
        };
        assertThatThrownBy(() -> DjlModels.load(saved, shorter))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("The network has no layer '09Linear'.");
    }

    @Test
    void parametersThatGoOnAreRefused() throws Exception {
        Path plain = folder.resolve("plain");
        try (Model model = Networks.model(Networks::mixed, INPUT)) {
            model.save(plain, "plain");
        }
        Supplier<Block> shorter = () -> {
            SequentialBlock block = (SequentialBlock) Networks.mixed();
            block.removeLastBlock();
            return block;
        };
        assertThatThrownBy(() -> DjlModels.load(plain, shorter))
                .isInstanceOf(ModelFormatException.class)
                .hasMessageContaining("the file goes on where the last block ends");
    }

    @Test
    void twoModelsInAFolderAreRefused() throws Exception {
        Files.copy(parameters(), saved.resolve("another-0000.params"));
        Files.delete(saved.resolve("plan.json"));
        assertThatThrownBy(() -> DjlModels.load(saved, Networks::mixed))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("The folder '" + saved
                        + "' holds several models: another, example. Maybe give each a folder of" + " its own.");
    }

    @Test
    void aFolderOfTorchScriptNamesTheWayOut() throws Exception {
        Path script = Files.createDirectory(folder.resolve("script"));
        copyTorchScript(script.resolve("script.pt"));
        assertThatThrownBy(() -> DjlModels.load(script, Networks::mixed))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("The folder '" + script
                        + "' holds no parameters of DJL blocks (NAME-0000.params). Maybe export the"
                        + " network to ONNX and open that with wsvd-adapter-onnx, or build it from DJL's blocks.");
    }

    @Test
    void anOpaqueModelNamesTheWayOut() throws Exception {
        Path script = folder.resolve("script.pt");
        copyTorchScript(script);
        try (Model model = Model.newInstance("script")) {
            model.load(script);
            assertThatThrownBy(() -> DjlModels.of(model, Networks::mixed))
                    .isInstanceOf(InvalidInputException.class)
                    .hasMessage(
                            "The model 'script' is a PtSymbolBlock, whose layers DJL does not show. Maybe export the"
                                    + " network to ONNX and open that with wsvd-adapter-onnx, or build it from DJL's blocks.");
        }
    }

    @Test
    void aModelWithoutParametersIsRefused() {
        try (Model model = Model.newInstance("empty")) {
            assertThatThrownBy(() -> DjlModels.of(model, Networks::mixed))
                    .hasMessage("The model 'empty' has no block. Maybe call setBlock and load its parameters first.");
            model.setBlock(Networks.mixed());
            assertThatThrownBy(() -> DjlModels.of(model, Networks::mixed))
                    .isInstanceOf(InvalidInputException.class)
                    .hasMessage("The model 'empty' has no parameters yet. Maybe load or train it first.");
        }
    }

    private Path parameters() throws IOException {
        try (Stream<Path> files = Files.list(saved)) {
            return files.filter(file -> file.getFileName().toString().matches("example\\.[0-9a-f]{16}-0000\\.params"))
                    .findFirst()
                    .orElseThrow();
        }
    }

    private static CompressibleModel<Model> open(Path path) {
        return new DjlFormat(Networks::mixed).open(path, OpenOptions.DEFAULT);
    }

    private static List<Replacement> rank(CompressibleModel<Model> model, int rank) {
        return model.layers().stream()
                .filter(Layer::supported)
                .map(l -> ExactFactors.truncated(
                        ExactFactors.of(l, model.weights(l.id()), ExactForm.INPUT_CHANNEL), rank))
                .toList();
    }

    private static Plan plan(LayerId layer, int rank) {
        return Plan.of(layer, Choice.of("input-channel", rank));
    }

    private static void copyTorchScript(Path target) throws Exception {
        try (InputStream in = DjlModelsTest.class.getResourceAsStream("torchscript.pt")) {
            Files.copy(in, target);
        }
    }
}
