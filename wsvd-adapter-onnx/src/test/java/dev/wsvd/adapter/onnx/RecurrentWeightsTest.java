package dev.wsvd.adapter.onnx;

import static dev.wsvd.adapter.onnx.ModelBuilder.attribute;
import static dev.wsvd.adapter.onnx.ModelBuilder.nodeOf;
import static dev.wsvd.adapter.onnx.ModelBuilder.value;
import static dev.wsvd.adapter.onnx.RecurrentNet.HIDDEN;
import static dev.wsvd.adapter.onnx.RecurrentNet.INPUTS;
import static dev.wsvd.adapter.onnx.RecurrentNet.STEPS;
import static org.assertj.core.api.Assertions.assertThat;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import dev.wsvd.domain.layer.Siblings;
import dev.wsvd.domain.plan.Replacement;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.OpenOptions;
import dev.wsvd.domain.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Where the weights of recurrent nodes lie: shared by nodes, behind others, in branches, in files, beside other layers. */
class RecurrentWeightsTest {
    private static final RecurrentNet LSTM = RecurrentNet.lstm();
    private static final RecurrentNet BOTH_WAYS = new RecurrentNet("GRU", "bidirectional", false);

    @TempDir
    Path folder;

    @Test
    void nodesThatShareAWeightShareWhatTakesItsPlace() {
        ModelProto proto = LSTM.builder()
                .node(LSTM.node(LSTM.operands("b"), List.of("y1")))
                .node("Relu", "relu", List.of("x"), "x2")
                .node(LSTM.node(List.of("x2", "w", "r"), List.of("y2")).toBuilder()
                        .setName("other")
                        .build())
                .node("Add", "add", List.of("y1", "y2"), "y")
                .output("y", DataType.FLOAT_VALUE, "a", "b", "c", "d")
                .build();
        CompressibleModel<OnnxModel> model = FullRank.open(proto);
        CompressibleModel<OnnxModel> split = FullRank.splitAll(model, "input-channel");
        Map<String, Tensor> inputs = FullRank.inputs(model.model());
        FullRank.assertSame(FullRank.run(split.model(), inputs), FullRank.run(model.model(), inputs), 1e-4);
        assertThat(split.model().proto().getGraph().getInitializerList())
                .extracting(TensorProto::getName)
                .filteredOn(name -> name.endsWith("_weight"))
                .containsExactly("cell_svd_a_weight", "cell_svd_b_weight");
    }

    @Test
    void nodesThatReadOneSequenceAreSiblings() {
        RecurrentNet back = new RecurrentNet("LSTM", "reverse", false);
        ModelProto proto = LSTM.builder()
                .node(LSTM.node(LSTM.operands("b"), List.of("y1")))
                .node(back.node(List.of("x", "w", "r"), List.of("y2")).toBuilder()
                        .setName("back")
                        .build())
                .node("Add", "add", List.of("y1", "y2"), "y")
                .output("y")
                .build();
        assertThat(FullRank.open(proto).siblings())
                .extracting(Siblings::layers)
                .allSatisfy(layers -> assertThat(layers)
                        .extracting(layer -> layer.id().name())
                        .containsExactly("cell", "back"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"Constant", "Transpose", "Cast"})
    void aWeightMayBeBehindNodes(String between) {
        ModelBuilder builder = LSTM.builder();
        TensorProto weight = builder.graph().getInitializer(0);
        NodeProto node =
                switch (between) {
                    case "Constant" -> nodeOf("Constant", "", List.of(), "w2", attribute("value", weight));
                    case "Transpose" -> {
                        builder.weight("turned", INPUTS, 16, 1);
                        yield nodeOf("Transpose", "", List.of("turned"), "w2");
                    }
                    default -> {
                        builder.stored(ModelBuilder.halves("half", new float[16 * INPUTS], 1, 16, INPUTS));
                        yield nodeOf("Cast", "", List.of("half"), "w2", attribute("to", DataType.FLOAT_VALUE));
                    }
                };
        ModelProto proto = builder.node(node)
                .node(LSTM.node(List.of("x", "w2", "r"), List.of("y")))
                .output("y", DataType.FLOAT_VALUE, "a", "b", "c", "d")
                .build();
        CompressibleModel<OnnxModel> model = FullRank.open(proto);
        CompressibleModel<OnnxModel> split = FullRank.splitAll(model, "input-channel");
        assertThat(split.layers()).hasSize(3);
        Map<String, Tensor> inputs = FullRank.inputs(model.model());
        FullRank.assertSame(FullRank.run(split.model(), inputs), FullRank.run(model.model(), inputs), 1e-4);
    }

    @Test
    void aNodeInABranchIsSplitThere() {
        GraphProto branch = GraphProto.newBuilder()
                .setName("branch")
                .addNode(LSTM.node(LSTM.operands("b", "h0", "c0"), List.of("inner")))
                .addOutput(value("inner", DataType.FLOAT_VALUE, "a", "b", "c", "d"))
                .build();
        ModelProto proto = LSTM.builder()
                .typedInput("flag", DataType.BOOL_VALUE)
                .node(
                        "If",
                        "choice",
                        List.of("flag"),
                        "y",
                        attribute("then_branch", branch),
                        attribute(
                                "else_branch",
                                branch.toBuilder()
                                        .setNode(
                                                0, branch.getNode(0).toBuilder().setOutput(0, "other"))
                                        .setOutput(
                                                0,
                                                branch.getOutput(0).toBuilder().setName("other"))
                                        .build()))
                .output("y", DataType.FLOAT_VALUE, "a", "b", "c", "d")
                .build();
        CompressibleModel<OnnxModel> model = FullRank.open(proto);
        assertThat(model.layers())
                .extracting(layer -> layer.id() + " " + layer.outputShape())
                .containsExactly(
                        "choice/then_branch/cell [1, 5, 16]",
                        "choice/then_branch/cell/R [1, 5, 16]",
                        "choice/else_branch/cell [1, 5, 16]",
                        "choice/else_branch/cell/R [1, 5, 16]");
        CompressibleModel<OnnxModel> split = FullRank.splitAll(model, "input-channel");
        assertThat(split.layers()).hasSize(6);
        Map<String, Tensor> inputs = FullRank.inputs(model.model());
        FullRank.assertSame(FullRank.run(split.model(), inputs), FullRank.run(model.model(), inputs), 1e-4);
    }

    @Test
    void weightsInAFileAreReplacedAndSaved() throws IOException {
        Path file = ExternalFiles.write(
                BOTH_WAYS.model(BOTH_WAYS.operands("b", "lens")), folder.resolve("large.onnx"), "large.bin", 3);
        CompressibleModel<OnnxModel> model = FullRank.FORMAT.open(file, OpenOptions.DEFAULT);
        Map<String, Tensor> inputs = FullRank.inputs(model.model());
        Map<String, Tensor> expected = FullRank.run(model.model(), inputs);
        Replacement split = FullRank.split(model, model.layers().get(0), "output-channel");
        model.with(List.of(split)).save(folder.resolve("small.onnx"));

        CompressibleModel<OnnxModel> again = FullRank.FORMAT.open(folder.resolve("small.onnx"), OpenOptions.DEFAULT);

        FullRank.assertSame(FullRank.run(again.model(), inputs), expected, 1e-4);
        assertThat(again.layers()).hasSize(3);
    }

    /** As a text classifier has them. */
    @Test
    void whatATableAndALayerOfCellsGiveMayBeTheSequence() {
        RecurrentNet two = new RecurrentNet("LSTM", "bidirectional", false);
        ModelProto proto = two.stored(new ModelBuilder().typedInput("ids", DataType.INT64_VALUE, "N", STEPS))
                .weight("table", 11, INPUTS)
                .weight("w2", 1, 3 * HIDDEN, 2 * HIDDEN)
                .weight("r2", 1, 3 * HIDDEN, HIDDEN)
                .stored(ModelBuilder.longs("shape", new long[] {0, 0, -1}, 3))
                .node("Gather", "table", List.of("table", "ids"), "rows")
                .node("Transpose", "", List.of("rows"), "x", attribute("perm", List.of(1L, 0L, 2L)))
                .node(two.node(two.operands("b"), List.of("seen")))
                .node("Transpose", "", List.of("seen"), "turned", attribute("perm", List.of(0L, 2L, 1L, 3L)))
                .node("Reshape", "", List.of("turned", "shape"), "both")
                .node(new RecurrentNet("GRU", "forward", false)
                        .node(List.of("both", "w2", "r2"), List.of("", "h")).toBuilder()
                                .setName("second")
                                .build())
                .output("h", DataType.FLOAT_VALUE, "a", "b", "c")
                .build();
        CompressibleModel<OnnxModel> model = FullRank.open(proto);
        assertThat(model.layers())
                .extracting(layer -> layer.id() + " " + layer.inputShape() + layer.outputShape())
                .containsExactly(
                        "table [1, 5][1, 5, 6]",
                        "cell [1, 5, 6][1, 5, 32]",
                        "cell/R [1, 5, 4][1, 5, 32]",
                        "second [1, 5, 8][1, 5, 12]",
                        "second/R [1, 5, 4][1, 5, 12]");
        Map<String, Tensor> inputs =
                Map.of("ids", Tensor.ofLongs(List.of(2L, 5L), new long[] {1, 2, 3, 4, 10, 9, 8, 7, 6, 0}));
        CompressibleModel<OnnxModel> split = FullRank.splitAll(model, "input-channel");
        assertThat(split.layers()).hasSize(7);
        FullRank.assertSame(FullRank.run(split.model(), inputs), FullRank.run(model.model(), inputs), 1e-4);
    }
}
