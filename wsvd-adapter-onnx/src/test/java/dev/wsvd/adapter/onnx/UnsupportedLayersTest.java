package dev.wsvd.adapter.onnx;

import static dev.wsvd.adapter.onnx.ListedLayers.layers;
import static dev.wsvd.adapter.onnx.ListedLayers.only;
import static dev.wsvd.adapter.onnx.ModelBuilder.attribute;
import static dev.wsvd.adapter.onnx.ModelBuilder.value;
import static org.assertj.core.api.Assertions.assertThat;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.spi.OpenOptions;
import dev.wsvd.domain.tensor.ElementType;
import java.nio.ByteBuffer;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is no layer is not listed; a layer that cannot be replaced says why. */
class UnsupportedLayersTest {
    @Test
    void aStackOfMatricesCountsEachOnce() {
        Layer layer = only(unsupported("stack"));
        assertThat(layer.weight().dims()).containsExactly(3 * 5, 6);
        assertThat(layer.inputShape()).containsExactly(1L, 1L, 6L);
        assertThat(layer.outputShape()).containsExactly(1L, 1L, 15L);
    }

    @Test
    void aProductOfTwoActivationsIsNoLayer() {
        ModelProto model = new ModelBuilder()
                .input("x", 2, 6)
                .node("Transpose", "", List.of("x"), "t")
                .node("MatMul", "attention", List.of("x", "t"), "y")
                .output("y")
                .build();
        assertThat(layers(model, OpenOptions.DEFAULT)).isEmpty();
    }

    @Test
    void aProductOfTwoConstantsIsNoLayer() {
        ModelProto model = new ModelBuilder()
                .input("x", 6, 6)
                .weight("a", 6, 6)
                .weight("b", 6, 6)
                .node("MatMul", "folded", List.of("a", "b"), "c")
                .node("Add", "", List.of("x", "c"), "y")
                .output("y")
                .build();
        assertThat(layers(model, OpenOptions.DEFAULT)).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "depthwise | depthwise",
                "transposed depthwise | depthwise",
                "transposed groups | its 3 groups do not divide its 4 input channels",
                "transposed padding | its output_padding [2, 1] is not below its strides, which ONNX Runtime computes wrongly",
                "transposed size | its output_shape [1, 8, 10, 10] has not one entry per spatial dim",
                "input | its weight is not a stored tensor: it is an input of the model",
                "computed | its weight is not a stored tensor: it is computed by Mul node 'scaled'",
                "dequantized | it is quantised",
                "integer | it is quantised",
                "double | its weight is float64; only float32, float16 and bfloat16 are split",
                "float8 | its weight is float8e4m3fn; only float32, float16 and bfloat16 are split",
                "vector | its weight has 1 dims; only matrices are split",
                "stack | its weight has 3 dims; only matrices are split",
                "kernel | its kernel_shape [5, 5] is not that of its weight [8, 4, 3, 3]"
            })
    void whatCannotBeReplacedSaysWhy(String model, String reason) {
        Layer layer = only(unsupported(model));
        assertThat(layer.unsupportedReason()).contains(reason);
    }

    @ParameterizedTest
    @CsvSource({"dequantized, INT8", "integer, INT8", "double, FLOAT64", "depthwise, FLOAT32"})
    void itsTypeIsTheOneStored(String model, ElementType type) {
        assertThat(only(unsupported(model)).type()).isEqualTo(type);
    }

    @Test
    void weightsOfFourBitsTakeHalfAByte() {
        TensorProto packed = ModelBuilder.tensor("q", DataType.INT4_VALUE, ByteBuffer.allocate(15), 6, 5);
        Layer layer = only(rows(new ModelBuilder().opset(21).irVersion(10))
                .stored(packed)
                .stored(ModelBuilder.floats("scale", new float[] {0.1f}))
                .node("DequantizeLinear", "", List.of("q", "scale"), "w")
                .node("MatMul", "l", List.of("x", "w"), "y")
                .output("y")
                .build());
        assertThat(layer.packedBytes()).hasValue(15);
    }

    private static ModelProto unsupported(String kind) {
        ModelBuilder builder = new ModelBuilder().opset(13);
        switch (kind) {
            case "depthwise" ->
                image(builder).weight("w", 8, 1, 3, 3).node("Conv", "l", List.of("x", "w"), "y", attribute("group", 4));
            case "transposed depthwise" ->
                image(builder)
                        .weight("w", 4, 2, 3, 3)
                        .node("ConvTranspose", "l", List.of("x", "w"), "y", attribute("group", 4));
            case "transposed groups" ->
                image(builder)
                        .weight("w", 4, 2, 3, 3)
                        .node("ConvTranspose", "l", List.of("x", "w"), "y", attribute("group", 3));
            case "transposed padding" ->
                image(builder)
                        .weight("w", 4, 8, 3, 3)
                        .node(
                                "ConvTranspose",
                                "l",
                                List.of("x", "w"),
                                "y",
                                attribute("strides", List.of(2L, 2L)),
                                attribute("dilations", List.of(3L, 3L)),
                                attribute("output_padding", List.of(2L, 1L)));
            case "transposed size" ->
                image(builder)
                        .weight("w", 4, 8, 3, 3)
                        .node(
                                "ConvTranspose",
                                "l",
                                List.of("x", "w"),
                                "y",
                                attribute("output_shape", List.of(1L, 8L, 10L, 10L)));
            case "input" -> image(builder).input("w", 8, 4, 3, 3).node("Conv", "l", List.of("x", "w"), "y");
            case "kernel" ->
                image(builder)
                        .weight("w", 8, 4, 3, 3)
                        .node("Conv", "l", List.of("x", "w"), "y", attribute("kernel_shape", List.of(5L, 5L)));
            case "computed" ->
                rows(builder)
                        .weight("v", 6, 5)
                        .weight("g", 1, 5)
                        .node("Mul", "scaled", List.of("v", "g"), "w")
                        .node("MatMul", "l", List.of("x", "w"), "y");
            case "dequantized" ->
                rows(builder)
                        .stored(bytes("q", 6, 5))
                        .stored(ModelBuilder.floats("scale", new float[] {0.1f}))
                        .node("DequantizeLinear", "", List.of("q", "scale"), "w")
                        .node("MatMul", "l", List.of("x", "w"), "y");
            case "integer" ->
                builder.typedInput("x", DataType.INT8_VALUE, 2, 6)
                        .stored(bytes("w", 6, 5))
                        .node("MatMulInteger", "l", List.of("x", "w"), "y");
            case "double" ->
                builder.typedInput("x", DataType.DOUBLE_VALUE, 2, 6)
                        .stored(ModelBuilder.tensor("w", DataType.DOUBLE_VALUE, ByteBuffer.allocate(240), 6, 5))
                        .node("MatMul", "l", List.of("x", "w"), "y");
            case "float8" ->
                builder.typedInput("x", DataType.FLOAT8E4M3FN_VALUE, 2, 6)
                        .stored(ModelBuilder.tensor("w", DataType.FLOAT8E4M3FN_VALUE, ByteBuffer.allocate(30), 6, 5))
                        .node("MatMul", "l", List.of("x", "w"), "y");
            case "vector" -> rows(builder).weight("w", 6).node("MatMul", "l", List.of("x", "w"), "y");
            case "stack" -> rows(builder).weight("w", 3, 6, 5).node("MatMul", "l", List.of("x", "w"), "y");
            default -> throw new IllegalArgumentException(kind);
        }
        return builder.output("y").build();
    }

    private static ModelBuilder image(ModelBuilder builder) {
        return builder.input("x", 1, 4, 8, 8);
    }

    private static ModelBuilder rows(ModelBuilder builder) {
        return builder.input("x", 2, 6);
    }

    private static TensorProto bytes(String name, long... dims) {
        return ModelBuilder.tensor(name, DataType.INT8_VALUE, ByteBuffer.allocate((int) (dims[0] * dims[1])), dims);
    }
}
