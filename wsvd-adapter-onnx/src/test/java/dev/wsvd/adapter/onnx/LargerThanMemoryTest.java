package dev.wsvd.adapter.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.onnx.proto.OnnxMl.ModelProto;
import dev.wsvd.adapter.onnx.internal.run.OnnxPredictor;
import dev.wsvd.adapter.onnx.internal.run.PartedPredictor;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.OpenOptions;
import dev.wsvd.domain.spi.TimingConditions;
import dev.wsvd.domain.tensor.ElementType;
import dev.wsvd.domain.tensor.Predictor;
import dev.wsvd.domain.tensor.Tensor;
import dev.wsvd.domain.tensor.TensorInfo;
import dev.wsvd.testkit.PredictedErrors;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Models with more weights than memory allows run part by part and give what they give as a whole. */
class LargerThanMemoryTest {
    private static final OnnxFormat FORMAT = new OnnxFormat();
    private static final String MEMORY = "wsvd.onnx.memory";
    private static final Map<String, Tensor> INPUTS = Map.of("x", PredictedErrors.inputs(3, 7, 6));

    @AfterEach
    void asMuchAsThereIs() {
        System.clearProperty(MEMORY);
    }

    private static void leave(long bytes) {
        System.setProperty(MEMORY, String.valueOf(bytes));
    }

    /** Three residual blocks of 2 × 192 bytes of weights, and what the first of them gives as an output of its own. */
    private static ModelProto blocks(boolean half) {
        Net net = new Net(17, half);
        String early = block(net, net.input("N", 6));
        net.builder().node("Identity", "copy", List.of(early), "early").output("early", net.type(), "N", 6);
        return net.build(block(net, block(net, early)));
    }

    private static String block(Net net, String x) {
        String inner = net.relu(net.node("MatMul", List.of(x, net.weight(6, 8))));
        return net.node("Add", List.of(net.node("MatMul", List.of(inner, net.weight(8, 6))), x));
    }

    private static OnnxModel model(ModelProto proto) {
        return new OnnxModel(proto);
    }

    private static void assertRunsInPartsAsAWhole(ModelProto proto, Map<String, Tensor> inputs, String... outputs) {
        try (Predictor whole = FORMAT.predictor(model(proto))) {
            assertThat(whole).isInstanceOf(OnnxPredictor.class);
            leave(2);
            try (Predictor parts = FORMAT.predictor(model(proto))) {
                assertThat(parts).isInstanceOf(PartedPredictor.class);
                assertThat(parts.inputs()).isEqualTo(whole.inputs());
                assertThat(parts.outputs()).extracting(TensorInfo::name).containsExactly(outputs);
                Map<String, Tensor> expected = whole.run(inputs);
                Map<String, Tensor> found = parts.run(inputs);
                assertThat(found).containsOnlyKeys(outputs);
                found.forEach((name, tensor) -> {
                    assertThat(tensor.type()).isEqualTo(expected.get(name).type());
                    assertThat(tensor.shape()).isEqualTo(expected.get(name).shape());
                    for (int i = 0; i < tensor.elements(); i++) {
                        assertThat(tensor.getDouble(i))
                                .isCloseTo(expected.get(name).getDouble(i), within(error(tensor)));
                    }
                });
            }
        }
    }

    private static double error(Tensor tensor) {
        return tensor.type() == ElementType.FLOAT16 ? 1e-2 : 1e-5;
    }

    @Test
    void allOutputsAreThoseOfTheWhole() {
        assertRunsInPartsAsAWhole(blocks(false), INPUTS, "early", "y");
    }

    @Test
    void halvesPassFromPartToPart() {
        assertRunsInPartsAsAWhole(blocks(true), INPUTS, "early", "y");
    }

    @Test
    void anOutputNeedNotDependOnTheInputs() {
        Net net = new Net(17, false);
        net.builder().node("Relu", "fixed", List.of(net.weight(2, 2)), "stored").output("stored", net.type(), 2, 2);
        String y = block(net, block(net, net.input("N", 6)));

        assertRunsInPartsAsAWhole(net.build(y), INPUTS, "stored", "y");
    }

    /** What cannot pass to the next part is computed again there. */
    @Test
    void sequencesReachThePartsBehind() {
        Net net = new Net(17, false);
        String x = net.input("N", 6);
        String product = net.node("MatMul", List.of(x, net.weight(6, 6)));
        String two = net.node("SequenceConstruct", List.of(product, x));
        String other = net.node("MatMul", List.of(product, net.weight(6, 6)));
        String first = net.node("SequenceAt", List.of(two, net.index(0)));

        assertRunsInPartsAsAWhole(net.build(net.node("Add", List.of(other, first))), INPUTS, "y");
    }

    @Test
    void weightsThatNodesHoldAreLoadedWithThePartsThatUseThem() {
        ModelProto stored = blocks(false);
        ModelProto.Builder held = stored.toBuilder();
        held.getGraphBuilder().clearInitializer().clearNode();
        stored.getGraph()
                .getInitializerList()
                .forEach(weight -> held.getGraphBuilder()
                        .addNode(ModelBuilder.nodeOf(
                                "Constant", "", List.of(), weight.getName(), ModelBuilder.attribute("value", weight))));
        held.getGraphBuilder().addAllNode(stored.getGraph().getNodeList());

        assertRunsInPartsAsAWhole(held.build(), INPUTS, "early", "y");
    }

    /** How many numbers are not 0 only a run tells. */
    @Test
    void sizesThatTakeARunOfTooManyWeightsAreNotMeasured() {
        ModelProto proto = new ModelBuilder()
                .input("x", 3, 6)
                .weight("w", 6, 8)
                .weight("v", 2, 5)
                .node("MatMul", "first", List.of("x", "w"), "h")
                .node("Exp", "", List.of("h"), "e")
                .node("NonZero", "", List.of("e"), "n")
                .node("Transpose", "", List.of("n"), "t")
                .node("Cast", "", List.of("t"), "f", ModelBuilder.attribute("to", 1))
                .node("MatMul", "second", List.of("f", "v"), "y")
                .output("y")
                .build();
        long weights = (6 * 8 + 2 * 5) * Float.BYTES;
        leave(2 * weights);
        assertThat(FORMAT.of(proto, "fits", OpenOptions.DEFAULT).layers()).allMatch(Layer::supported);
        leave(2 * weights - 1);
        assertThat(FORMAT.of(proto, "does not", OpenOptions.DEFAULT).layers())
                .extracting(layer -> layer.unsupportedReason().orElse(""))
                .containsExactly(
                        "", "output size unknown: a run to measure it would load more weights than fit into memory");
    }

    /** Exporters once listed weights among the inputs. */
    @Test
    void weightsAmongTheInputsNeedNotBeGiven() {
        ModelProto proto = blocks(false);
        ModelProto.Builder listed = proto.toBuilder();
        proto.getGraph()
                .getInitializerList()
                .forEach(weight -> listed.getGraphBuilder()
                        .addInputBuilder()
                        .setName(weight.getName())
                        .getTypeBuilder()
                        .getTensorTypeBuilder()
                        .setElemType(weight.getDataType())
                        .getShapeBuilder()
                        .addDimBuilder()
                        .setDimValue(weight.getDims(0)));
        for (int i = 1; i < listed.getGraph().getInputCount(); i++) {
            listed.getGraphBuilder()
                    .getInputBuilder(i)
                    .getTypeBuilder()
                    .getTensorTypeBuilder()
                    .getShapeBuilder()
                    .addDimBuilder()
                    .setDimValue(proto.getGraph().getInitializer(i - 1).getDims(1));
        }

        assertRunsInPartsAsAWhole(listed.build(), INPUTS, "early", "y");
    }

    @Test
    void whatDoesNotFitTheInputsIsRefused() {
        leave(2);
        try (Predictor parts = FORMAT.predictor(model(blocks(false)))) {
            assertThatThrownBy(() -> parts.run(Map.of("x", PredictedErrors.inputs(3, 7, 5))))
                    .isInstanceOf(InvalidInputException.class)
                    .hasMessage("Input 'x' takes shape [?, 6], found [3, 5].");
        }
    }

    @Test
    void halfOfTheMemoryIsForWeights() {
        ModelProto proto = blocks(false);
        try (CompressibleModel<OnnxModel> model = FORMAT.of(proto, "blocks", OpenOptions.DEFAULT)) {
            leave(2 * 3 * 2 * 192);
            assertThat(model.runsWhole()).isTrue();
            leave(2 * 3 * 2 * 192 - 1);
            assertThat(model.runsWhole()).isFalse();
            assertThat(model.stopwatch(TimingConditions.DEFAULT)).isEmpty();
        }
    }

    @Test
    void theMemoryIsANumberOfBytes() {
        System.setProperty(MEMORY, "4G");

        assertThatThrownBy(() -> FORMAT.predictor(model(blocks(false))))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage(
                        "The system property wsvd.onnx.memory takes a whole number of bytes, at least 1, found '4G'.");
    }
}
