package dev.wsvd.adapter.djl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Model;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.Block;
import ai.djl.nn.Blocks;
import ai.djl.nn.ParallelBlock;
import ai.djl.nn.Parameter;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.convolutional.Conv2d;
import ai.djl.nn.norm.BatchNorm;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.error.ModelFormatException;
import dev.wsvd.domain.layer.Coupling;
import dev.wsvd.domain.layer.Coupling.Kind;
import dev.wsvd.domain.layer.Coupling.Side;
import dev.wsvd.domain.layer.Coupling.Slice;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.layer.Weights;
import dev.wsvd.domain.plan.Choice;
import dev.wsvd.domain.plan.Cut;
import dev.wsvd.domain.plan.Replacement;
import dev.wsvd.domain.plan.Stage;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.OpenOptions;
import dev.wsvd.json.CutShape;
import dev.wsvd.json.JsonPlans;
import dev.wsvd.json.PlanFile;
import dev.wsvd.testkit.Cuts;
import dev.wsvd.testkit.ExactFactors;
import dev.wsvd.testkit.ExactForm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Cuts of DJL's networks. */
class DjlCutTest {
    private static final Shape IMAGE = new Shape(2, 4, 6, 5);

    @TempDir
    Path folder;

    private static Block network() {
        return new SequentialBlock()
                .add(Networks.linear(8))
                .add(Activation.reluBlock())
                .add(Networks.linear(6))
                .add(Networks.linear(3));
    }

    @Test
    void aCutOfUnitsThatAreNoCouplingIsRefused() {
        try (Model model = Networks.model(DjlCutTest::network, new Shape(1, 5))) {
            CompressibleModel<Model> original = DjlModels.of(model, DjlCutTest::network);
            Layer first = original.layers().get(0);
            Layer last = original.layers().get(2);
            Coupling none = new Coupling(
                    last,
                    Kind.CHANNELS,
                    1,
                    6,
                    List.of(
                            new Slice(
                                    first,
                                    Side.WRITES,
                                    IntStream.range(0, 6).boxed().toList()),
                            new Slice(
                                    last,
                                    Side.READS,
                                    IntStream.range(0, 6).boxed().toList())));
            Stage stage = new Stage(last.op().shrunk(0, 4), new float[3 * 2]);
            Replacement cut = new Replacement(
                    Choice.of("channel-pruning", 2),
                    Map.of(last, List.of(stage)),
                    Optional.of(new Cut(none, Cut.leading(none, 2), List.of())),
                    0);

            assertThatThrownBy(() -> original.with(List.of(cut)))
                    .isInstanceOf(InvalidInputException.class)
                    .hasMessage("The model has no coupling at '04Linear' of 6 units between the layers that a cut of it"
                            + " was made for.");
        }
    }

    /** A reader that gets a bias, a normalisation, a depthwise convolution and a layer that no cut has a part in. */
    private static Block mobile() {
        return new SequentialBlock()
                .add(Networks.conv(8, 3, 1, 1))
                .add(BatchNorm.builder().build())
                .add(Activation.relu6Block())
                .add(Networks.conv(8, 3, 1, 8))
                .add(Activation.relu6Block())
                .add(Conv2d.builder()
                        .setFilters(6)
                        .setKernelShape(new Shape(1, 1))
                        .optBias(false)
                        .build())
                .add(Activation.reluBlock())
                .add(Networks.conv(6, 3, 1, 2))
                .add(Blocks.batchFlattenBlock())
                .add(Networks.linear(5));
    }

    private static Replacement shifted(CompressibleModel<Model> model, Coupling coupling, List<Integer> kept) {
        return Cuts.of(model, coupling, kept, Map.of(coupling.layer().id().name(), new float[] {1, 2, 3, 4, 5, 6}));
    }

    private static Replacement split(CompressibleModel<Model> model, String layer) {
        Layer found = model.layers().stream()
                .filter(one -> one.id().name().equals(layer))
                .findFirst()
                .orElseThrow();
        return ExactFactors.of(found, model.weights(found.id()), ExactForm.OUTPUT_CHANNEL);
    }

    @Test
    void aFolderSaysWhatCutsLeft() throws IOException {
        Path saved = folder.resolve("saved");
        try (Model model = Networks.model(DjlCutTest::mobile, IMAGE)) {
            CompressibleModel<Model> original = DjlModels.of(model, DjlCutTest::mobile);
            Coupling coupling = Cuts.at(original, "06Conv2d");
            try (CompressibleModel<Model> small = original.with(
                    List.of(shifted(original, coupling, List.of(1, 4, 6)), split(original, "10Linear")))) {
                small.save(saved);
                assertThat(saved.resolve("plan.json")).content().contains("""
                          "layers": [
                            {
                              "name": "06Conv2d",
                              "decision": "split",
                              "unfolding": "channels",
                              "rank": 3,
                              "cut": { "out": 6, "bias": true }
                            },
                            {
                              "name": "10Linear",
                              "decision": "split",
                              "unfolding": "output-channel",
                              "rank": 5,
                              "stages": [
                                { "out": 5 },
                                { "out": 5 }
                              ]
                            },
                            {
                              "name": "01Conv2d",
                              "decision": "dense",
                              "cut": { "out": 3 }
                            },
                            {
                              "name": "04Conv2d",
                              "decision": "dense",
                              "cut": { "out": 3 }
                            },
                            { "name": "08Conv2d", "decision": "dense" }
                          ]
                        """);
                assertThat(small.model().getBlock().getParameters().keys()).contains("06Conv2d_bias");
                assertThat(small.stagesOf(new LayerId("04Conv2d"))).containsExactly(new LayerId("04Conv2d"));
                assertThat(small.stagesOf(new LayerId("06Conv2d"))).containsExactly(new LayerId("06Conv2d"));
                try (CompressibleModel<Model> opened = open(saved)) {
                    assertThat(Networks.run(opened.model(), IMAGE)).isEqualTo(Networks.run(small.model(), IMAGE));
                    assertThat(opened.layers()).isEqualTo(small.layers());
                    opened.save(folder.resolve("again"));
                    assertThat(folder.resolve("again/plan.json")).hasSameTextualContentAs(saved.resolve("plan.json"));
                }
            }
        }
    }

    private static CompressibleModel<Model> open(Path saved) {
        return new DjlFormat(DjlCutTest::mobile).open(saved, OpenOptions.DEFAULT);
    }

    @Test
    void whatWasCutIsCutAndSplitAgain() {
        Path saved = folder.resolve("saved");
        try (Model model = Networks.model(DjlCutTest::mobile, IMAGE)) {
            CompressibleModel<Model> original = DjlModels.of(model, DjlCutTest::mobile);
            Replacement first = shifted(original, Cuts.at(original, "06Conv2d"), List.of(0, 2, 3, 5, 7));
            try (CompressibleModel<Model> once = original.with(List.of(first))) {
                Replacement second = shifted(once, Cuts.at(once, "06Conv2d"), List.of(1, 4));
                try (CompressibleModel<Model> blind = Cuts.blind(once, List.of(second));
                        CompressibleModel<Model> twice = once.with(List.of(second))) {
                    assertNear(Networks.run(twice.model(), IMAGE), Networks.run(blind.model(), IMAGE));
                    try (CompressibleModel<Model> split =
                            twice.with(List.of(split(twice, "01Conv2d"), split(twice, "06Conv2d")))) {
                        float[] expected = Networks.run(split.model(), IMAGE);
                        assertNear(expected, Networks.run(twice.model(), IMAGE));
                        split.save(saved);
                        try (CompressibleModel<Model> opened = open(saved)) {
                            assertThat(Networks.run(opened.model(), IMAGE)).isEqualTo(expected);
                            assertThat(opened.layers()).isEqualTo(split.layers());
                        }
                    }
                }
            }
        }
    }

    private static void assertNear(float[] found, float[] expected) {
        assertThat(found).containsExactly(expected, Offset.offset(1e-4f));
    }

    /** The layers that write the units may be fitted anew too. */
    @Test
    void aWriterIsReplacedAsAWhole() {
        try (Model model = Networks.model(DjlCutTest::mobile, IMAGE)) {
            CompressibleModel<Model> original = DjlModels.of(model, DjlCutTest::mobile);
            Replacement plain = Cuts.of(original, Cuts.at(original, "06Conv2d"), List.of(1, 4, 6));
            Layer writer = original.layers().get(0);
            float[] weight = original.weights(writer.id()).all().clone();
            float[] shift = new float[8];
            for (int i = 0; i < weight.length; i++) {
                weight[i] *= 1 + i % 3;
            }
            for (int i = 0; i < shift.length; i++) {
                shift[i] = i;
            }
            Stage whole = new Stage(writer.op(), Weights.of(writer.weight(), weight), Optional.of(shift));
            Map<Layer, List<Stage>> stages = new LinkedHashMap<>(plain.stages());
            stages.put(writer, List.of(whole));
            Replacement fitted = new Replacement(plain.choice(), stages, plain.cut(), 0);

            try (CompressibleModel<Model> other =
                            original.with(List.of(Replacement.of(writer, plain.choice(), List.of(whole), 0)));
                    CompressibleModel<Model> expected = Cuts.blind(other, List.of(plain));
                    CompressibleModel<Model> found = original.with(List.of(fitted))) {
                assertNear(Networks.run(found.model(), IMAGE), Networks.run(expected.model(), IMAGE));
                assertThat(found.bias(writer.id()).orElseThrow()).containsExactly(1, 4, 6);
            }
        }
    }

    @Test
    void replacementsThatDoNotFitAreRefused() {
        try (Model model = Networks.model(DjlCutTest::mobile, IMAGE)) {
            CompressibleModel<Model> original = DjlModels.of(model, DjlCutTest::mobile);
            Replacement cut = Cuts.of(original, Cuts.at(original, "06Conv2d"), List.of(1, 4, 6));

            assertThatThrownBy(() -> original.with(List.of(cut, cut)))
                    .isInstanceOf(InvalidInputException.class)
                    .hasMessage("The coupling at '06Conv2d' is cut twice.");
            assertThatThrownBy(() -> original.with(List.of(split(original, "01Conv2d"), cut)))
                    .isInstanceOf(InvalidInputException.class)
                    .hasMessage("Layer '01Conv2d' is split, and cut by the coupling at '06Conv2d'; only one of both is"
                            + " possible.");
            try (CompressibleModel<Model> small = original.with(List.of(cut))) {
                assertThatThrownBy(() -> small.with(List.of(cut)))
                        .isInstanceOf(InvalidInputException.class)
                        .hasMessage("The model has no coupling at '06Conv2d' of 8 units between the layers that a cut"
                                + " of it was made for.");
            }
        }
    }

    @Test
    void frozenStaysFrozenAndHalfPrecisionStaysHalf() {
        try (Model model = Networks.model(DjlCutTest::mobile, DataType.FLOAT16, IMAGE)) {
            model.getBlock()
                    .freezeParameters(
                            true,
                            parameter -> parameter
                                            == model.getBlock().getParameters().get("01Conv2d_weight")
                                    || parameter
                                            == model.getBlock().getParameters().get("02BatchNorm_gamma"));
            CompressibleModel<Model> original = DjlModels.of(model, DjlCutTest::mobile);
            Replacement cut = shifted(original, Cuts.at(original, "06Conv2d"), List.of(1, 4, 6));
            try (CompressibleModel<Model> small = original.with(List.of(cut))) {
                Map<String, Boolean> trained = new LinkedHashMap<>();
                small.model().getBlock().getParameters().forEach(named -> {
                    Parameter parameter = named.getValue();
                    trained.put(named.getKey(), parameter.requiresGradient());
                    assertThat(parameter.getArray().hasGradient()).isEqualTo(parameter.requiresGradient());
                    assertThat(parameter.getArray().getDataType()).isEqualTo(DataType.FLOAT16);
                });
                assertThat(trained)
                        .containsEntry("01Conv2d_weight", false)
                        .containsEntry("01Conv2d_bias", true)
                        .containsEntry("02BatchNorm_gamma", false)
                        .containsEntry("02BatchNorm_beta", true)
                        .containsEntry("02BatchNorm_runningVar", false)
                        .containsEntry("06Conv2d_bias", true);
            }
        }
    }

    @Test
    void blocksRememberTheirNewSizes() {
        Supplier<Block> blocks = () -> new SequentialBlock()
                .add(Networks.linear(8))
                .add(new ParallelBlock(
                        branches -> new NDList(branches.get(0)
                                .singletonOrThrow()
                                .add(branches.get(1).singletonOrThrow())),
                        List.of(
                                new SequentialBlock()
                                        .add(BatchNorm.builder().build())
                                        .add(Networks.linear(8)),
                                Blocks.identityBlock())))
                .add(Networks.linear(3));
        try (Model model = Networks.model(blocks, new Shape(4, 5))) {
            CompressibleModel<Model> original = DjlModels.of(model, blocks);
            try (CompressibleModel<Model> small =
                    original.with(List.of(Cuts.of(original, original.couplings().get(0), List.of(2, 3))))) {
                assertThat(small.model().getBlock()).hasToString("""
                        SequentialBlock(1, 5) {
                        	Linear(1, 5) -> (1, 2)
                        	ParallelBlock(1, 2) {
                        		SequentialBlock(1, 2) {
                        			BatchNorm(1, 2) -> (1, 2)
                        			Linear(1, 2) -> (1, 2)
                        		} -> (1, 2)
                        		identity(1, 2) -> (1, 2)
                        	} -> (1, 2)
                        	Linear(1, 2) -> (1, 3)
                        } -> (1, 3)""");
            }
        }
    }

    @Test
    void aPlanOfAnotherNetworkIsRefused() throws IOException {
        Path saved = folder.resolve("saved");
        try (Model model = Networks.model(DjlCutTest::mobile, IMAGE)) {
            CompressibleModel<Model> original = DjlModels.of(model, DjlCutTest::mobile);
            try (CompressibleModel<Model> small =
                    original.with(List.of(shifted(original, Cuts.at(original, "06Conv2d"), List.of(1, 4, 6))))) {
                small.save(saved);
            }
        }
        damaged(saved, "04Conv2d", new CutShape(9, false), "it has 9 output channels, the layer 8");
        damaged(saved, "08Conv2d", new CutShape(4, false), "it is a grouped convolution");
        Path plan = saved.resolve("plan.json");
        String text = Files.readString(plan);
        Files.writeString(plan, text.replace(",\n      \"cut\": { \"out\": 3 }", ""));
        assertThatThrownBy(() -> open(saved))
                .isInstanceOf(ModelFormatException.class)
                .hasMessageContaining(
                        "block '01Conv2d' should have outputs and kernel [8, 3, 3], its weight has [3, 3, 3]");
    }

    private static void damaged(Path saved, String layer, CutShape left, String problem) throws IOException {
        Path plan = saved.resolve("plan.json");
        String text = Files.readString(plan);
        PlanFile good = JsonPlans.read(plan);
        Map<LayerId, CutShape> cuts = new LinkedHashMap<>(good.cuts());
        cuts.put(new LayerId(layer), left);
        Files.writeString(
                plan,
                JsonPlans.toJson(new PlanFile(
                        good.model(), good.origin(), good.plan(), good.parameters(), good.stages(), cuts)));
        assertThatThrownBy(() -> open(saved))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("'" + plan + "' does not fit the block factory: What cuts left of layer '" + layer
                        + "' does not fit: " + problem + ".");
        Files.writeString(plan, text);
    }
}
