package dev.wsvd.adapter.djl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Model;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.AbstractBlock;
import ai.djl.nn.Block;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.recurrent.LSTM;
import ai.djl.training.ParameterStore;
import ai.djl.util.PairList;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.plan.Replacement;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.OpenOptions;
import dev.wsvd.json.JsonPlans;
import dev.wsvd.json.PlanFile;
import dev.wsvd.json.StageShape;
import dev.wsvd.testkit.ExactFactors;
import dev.wsvd.testkit.ExactForm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Input weights of recurrent blocks are split, of every layer of a stack. */
class RecurrentSplitsTest {
    private static final int INPUTS = 6;
    private static final int HIDDEN = RecurrentNet.HIDDEN;
    private static final int STEPS = 4;
    private static final Shape INPUT = new Shape(3, STEPS, INPUTS);

    @TempDir
    Path folder;

    @TestFactory
    Stream<DynamicTest> atFullRankABlockComputesWhatItDid() {
        return RecurrentNet.all().stream()
                .map(net -> DynamicTest.dynamicTest(net.toString(), () -> assertUnchanged(net)));
    }

    private void assertUnchanged(RecurrentNet net) {
        Supplier<Block> blocks = () -> new Recurring(net);
        try (Model model = Networks.model(blocks, INPUT)) {
            CompressibleModel<Model> original = DjlModels.of(model, blocks);
            float[] expected = Networks.run(model, INPUT);
            List<Layer> layers = inputWeights(original);
            assertThat(layers).hasSize(net.layers());
            Path saved = folder.resolve(net.toString());
            try (CompressibleModel<Model> split = original.with(exact(original, layers))) {
                float[] outputs = Networks.run(split.model(), INPUT);
                assertThat(outputs).containsExactly(expected, Offset.offset(1e-4f));
                assertThat(macs(split)).isEqualTo(expectedMacs(net));
                for (Layer layer : layers) {
                    assertThat(split.stagesOf(layer.id())).hasSize(2);
                    LayerId state = new LayerId(layer.id() + "/R");
                    assertThat(split.stagesOf(state)).containsExactly(state);
                }
                split.save(saved);
                try (CompressibleModel<Model> loaded = new DjlFormat(blocks).open(saved, OpenOptions.DEFAULT)) {
                    assertThat(Networks.run(loaded.model(), INPUT)).isEqualTo(withoutGradients(split.model()));
                    assertThat(loaded.layers()).isEqualTo(split.layers());
                    assertThat(loaded.identity()).isEqualTo(split.identity());
                }
            }
        }
    }

    /** Outputs as of a loaded model: PyTorch multiplies sequences in another order where a weight has room for a gradient. */
    private static float[] withoutGradients(Model model) {
        model.getBlock()
                .getParameters()
                .values()
                .forEach(parameter -> parameter.getArray().setRequiresGradient(false));
        return Networks.run(model, INPUT);
    }

    private static List<Layer> inputWeights(CompressibleModel<Model> model) {
        return model.layers().stream().filter(Layer::supported).toList();
    }

    private static List<Replacement> exact(CompressibleModel<Model> model, List<Layer> layers) {
        return layers.stream()
                .map(layer -> ExactFactors.of(layer, model.weights(layer.id()), ExactForm.INPUT_CHANNEL))
                .toList();
    }

    private static long macs(CompressibleModel<Model> model) {
        return model.layers().stream().mapToLong(layer -> layer.sized().macs()).sum();
    }

    /** Of input weights at full rank, and of recurrent weights. */
    private static long expectedMacs(RecurrentNet net) {
        long rows = (long) net.gates() * HIDDEN * net.directions();
        long macs = 0;
        for (int layer = 0; layer < net.layers(); layer++) {
            long inputs = layer == 0 ? INPUTS : (long) HIDDEN * net.directions();
            macs += Math.min(rows, inputs) * (rows + inputs) + rows * HIDDEN;
        }
        return STEPS * macs;
    }

    @TestFactory
    Stream<DynamicTest> oneLayerOfAStackIsSplitAndTheOthersStay() {
        return RecurrentNet.all().stream()
                .filter(net -> net.layers() == 3 && !net.states() && net.samplesFirst())
                .flatMap(net -> Stream.of(0, 1, 2)
                        .map(which -> DynamicTest.dynamicTest(net + " " + which, () -> assertOneSplit(net, which))));
    }

    private void assertOneSplit(RecurrentNet net, int which) {
        Supplier<Block> blocks = net::block;
        String stack = net.block().getClass().getSimpleName();
        try (Model model = Networks.model(blocks, INPUT)) {
            CompressibleModel<Model> original = DjlModels.of(model, blocks);
            Layer layer = inputWeights(original).get(which);
            try (CompressibleModel<Model> split = original.with(exact(original, List.of(layer)))) {
                assertThat(Networks.run(split.model(), INPUT))
                        .containsExactly(Networks.run(model, INPUT), Offset.offset(1e-4f));
                List<String> expected = new ArrayList<>(
                        List.of(stack, stack + "/R", stack + "_1", stack + "_1/R", stack + "_2", stack + "_2/R"));
                String below = which == 0 ? stack + "_" : layer.id() + "_";
                expected.set(2 * which, below + "01Linear");
                expected.add(2 * which + 1, below + "02" + stack);
                assertThat(split.layers())
                        .extracting(found -> found.id().name())
                        .containsExactlyElementsOf(expected);
            }
        }
    }

    @Test
    void theStagesAreSplitAgain() {
        Supplier<Block> blocks = () -> new SequentialBlock()
                .add(new RecurrentNet("LSTM", 2, true, false, true, false).block())
                .add(Networks.linear(3));
        try (Model model = Networks.model(blocks, INPUT)) {
            CompressibleModel<Model> original = DjlModels.of(model, blocks);
            float[] expected = Networks.run(model, INPUT);
            try (CompressibleModel<Model> once = original.with(exact(original, inputWeights(original)));
                    CompressibleModel<Model> twice = once.with(exact(once, inputWeights(once)))) {
                assertThat(Networks.run(twice.model(), INPUT)).containsExactly(expected, Offset.offset(1e-4f));
                assertThat(twice.stagesOf(new LayerId("01LSTM_1")))
                        .extracting(LayerId::name)
                        .containsExactly(
                                "01LSTM_1_01Linear_01Linear",
                                "01LSTM_1_01Linear_02Linear",
                                "01LSTM_1_02LSTM_01Linear",
                                "01LSTM_1_02LSTM_02LSTM");
                twice.save(folder.resolve("twice"));
                try (Model loaded = DjlModels.load(folder.resolve("twice"), blocks)) {
                    assertThat(Networks.run(loaded, INPUT)).isEqualTo(withoutGradients(twice.model()));
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(floats = {0, 0.5f})
    void aStackDropsBetweenItsLayersInTrainingAsItDid(float rate) {
        Supplier<Block> blocks = () -> LSTM.builder()
                .setNumLayers(2)
                .setStateSize(HIDDEN)
                .optDropRate(rate)
                .build();
        try (Model model = Networks.model(blocks, INPUT)) {
            CompressibleModel<Model> original = DjlModels.of(model, blocks);
            try (CompressibleModel<Model> split = original.with(exact(original, inputWeights(original)))) {
                boolean drops = rate > 0;
                for (Model each : List.of(model, split.model())) {
                    assertThat(Arrays.equals(trained(each), trained(each))).isNotEqualTo(drops);
                }
                assertThat(Networks.run(split.model(), INPUT))
                        .containsExactly(Networks.run(model, INPUT), Offset.offset(1e-4f));
            }
        }
    }

    /** What a model gives in training. */
    private static float[] trained(Model model) {
        try (NDManager manager = model.getNDManager().newSubManager()) {
            return model.getBlock()
                    .forward(new ParameterStore(manager, false), new NDList(manager.ones(INPUT)), true)
                    .singletonOrThrow()
                    .toFloatArray();
        }
    }

    @Test
    void frozenWeightsStayFrozen() {
        Supplier<Block> blocks = new RecurrentNet("GRU", 2, false, true, true, false)::block;
        try (Model model = Networks.model(blocks, INPUT)) {
            model.getBlock()
                    .freezeParameters(true, parameter -> parameter.getName().startsWith("l_0"));
            CompressibleModel<Model> original = DjlModels.of(model, blocks);
            try (CompressibleModel<Model> split = original.with(exact(original, inputWeights(original)))) {
                split.model()
                        .getBlock()
                        .getParameters()
                        .forEach(parameter -> assertThat(parameter.getValue().requiresGradient())
                                .as(parameter.getKey())
                                .isEqualTo(parameter.getKey().startsWith("02")));
            }
        }
    }

    @Test
    void aFieldOfTheBlocksVeryTypeCannotHoldStages() {
        Supplier<Block> blocks = Typed::new;
        try (Model model = Networks.model(blocks, INPUT)) {
            CompressibleModel<Model> original = DjlModels.of(model, blocks);
            Layer layer = original.layers().get(0);
            String reason = "it is run through a reference that cannot be replaced, a lambda's perhaps";
            assertThat(layer.unsupportedReason()).contains(reason);
            assertThat(original.layers().get(2).unsupportedReason()).contains(reason);
            assertThatThrownBy(() -> original.with(exact(original, List.of(layer))))
                    .isInstanceOf(InvalidInputException.class)
                    .hasMessage("Layer '01typed' cannot be split: " + reason + ".");
        }
    }

    @Test
    void aPlanWhoseStagesDoNotFitIsRefused() throws IOException {
        Supplier<Block> blocks = new RecurrentNet("LSTM", 2, false, true, true, false)::block;
        Path saved = folder.resolve("saved");
        try (Model model = Networks.model(blocks, INPUT)) {
            CompressibleModel<Model> original = DjlModels.of(model, blocks);
            try (CompressibleModel<Model> split = original.with(exact(original, inputWeights(original)))) {
                split.save(saved);
            }
        }
        PlanFile plan = JsonPlans.read(saved.resolve("plan.json"));
        for (List<StageShape> wrong : List.of(
                List.of(new StageShape(5, 1, List.of()), new StageShape(7, 1, List.of())),
                List.of(new StageShape(5, 1, List.of()), new StageShape(4 * HIDDEN, 5, List.of())))) {
            Files.writeString(
                    saved.resolve("plan.json"),
                    JsonPlans.toJson(new PlanFile(
                            plan.model(),
                            plan.origin(),
                            plan.plan(),
                            plan.parameters(),
                            Map.of(
                                    new LayerId("LSTM"),
                                    plan.stages().get(new LayerId("LSTM")),
                                    new LayerId("LSTM_1"),
                                    wrong),
                            plan.cuts())));
            assertThatThrownBy(() -> DjlModels.load(saved, blocks))
                    .isInstanceOf(InvalidInputException.class)
                    .hasMessageContaining("The stages of layer 'LSTM_1' do not fit: ");
        }
    }

    /** A block, given a state made of its input where it returns one; all that it gives, in one array. */
    private static final class Recurring extends AbstractBlock {
        private final RecurrentNet net;
        private final Block block;

        Recurring(RecurrentNet net) {
            this.net = net;
            block = addChildBlock("block", net.block());
        }

        @Override
        protected NDList forwardInternal(
                ParameterStore store, NDList inputs, boolean training, PairList<String, Object> params) {
            NDArray input = inputs.singletonOrThrow();
            NDArray sequence = net.samplesFirst() ? input : input.swapAxes(0, 1);
            NDList given = new NDList(sequence);
            for (int i = 0; net.states() && i < net.stateArrays(); i++) {
                long rows = (long) net.layers() * net.directions();
                NDArray one = input.get(":, 0, :" + HIDDEN).add(i).expandDims(0);
                NDArray scale = input.getManager().arange(1f, rows + 1f).reshape(rows, 1, 1);
                given.add(scale.mul(one).mul(0.3f));
            }
            NDList outputs = block.forward(store, given, training);
            NDList flat = new NDList();
            outputs.forEach(output -> flat.add(output.flatten()));
            assertThat(outputs).hasSize(net.states() ? 1 + net.stateArrays() : 1);
            return new NDList(NDArrays.concat(flat));
        }

        @Override
        protected void initializeChildBlocks(NDManager manager, DataType type, Shape... inputs) {
            Shape input = inputs[0];
            block.initialize(
                    manager, type, net.samplesFirst() ? input : new Shape(input.get(1), input.get(0), input.get(2)));
        }

        @Override
        public Shape[] getOutputShapes(Shape[] inputs) {
            return new Shape[] {new Shape(-1)};
        }
    }

    /** Keeps its block in a field of its type. */
    private static final class Typed extends AbstractBlock {
        private final LSTM typed =
                addChildBlock("typed", (LSTM) new RecurrentNet("LSTM", 2, false, true, true, false).block());

        @Override
        protected NDList forwardInternal(
                ParameterStore store, NDList inputs, boolean training, PairList<String, Object> params) {
            return typed.forward(store, inputs, training);
        }

        @Override
        protected void initializeChildBlocks(NDManager manager, DataType type, Shape... inputs) {
            typed.initialize(manager, type, inputs);
        }

        @Override
        public Shape[] getOutputShapes(Shape[] inputs) {
            return typed.getOutputShapes(inputs);
        }
    }
}
