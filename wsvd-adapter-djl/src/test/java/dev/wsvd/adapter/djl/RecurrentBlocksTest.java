package dev.wsvd.adapter.djl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Model;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataDesc;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.AbstractBlock;
import ai.djl.nn.Block;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.core.Linear;
import ai.djl.nn.recurrent.GRU;
import ai.djl.nn.recurrent.LSTM;
import ai.djl.nn.recurrent.RNN;
import ai.djl.nn.recurrent.RecurrentBlock;
import ai.djl.training.ParameterStore;
import ai.djl.util.PairList;
import dev.wsvd.adapter.djl.internal.block.ParameterArrays;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.layer.Affine;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.plan.Replacement;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.Probe;
import dev.wsvd.domain.spi.Stopwatch;
import dev.wsvd.domain.spi.TimingConditions;
import dev.wsvd.domain.tensor.ElementType;
import dev.wsvd.testkit.ExactFactors;
import dev.wsvd.testkit.ExactForm;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Recurrent blocks: their weights are layers that count in the cost, and the recurrent ones stay. */
class RecurrentBlocksTest {
    private static final String RECURRENT = "it is a recurrent weight; only input weights are split";
    private static final String UNREACHED = "it is run through a reference that cannot be replaced, a lambda's perhaps";
    private static final int STEPS = 7;
    private static final int INPUTS = 6;
    private static final int HIDDEN = 5;
    private static final Shape INPUT = new Shape(2, STEPS, INPUTS);

    /** A layer ahead of a block, so that the two are told apart, and one behind it. */
    private static Block around(Block recurrent) {
        return new SequentialBlock().add(Networks.linear(INPUTS)).add(recurrent).add(Networks.linear(3));
    }

    /** In both directions without biases, with which DJL's PyTorch engine does not run it. */
    private static LSTM lstm(int layers, boolean bothWays, boolean samplesFirst) {
        return LSTM.builder()
                .setNumLayers(layers)
                .setStateSize(HIDDEN)
                .optBidirectional(bothWays)
                .optHasBiases(!bothWays)
                .optBatchFirst(samplesFirst)
                .build();
    }

    static Stream<Arguments> kinds() {
        return Stream.of(
                Arguments.of("02LSTM", 4, (Supplier<Block>) () -> around(lstm(1, false, true))),
                Arguments.of("02GRU", 3, (Supplier<Block>) () -> around(
                        GRU.builder().setNumLayers(1).setStateSize(HIDDEN).build())),
                Arguments.of("02RNN", 1, (Supplier<Block>) () -> around(RNN.builder()
                        .setNumLayers(1)
                        .setStateSize(HIDDEN)
                        .setActivation(RNN.Activation.TANH)
                        .build())));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("kinds")
    void aBlockIsItsInputWeightAndItsRecurrentWeight(String name, int gates, Supplier<Block> blocks) {
        try (Model model = Networks.model(blocks, INPUT)) {
            List<Layer> layers = DjlModels.of(model, blocks).layers();

            assertThat(layers)
                    .extracting(layer -> layer.id().name())
                    .containsExactly("01Linear", name, name + "/R", "03Linear");
            assertThat(layers.subList(1, 3))
                    .containsExactly(layer(name, gates * HIDDEN, INPUTS), layer(name + "/R", gates * HIDDEN, HIDDEN));
            assertThat(layers)
                    .extracting(layer -> layer.sized().macs())
                    .containsExactly(
                            (long) STEPS * INPUTS * INPUTS,
                            (long) STEPS * gates * HIDDEN * INPUTS,
                            (long) STEPS * gates * HIDDEN * HIDDEN,
                            (long) STEPS * 3 * HIDDEN);
        }
    }

    @Test
    void theRowsOfBothDirectionsAreOneMatrixAndEachLayerOfAStackHasItsOwn() {
        Supplier<Block> blocks = () -> around(lstm(2, true, true));
        try (Model model = Networks.model(blocks, INPUT)) {
            CompressibleModel<Model> opened = DjlModels.of(model, blocks);
            int rows = 2 * 4 * HIDDEN;

            assertThat(opened.layers().subList(1, 5))
                    .containsExactly(
                            layer("02LSTM", rows, INPUTS),
                            layer("02LSTM/R", rows, HIDDEN),
                            layer("02LSTM_1", rows, 2 * HIDDEN),
                            layer("02LSTM_1/R", rows, HIDDEN));
            assertThat(opened.layers().stream()
                            .mapToLong(layer -> layer.weight().elements())
                            .sum())
                    .isEqualTo(model.getBlock().getParameters().stream()
                            .filter(parameter -> !parameter.getKey().endsWith("bias"))
                            .mapToLong(parameter ->
                                    parameter.getValue().getArray().getShape().size())
                            .sum());
            float[] both = opened.weights(new LayerId("02LSTM_1/R")).all();
            float[] left = array(model, "02LSTM_l_1_h2h_WEIGHT");
            float[] right = array(model, "02LSTM_r_1_h2h_WEIGHT");
            assertThat(both).startsWith(left).endsWith(right).hasSize(left.length + right.length);
            assertThat(opened.weights(new LayerId("02LSTM_1/R")).rows(rows / 2 - 1, rows / 2 + 1))
                    .startsWith(last(left, HIDDEN))
                    .hasSize(2 * HIDDEN)
                    .endsWith(first(right, HIDDEN));
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void stepsAreThoseOfTheRunWhicheverDimTheyAre(boolean samplesFirst) {
        Supplier<Block> blocks = () -> new SequentialBlock()
                .add(list -> samplesFirst ? list : new NDList(list.head().swapAxes(0, 1)))
                .add(lstm(1, false, samplesFirst));
        try (Model model = Networks.model(blocks, INPUT)) {
            DataDesc longer = new DataDesc(new Shape(1, 11, INPUTS));
            assertThat(DjlModels.of(model, blocks, longer).layers())
                    .extracting(Layer::inputShape)
                    .containsExactly(List.of(1L, 11L, (long) INPUTS), List.of(1L, 11L, (long) HIDDEN));
        }
    }

    @Test
    void aBlockMayBeGivenAStateAndBeInAFieldOfItsType() {
        Supplier<Block> blocks = WithState::new;
        try (Model model = Networks.model(blocks, INPUT)) {
            assertThat(DjlModels.of(model, blocks).layers())
                    .containsExactly(
                            layer("01open", 4 * HIDDEN, INPUTS),
                            layer("01open/R", 4 * HIDDEN, HIDDEN),
                            layer("02typed", 4 * HIDDEN, HIDDEN).unsupported(UNREACHED),
                            layer("02typed/R", 4 * HIDDEN, HIDDEN));
        }
    }

    @Test
    void aSubclassOfTheUsersIsListedWithItsReason() {
        Supplier<Block> blocks =
                () -> around(new OwnRecurrent(LSTM.builder().setNumLayers(1).setStateSize(HIDDEN)));
        try (Model model = Networks.model(blocks, INPUT)) {
            CompressibleModel<Model> opened = DjlModels.of(model, blocks);
            assertThat(opened.layers().subList(1, 3))
                    .containsExactly(
                            layer("02OwnRecurrent", HIDDEN, INPUTS)
                                    .unsupported(
                                            "its class OwnRecurrent may compute something else than RecurrentBlock"),
                            layer("02OwnRecurrent/R", HIDDEN, HIDDEN));
            assertThat(opened.stagesOf(new LayerId("02OwnRecurrent"))).containsExactly(new LayerId("02OwnRecurrent"));
        }
    }

    @Test
    void aRootIsNamedForItsClass() {
        Supplier<Block> blocks = () -> lstm(1, false, true);
        try (Model model = Networks.model(blocks, INPUT)) {
            assertThat(DjlModels.of(model, blocks).layers())
                    .containsExactly(layer("LSTM", 4 * HIDDEN, INPUTS), layer("LSTM/R", 4 * HIDDEN, HIDDEN));
        }
    }

    @Test
    void aRecurrentWeightIsNotReplacedWatchedOrGivenABias() {
        Supplier<Block> blocks = () -> around(lstm(1, false, true));
        LayerId weight = new LayerId("02LSTM/R");
        try (Model model = Networks.model(blocks, INPUT)) {
            CompressibleModel<Model> opened = DjlModels.of(model, blocks);
            Layer layer = opened.layers().get(2);
            Replacement exact = ExactFactors.of(layer, opened.weights(weight), ExactForm.INPUT_CHANNEL);

            assertThatThrownBy(() -> opened.with(List.of(exact)))
                    .isInstanceOf(InvalidInputException.class)
                    .hasMessage("Layer '02LSTM/R' cannot be split: " + RECURRENT + ".");
            assertThat(opened.bias(weight)).isEmpty();
            try (Probe probe = new DjlFormat(blocks).probe(model, List.of(new LayerId("01Linear"), weight))) {
                assertThat(probe.inputs()).containsOnlyKeys(new LayerId("01Linear"));
            }
        }
    }

    @Test
    void theTimeOfALayerIsThatOfItsInputWeight() {
        Supplier<Block> blocks = () -> around(lstm(2, false, true));
        try (Model model = Networks.model(blocks, INPUT);
                Stopwatch watch = DjlModels.of(model, blocks)
                        .stopwatch(TimingConditions.DEFAULT)
                        .orElseThrow()) {
            assertThat(watch.profiles(2))
                    .allSatisfy(profile -> assertThat(profile)
                            .containsOnlyKeys(
                                    new LayerId("01Linear"),
                                    new LayerId("02LSTM"),
                                    new LayerId("02LSTM_1"),
                                    new LayerId("03Linear")));
        }
    }

    private static Layer layer(String name, int out, int in) {
        return new Layer(
                new LayerId(name),
                Affine.of(out, in),
                List.of(1L, (long) STEPS, (long) in),
                List.of(1L, (long) STEPS, (long) out),
                ElementType.FLOAT32,
                name.endsWith("/R") ? Optional.of(RECURRENT) : Optional.empty(),
                Optional.empty());
    }

    private static float[] array(Model model, String parameter) {
        return ParameterArrays.read(
                model.getBlock().getParameters().get(parameter).getArray());
    }

    private static float[] first(float[] values, int count) {
        return Arrays.copyOf(values, count);
    }

    private static float[] last(float[] values, int count) {
        return Arrays.copyOfRange(values, values.length - count, values.length);
    }

    /** A state that does not depend on the one before. */
    private static final class OwnRecurrent extends RecurrentBlock {
        OwnRecurrent(LSTM.Builder builder) {
            super(builder);
            gates = 1;
        }

        @Override
        protected NDList forwardInternal(
                ParameterStore store, NDList inputs, boolean training, PairList<String, Object> params) {
            return Linear.linear(inputs.head(), parameters.get("l_0_i2h_WEIGHT").getArray());
        }
    }

    /** Two blocks, the second of which begins with the state of the first. */
    private static final class WithState extends AbstractBlock {
        private final Block open = addChildBlock("open", stateful());
        private final LSTM typed = addChildBlock("typed", lstm(1, false, true));

        private static LSTM stateful() {
            return LSTM.builder()
                    .setNumLayers(1)
                    .setStateSize(HIDDEN)
                    .optReturnState(true)
                    .build();
        }

        @Override
        protected NDList forwardInternal(
                ParameterStore store, NDList inputs, boolean training, PairList<String, Object> params) {
            NDList outputs = open.forward(store, inputs, training);
            return typed.forward(store, outputs, training);
        }

        @Override
        protected void initializeChildBlocks(NDManager manager, DataType type, Shape... inputs) {
            open.initialize(manager, type, inputs);
            typed.initialize(manager, type, open.getOutputShapes(inputs));
        }

        @Override
        public Shape[] getOutputShapes(Shape[] inputs) {
            return typed.getOutputShapes(inputs);
        }
    }
}
