package dev.wsvd.adapter.onnx;

import static dev.wsvd.adapter.onnx.ModelBuilder.attribute;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Makes models node by node for tests, of one element type; nodes are named after their ops unless told. */
final class Net {
    private final ModelBuilder builder;
    private final boolean half;
    private int made;

    Net(long opset, boolean half) {
        this.builder = new ModelBuilder().opset(opset);
        this.half = half;
    }

    ModelBuilder builder() {
        return builder;
    }

    int type() {
        return half ? DataType.FLOAT16_VALUE : DataType.FLOAT_VALUE;
    }

    String input(Object... dims) {
        builder.typedInput("x", type(), dims);
        return "x";
    }

    /** Random numbers, small enough for float16 to add up. */
    String weight(long... dims) {
        TensorProto random = builder.randomTensor("w" + made++, dims);
        float[] values = new float[random.getRawData().size() / 4];
        random.getRawData()
                .asReadOnlyByteBuffer()
                .order(java.nio.ByteOrder.LITTLE_ENDIAN)
                .asFloatBuffer()
                .get(values);
        for (int i = 0; i < values.length; i++) {
            values[i] *= 0.5f;
        }
        return stored(random.getName(), values, dims);
    }

    /** Random numbers between 0.5 and 1. */
    String positive(long... dims) {
        float[] values = new float[(int) Arrays.stream(dims).reduce(1, (a, b) -> a * b)];
        for (int i = 0; i < values.length; i++) {
            values[i] = 0.5f + (i * 37 % 50) / 100f;
        }
        return stored("p" + made++, values, dims);
    }

    String number(float value) {
        return stored("n" + made++, new float[] {value});
    }

    String stored(String name, float[] values, long... dims) {
        builder.stored(half ? ModelBuilder.halves(name, values, dims) : ModelBuilder.floats(name, values, dims));
        return name;
    }

    String longs(long... values) {
        String name = "i" + made++;
        builder.stored(ModelBuilder.longs(name, values, values.length));
        return name;
    }

    String index(long value) {
        String name = "i" + made++;
        builder.stored(ModelBuilder.longs(name, new long[] {value}));
        return name;
    }

    String node(String op, List<String> inputs, AttributeProto... attributes) {
        return named(op + made++, op, inputs, attributes);
    }

    String named(String name, String op, List<String> inputs, AttributeProto... attributes) {
        builder.node(op, name, inputs, name + "_out", attributes);
        return name + "_out";
    }

    /** Several outputs. */
    List<String> several(String op, int outputs, List<String> inputs, AttributeProto... attributes) {
        String name = op + made++;
        List<String> names = new ArrayList<>();
        for (int i = 0; i < outputs; i++) {
            names.add(name + "_out" + i);
        }
        builder.node(NodeProto.newBuilder()
                .setOpType(op)
                .setName(name)
                .addAllInput(inputs)
                .addAllOutput(names)
                .addAllAttribute(Arrays.asList(attributes))
                .build());
        return names;
    }

    /** A convolution that keeps the size of images. */
    String conv(String name, String from, int in, int out, int kernel, boolean bias) {
        List<String> operands = new ArrayList<>(List.of(from, weight(out, in, kernel, kernel)));
        if (bias) {
            operands.add(weight(out));
        }
        return named(
                name,
                "Conv",
                operands,
                attribute("pads", List.of(half(kernel), half(kernel), half(kernel), half(kernel))));
    }

    private static long half(int kernel) {
        return kernel / 2;
    }

    String relu(String from) {
        return node("Relu", List.of(from));
    }

    /** A batch normalisation. */
    String normalised(String from, int channels) {
        return node(
                "BatchNormalization",
                List.of(from, positive(channels), weight(channels), weight(channels), positive(channels)));
    }

    /** A product on the right, and a sum. */
    String linear(String name, String from, int in, int out, boolean bias) {
        String product = named(name, "MatMul", List.of(from, weight(in, out)));
        return bias ? node("Add", List.of(product, weight(out))) : product;
    }

    String gemm(String name, String from, int in, int out, boolean bias) {
        List<String> operands = new ArrayList<>(List.of(from, weight(out, in)));
        if (bias) {
            operands.add(weight(out));
        }
        return named(name, "Gemm", operands, attribute("transB", 1));
    }

    ModelProto build(String output) {
        builder.node("Identity", "end", List.of(output), "y").output("y", type());
        return untyped().build();
    }

    /** The engine finds the output's shape. */
    private ModelBuilder untyped() {
        int last = builder.graph().getOutputCount() - 1;
        builder.graph()
                .getOutputBuilder(last)
                .getTypeBuilder()
                .getTensorTypeBuilder()
                .clearShape();
        return builder;
    }
}
