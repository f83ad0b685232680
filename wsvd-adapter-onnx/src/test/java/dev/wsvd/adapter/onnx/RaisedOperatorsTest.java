package dev.wsvd.adapter.onnx;

import static dev.wsvd.adapter.onnx.ModelBuilder.attribute;
import static dev.wsvd.adapter.onnx.ModelBuilder.nodeOf;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.FunctionProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.tensor.Tensor;
import dev.wsvd.quantization.ModelQuantizer;
import dev.wsvd.quantization.QuantizationResult;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Models of older operator sets in the one that int8 needs, computed by ONNX Runtime. */
class RaisedOperatorsTest {
    private static ModelBuilder cube(long opset) {
        return new ModelBuilder().opset(opset).irVersion(6).input("x", 2, 3, 4);
    }

    private static ModelBuilder one(String op, AttributeProto... attributes) {
        return cube(11).node(op, "node", List.of("x"), "y", attributes);
    }

    static Stream<Arguments> operators() {
        return Stream.of(
                Arguments.of(
                        "Squeeze",
                        cube(11).node("Unsqueeze", "", List.of("x"), "h", attribute("axes", List.of(0L, 2L)))
                                .node("Squeeze", "", List.of("h"), "y", attribute("axes", List.of(2L)))),
                Arguments.of(
                        "Squeeze of all",
                        cube(12).node("Unsqueeze", "", List.of("x"), "h", attribute("axes", List.of(0L)))
                                .node("Squeeze", "", List.of("h"), "y")),
                Arguments.of("ReduceSum", one("ReduceSum", attribute("axes", List.of(1L)), attribute("keepdims", 0))),
                Arguments.of("ReduceSum of all", one("ReduceSum")),
                Arguments.of("Split", halves(attribute("split", List.of(1L, 3L)), attribute("axis", 2))),
                Arguments.of("Split in equal parts", halves(attribute("axis", 2))),
                Arguments.of("Softmax", one("Softmax")),
                Arguments.of("Softmax along the last", one("Softmax", attribute("axis", 2))),
                Arguments.of("LogSoftmax along all", one("LogSoftmax", attribute("axis", 0))),
                Arguments.of("LogSoftmax", one("LogSoftmax", attribute("axis", -2))),
                Arguments.of("Hardmax", one("Hardmax", attribute("axis", 1))),
                Arguments.of(
                        "Softmax of unknown dims",
                        cube(12).node("Relu", "", List.of("x"), "h")
                                .node("Softmax", "", List.of("h"), "y", attribute("axis", 2))),
                Arguments.of("Dropout", one("Dropout", attribute("ratio", 0.3f))),
                Arguments.of("Dropout with a mask that nothing reads", cube(11).node(masked())),
                Arguments.of("Resize to sizes", image(attribute("mode", "linear"))),
                Arguments.of(
                        "what is the same",
                        cube(11).node("Clip", "", List.of("x", "low"), "h")
                                .stored(ModelBuilder.floats("low", new float[] {-0.5f}))
                                .node("ArgMax", "", List.of("h"), "i", attribute("axis", 1))
                                .node("Cast", "", List.of("i"), "f", attribute("to", 1))
                                .node("ReduceMean", "", List.of("f"), "y", attribute("axes", List.of(1L)))),
                Arguments.of("in bodies", branches()));
    }

    private static ModelBuilder halves(AttributeProto... attributes) {
        NodeProto split = nodeOf("Split", "", List.of("x"), "a", attributes).toBuilder()
                .addOutput("b")
                .build();
        return cube(11).node(split).node("Concat", "", List.of("b", "a"), "y", attribute("axis", 2));
    }

    private static ModelBuilder image(AttributeProto... attributes) {
        return new ModelBuilder()
                .opset(11)
                .irVersion(6)
                .input("x", 1, 2, 4, 4)
                .stored(ModelBuilder.floats("roi", new float[0], 0))
                .stored(ModelBuilder.floats("scales", new float[0], 0))
                .stored(ModelBuilder.longs("sizes", new long[] {1, 2, 7, 9}, 4))
                .node("Resize", "node", List.of("x", "roi", "scales", "sizes"), "y", attributes);
    }

    private static ModelBuilder branches() {
        return cube(12).stored(ModelBuilder.floats("zero", new float[1]))
                .node("ReduceSum", "", List.of("x"), "sum", attribute("keepdims", 0))
                .node("Less", "", List.of("sum", "zero"), "negative")
                .node(
                        "If",
                        "",
                        List.of("negative"),
                        "y",
                        attribute("then_branch", branch("then", 0)),
                        attribute("else_branch", branch("otherwise", 1)));
    }

    private static GraphProto branch(String name, long axis) {
        return GraphProto.newBuilder()
                .setName(name)
                .addNode(nodeOf("ReduceSum", "", List.of("x"), name, attribute("axes", List.of(axis))))
                .addOutput(ModelBuilder.value(name, DataType.FLOAT_VALUE, "i", "j", 4))
                .build();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("operators")
    void computesTheSame(String what, ModelBuilder builder) {
        try (CompressibleModel<OnnxModel> model =
                FullRank.open(builder.output("y").build())) {
            OnnxModel raised = model.quantizable().model().model();
            Map<String, Tensor> inputs = FullRank.inputs(model.model());

            assertThat(raised.proto().getOpsetImport(0).getVersion()).isEqualTo(13);
            FullRank.assertSame(FullRank.run(raised, inputs), FullRank.run(model.model(), inputs), 1e-6);
        }
    }

    @Test
    void aSoftmaxAlongTheLastDimStaysOneNode() {
        ModelProto proto = one("Softmax", attribute("axis", 2)).output("y").build();
        try (CompressibleModel<OnnxModel> model = FullRank.open(proto)) {
            assertThat(Int8Nets.operators(model.quantizable().model().model().proto()))
                    .containsExactly("Softmax");
        }
    }

    @Test
    void convolutionsOfAnOlderModelBecomeInt8() {
        Net net = new Net(11, false);
        String x = net.node("Relu", List.of(net.conv("first", net.input("N", 3, 12, 12), 3, 8, 3, true)));
        x = net.node("Squeeze", List.of(net.node("GlobalAveragePool", List.of(x))), attribute("axes", List.of(2L, 3L)));
        ModelProto proto = net.build(net.node("Softmax", List.of(net.gemm("fc", x, 8, 5, true))));
        Map<String, Tensor> inputs = Int8Nets.gaussian(1, 40L, 3L, 12L, 12L);
        try (CompressibleModel<OnnxModel> model = FullRank.open(proto);
                QuantizationResult<OnnxModel> result = ModelQuantizer.of(model)
                        .calibration(Int8Nets.samples(inputs))
                        .quantize()) {
            assertThat(result.kept()).isEmpty();
            assertThat(Int8Nets.sqnr(result.model(), model, inputs)).isGreaterThan(30);
        }
    }

    private static NodeProto masked() {
        return nodeOf("Dropout", "node", List.of("x"), "y").toBuilder()
                .addOutput("mask")
                .build();
    }

    static Stream<Arguments> refusals() {
        String end =
                ", which operator set 13 does not have, and int8 with a scale per channel needs that. Maybe export the"
                        + " model anew.";
        return Stream.of(
                Arguments.of(
                        "The node 'node' is a Dropout whose mask is read" + end,
                        cube(11).node(masked())
                                .output("y")
                                .output("mask", DataType.BOOL_VALUE, 2, 3, 4)
                                .build()),
                Arguments.of(
                        "The node 'node' is a Resize with tf_half_pixel_for_nn" + end,
                        image(attribute("coordinate_transformation_mode", "tf_half_pixel_for_nn"))
                                .output("y")
                                .build()),
                Arguments.of(
                        "The model is of operator set 12 and has functions of its own; int8 with a scale per channel needs 13,"
                                + " and only models of 11 or newer without functions are raised to it. Maybe convert it with"
                                + " onnx.version_converter.",
                        withFunction(cube(12).irVersion(8)
                                .node("Relu", "node", List.of("x"), "y")
                                .output("y")
                                .build())));
    }

    private static ModelProto withFunction(ModelProto model) {
        return model.toBuilder()
                .addFunctions(FunctionProto.newBuilder()
                        .setDomain("own")
                        .setName("Same")
                        .addInput("a")
                        .addOutput("b")
                        .addOpsetImport(model.getOpsetImport(0))
                        .addNode(nodeOf("Identity", "", List.of("a"), "b")))
                .build();
    }

    @ParameterizedTest
    @MethodSource("refusals")
    void whatMeansSomethingElseIsRefused(String message, ModelProto proto) {
        try (CompressibleModel<OnnxModel> model = FullRank.open(proto)) {
            assertThatThrownBy(model::quantizable)
                    .isInstanceOf(InvalidInputException.class)
                    .hasMessage(message);
        }
    }
}
