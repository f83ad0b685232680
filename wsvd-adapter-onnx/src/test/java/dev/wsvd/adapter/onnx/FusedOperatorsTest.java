package dev.wsvd.adapter.onnx;

import static dev.wsvd.adapter.onnx.ListedLayers.only;
import static dev.wsvd.adapter.onnx.ModelBuilder.attribute;
import static org.assertj.core.api.Assertions.assertThat;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.tensor.Tensor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** Layers that ONNX Runtime fused with what follows them, or that are operators of its own. */
class FusedOperatorsTest {
    private static final double TOLERANCE = 1e-4;

    @TestFactory
    Stream<DynamicTest> convolutions() {
        List<DynamicTest> tests = new ArrayList<>();
        for (long opset : new long[] {10, 17}) {
            for (boolean sum : new boolean[] {false, true}) {
                tests.add(convolution(opset, sum, "Relu"));
                tests.add(convolution(opset, sum, "Tanh"));
                tests.add(convolution(opset, sum, "Sigmoid"));
                tests.add(convolution(opset, sum, "LeakyRelu", 0.2f));
                tests.add(convolution(opset, sum, "HardSigmoid", 0.3f, 0.6f));
                tests.add(convolution(opset, sum, "Clip", -0.5f, 1.5f));
            }
        }
        return tests.stream();
    }

    private static DynamicTest convolution(long opset, boolean sum, String activation, float... params) {
        ModelBuilder builder = new ModelBuilder()
                .opset(opset)
                .input("x", 2, 8, 7, 6)
                .weight("w", 12, 4, 3, 3)
                .weight("b", 12)
                .output("y");
        List<AttributeProto> attributes = new ArrayList<>(List.of(
                attribute("group", 2),
                attribute("pads", List.of(1L, 1L, 1L, 1L)),
                attribute("activation", activation)));
        if (params.length > 0) {
            attributes.add(floats("activation_params", params));
        }
        if (sum) {
            builder.input("z", 2, 12, 7, 6);
        }
        builder.own(
                "FusedConv",
                "conv",
                sum ? List.of("x", "w", "", "z") : List.of("x", "w", "b"),
                "y",
                attributes.toArray(AttributeProto[]::new));
        return DynamicTest.dynamicTest(
                "opset " + opset + " " + activation + (sum ? " of a sum" : ""),
                () -> FullRank.assertSplit(builder.build()));
    }

    @TestFactory
    Stream<DynamicTest> gemms() {
        List<DynamicTest> tests = new ArrayList<>();
        for (int transA = 0; transA < 2; transA++) {
            for (int transB = 0; transB < 2; transB++) {
                tests.add(gemm(transA, transB, "Relu"));
                tests.add(gemm(transA, transB, "LeakyRelu", attribute("activation_alpha", 0.2f)));
            }
        }
        return tests.stream();
    }

    private static DynamicTest gemm(int transA, int transB, String activation, AttributeProto... parameters) {
        ModelBuilder builder = new ModelBuilder()
                .input("x", transA == 0 ? new Object[] {3, 8} : new Object[] {8, 3})
                .weight("w", transB == 0 ? new long[] {8, 6} : new long[] {6, 8})
                .weight("b", 6)
                .output("y");
        List<AttributeProto> attributes = new ArrayList<>(List.of(
                attribute("transA", transA),
                attribute("transB", transB),
                attribute("alpha", 0.5f),
                attribute("beta", -2f),
                attribute("activation", activation)));
        attributes.addAll(Arrays.asList(parameters));
        builder.own("FusedGemm", "fc", List.of("x", "w", "b"), "y", attributes.toArray(AttributeProto[]::new));
        return DynamicTest.dynamicTest(
                activation + " transA " + transA + " transB " + transB, () -> FullRank.assertSplit(builder.build()));
    }

    @TestFactory
    Stream<DynamicTest> products() {
        List<DynamicTest> tests = new ArrayList<>();
        for (boolean left : new boolean[] {false, true}) {
            for (List<Integer> batch : List.of(List.<Integer>of(), List.of(3), List.of(2, 3))) {
                for (int transA = 0; transA < 2; transA++) {
                    for (int transB = 0; transB < 2; transB++) {
                        tests.add(product(left, batch, transA, transB));
                    }
                }
            }
        }
        return tests.stream();
    }

    private static DynamicTest product(boolean left, List<Integer> batch, int transA, int transB) {
        boolean weightTurned = (left ? transA : transB) == 1;
        boolean inputTurned = (left ? transB : transA) == 1;
        List<Object> input = new ArrayList<>(batch);
        input.addAll(left != inputTurned ? List.of(8, 5) : List.of(5, 8));
        ModelBuilder builder = new ModelBuilder()
                .input("x", input.toArray())
                .weight("w", left != weightTurned ? new long[] {6, 8} : new long[] {8, 6})
                .own(
                        "FusedMatMul",
                        "fc",
                        left ? List.of("w", "x") : List.of("x", "w"),
                        "y",
                        attribute("transA", transA),
                        attribute("transB", transB),
                        attribute("alpha", 0.25f))
                .output("y");
        return DynamicTest.dynamicTest(
                "weight " + (left ? "left" : "right") + " input " + input + " transA " + transA + " transB " + transB,
                () -> FullRank.assertSplit(builder.build()));
    }

    @Test
    void aModelThatOnnxRuntimeOptimisedHasTheLayersOfTheOneBefore(@TempDir Path folder)
            throws IOException, OrtException {
        Net net = new Net(17, false);
        String first = net.node("Relu", List.of(net.conv("first", net.input(2, 8, 6, 6), 8, 8, 3, true)));
        String second = net.conv("second", first, 8, 8, 3, true);
        String sum = net.node("Relu", List.of(net.node("Add", List.of(second, first))));
        String flat = net.node("Flatten", List.of(sum));
        String head = net.node("Relu", List.of(net.gemm("head", flat, 288, 10, true)));
        ModelProto plain = net.build(head);
        ModelProto optimised = optimised(plain, folder.resolve("optimised.onnx"));
        assertThat(optimised.getGraph().getNodeList())
                .extracting(NodeProto::getOpType)
                .contains("FusedConv");
        CompressibleModel<OnnxModel> model = FullRank.open(optimised);
        Map<String, Tensor> inputs = FullRank.inputs(model.model());
        Map<String, Tensor> expected = FullRank.run(FullRank.open(plain).model(), inputs);

        assertThat(model.layers())
                .extracting(Layer::sized)
                .isEqualTo(
                        FullRank.open(plain).layers().stream().map(Layer::sized).toList());
        FullRank.assertSame(
                FullRank.run(FullRank.splitAll(model, "output-channel").model(), inputs), expected, TOLERANCE);
    }

    private static ModelProto optimised(ModelProto model, Path file) throws IOException, OrtException {
        try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
            options.setOptimizationLevel(OrtSession.SessionOptions.OptLevel.EXTENDED_OPT);
            options.setOptimizedModelFilePath(file.toString());
            OrtEnvironment.getEnvironment()
                    .createSession(model.toByteArray(), options)
                    .close();
        }
        return ModelProto.parseFrom(Files.readAllBytes(file));
    }

    @Test
    void anActivationNobodyKnowsStaysFused() {
        Layer layer = only(new ModelBuilder()
                .input("x", 1, 4, 5, 5)
                .weight("w", 6, 4, 3, 3)
                .own("FusedConv", "conv", List.of("x", "w"), "y", attribute("activation", "Mystery"))
                .output("y")
                .build());

        assertThat(layer.unsupportedReason()).contains("its activation is Mystery");
    }

    @Test
    void aProductThatTransposesAnInputOfUnknownRankStaysFused() {
        Layer layer = only(new ModelBuilder()
                .input("x", 8, 3)
                .weight("w", 8, 6)
                .node("Relu", "relu", List.of("x"), "h")
                .own("FusedMatMul", "fc", List.of("h", "w"), "y", attribute("transA", 1))
                .output("y")
                .build());

        assertThat(layer.unsupportedReason()).contains("it transposes a batch, or an input of unknown rank");
    }

    @Test
    void aProductOfDoublesStaysFusedAndSaysWhyItIsNotSplit() {
        Layer layer = only(new ModelBuilder()
                .typedInput("x", DataType.DOUBLE_VALUE, 2, 6)
                .stored(ModelBuilder.tensor("w", DataType.DOUBLE_VALUE, ByteBuffer.allocate(240), 6, 5))
                .own("FusedMatMul", "fc", List.of("x", "w"), "y", attribute("alpha", 0.5f))
                .output("y", DataType.DOUBLE_VALUE, 2, 5)
                .build());

        assertThat(layer.unsupportedReason())
                .contains("its weight is float64; only float32, float16 and bfloat16 are split");
    }

    @Test
    void aConvolutionOfDoublesStaysFusedAndSaysWhyItIsNotSplit() {
        Layer layer = only(new ModelBuilder()
                .typedInput("x", DataType.DOUBLE_VALUE, 1, 2, 5, 5)
                .stored(ModelBuilder.tensor("w", DataType.DOUBLE_VALUE, ByteBuffer.allocate(8 * 54), 3, 2, 3, 3))
                .own("FusedConv", "conv", List.of("x", "w"), "y", attribute("activation", "Relu"))
                .output("y", DataType.DOUBLE_VALUE, 1, 3, 3, 3)
                .build());

        assertThat(layer.unsupportedReason())
                .contains("its weight is float64; only float32, float16 and bfloat16 are split");
    }

    @Test
    void attentionInOneOperatorIsListedWithTheCostOfItsProjections() {
        Layer layer = only(new ModelBuilder()
                .input("x", 1, 4, 8)
                .weight("w", 8, 24)
                .weight("b", 24)
                .own("Attention", "attention", List.of("x", "w", "b"), "y", attribute("num_heads", 2))
                .output("y")
                .build());

        assertThat(layer.unsupportedReason()).contains("one operator is the whole attention");
        assertThat(layer.weight().dims()).containsExactly(24, 8);
        assertThat(layer.outputPositions()).isEqualTo(4);
    }

    private static AttributeProto floats(String name, float... values) {
        AttributeProto.Builder attribute =
                AttributeProto.newBuilder().setName(name).setType(AttributeProto.AttributeType.FLOATS);
        for (float value : values) {
            attribute.addFloats(value);
        }
        return attribute.build();
    }
}
