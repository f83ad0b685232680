package dev.wsvd.adapter.onnx;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import ai.onnx.proto.OnnxMl.TensorShapeProto.Dimension;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import com.google.protobuf.ByteString;
import dev.wsvd.domain.tensor.Bfloat16;
import dev.wsvd.domain.tensor.Float16;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/** Makes small ONNX models for tests. Weights come from a fixed seed. */
public final class ModelBuilder {
    private static final String OWN = "com.microsoft";

    private final GraphProto.Builder graph = GraphProto.newBuilder().setName("test");
    private final Random random = new Random(7);
    private long opset = 17;
    private long irVersion = 8;

    ModelBuilder opset(long version) {
        this.opset = version;
        return this;
    }

    ModelBuilder irVersion(long version) {
        this.irVersion = version;
        return this;
    }

    /** Dims are numbers, or names for dynamic ones. */
    ModelBuilder typedInput(String name, int type, Object... dims) {
        graph.addInput(value(name, type, dims));
        return this;
    }

    public ModelBuilder input(String name, Object... dims) {
        return typedInput(name, DataType.FLOAT_VALUE, dims);
    }

    ModelBuilder output(String name, int type, Object... dims) {
        graph.addOutput(value(name, type, dims));
        return this;
    }

    /** A float32 output of unknown shape. */
    public ModelBuilder output(String name) {
        graph.addOutput(ValueInfoProto.newBuilder()
                .setName(name)
                .setType(TypeProto.newBuilder()
                        .setTensorType(TypeProto.Tensor.newBuilder().setElemType(DataType.FLOAT_VALUE))));
        return this;
    }

    public ModelBuilder weight(String name, long... dims) {
        return stored(randomTensor(name, dims));
    }

    ModelBuilder stored(TensorProto tensor) {
        graph.addInitializer(tensor);
        return this;
    }

    public ModelBuilder node(String op, String name, List<String> inputs, String output, AttributeProto... attributes) {
        return node(nodeOf(op, name, inputs, output, attributes));
    }

    ModelBuilder node(NodeProto node) {
        graph.addNode(node);
        return this;
    }

    GraphProto.Builder graph() {
        return graph;
    }

    /** Uniform in [−1, 1). */
    TensorProto randomTensor(String name, long... dims) {
        float[] values = new float[(int) Arrays.stream(dims).reduce(1, (a, b) -> a * b)];
        for (int i = 0; i < values.length; i++) {
            values[i] = random.nextFloat() * 2 - 1;
        }
        return floats(name, values, dims);
    }

    /** The same as float32, float16 or bfloat16. */
    TensorProto randomOf(int type, String name, long... dims) {
        TensorProto random = randomTensor(name, dims);
        float[] values = new float[random.getRawData().size() / Float.BYTES];
        random.getRawData()
                .asReadOnlyByteBuffer()
                .order(ByteOrder.LITTLE_ENDIAN)
                .asFloatBuffer()
                .get(values);
        return switch (type) {
            case DataType.FLOAT16_VALUE -> halves(name, values, dims);
            case DataType.BFLOAT16_VALUE -> bfloats(name, values, dims);
            default -> random;
        };
    }

    /** A node of one of ONNX Runtime's own operators. */
    ModelBuilder own(String op, String name, List<String> inputs, String output, AttributeProto... attributes) {
        return node(nodeOf(op, name, inputs, output, attributes).toBuilder()
                .setDomain(OWN)
                .build());
    }

    public ModelProto build() {
        ModelProto.Builder model = ModelProto.newBuilder()
                .setIrVersion(irVersion)
                .setProducerName("tests")
                .addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(opset))
                .setGraph(graph);
        if (graph.getNodeList().stream().anyMatch(node -> node.getDomain().equals(OWN))) {
            model.addOpsetImport(OperatorSetIdProto.newBuilder().setDomain(OWN).setVersion(1));
        }
        return model.build();
    }

    static TensorProto floats(String name, float[] values, long... dims) {
        ByteBuffer bytes = ByteBuffer.allocate(values.length * 4).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(values);
        return tensor(name, DataType.FLOAT_VALUE, bytes, dims);
    }

    static TensorProto halves(String name, float[] values, long... dims) {
        ByteBuffer bytes = ByteBuffer.allocate(values.length * 2).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < values.length; i++) {
            bytes.putShort(i * 2, Float16.fromFloat(values[i]));
        }
        return tensor(name, DataType.FLOAT16_VALUE, bytes, dims);
    }

    static TensorProto bfloats(String name, float[] values, long... dims) {
        ByteBuffer bytes = ByteBuffer.allocate(values.length * 2).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < values.length; i++) {
            bytes.putShort(i * 2, Bfloat16.fromFloat(values[i]));
        }
        return tensor(name, DataType.BFLOAT16_VALUE, bytes, dims);
    }

    static TensorProto longs(String name, long[] values, long... dims) {
        ByteBuffer bytes = ByteBuffer.allocate(values.length * 8).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asLongBuffer().put(values);
        return tensor(name, DataType.INT64_VALUE, bytes, dims);
    }

    static TensorProto tensor(String name, int type, ByteBuffer bytes, long... dims) {
        TensorProto.Builder out = TensorProto.newBuilder().setName(name).setDataType(type);
        Arrays.stream(dims).forEach(out::addDims);
        return out.setRawData(ByteString.copyFrom(bytes)).build();
    }

    /** A branch of an If: a product of what is called h, and a weight of its own, 8×8. */
    static GraphProto productOfH(String layer) {
        return GraphProto.newBuilder()
                .setName(layer)
                .addInitializer(new ModelBuilder().randomTensor(layer + ".weight", 8, 8))
                .addNode(nodeOf("MatMul", layer, List.of("h", layer + ".weight"), layer + ".out"))
                .addOutput(value(layer + ".out", DataType.FLOAT_VALUE, "N", 8))
                .build();
    }

    static NodeProto nodeOf(String op, String name, List<String> inputs, String output, AttributeProto... attributes) {
        return NodeProto.newBuilder()
                .setOpType(op)
                .setName(name)
                .addAllInput(inputs)
                .addOutput(output)
                .addAllAttribute(Arrays.asList(attributes))
                .build();
    }

    static AttributeProto attribute(String name, long value) {
        return AttributeProto.newBuilder()
                .setName(name)
                .setType(AttributeProto.AttributeType.INT)
                .setI(value)
                .build();
    }

    static AttributeProto attribute(String name, float value) {
        return AttributeProto.newBuilder()
                .setName(name)
                .setType(AttributeProto.AttributeType.FLOAT)
                .setF(value)
                .build();
    }

    static AttributeProto attribute(String name, String value) {
        return AttributeProto.newBuilder()
                .setName(name)
                .setType(AttributeProto.AttributeType.STRING)
                .setS(ByteString.copyFromUtf8(value))
                .build();
    }

    static AttributeProto attribute(String name, List<Long> values) {
        return AttributeProto.newBuilder()
                .setName(name)
                .setType(AttributeProto.AttributeType.INTS)
                .addAllInts(values)
                .build();
    }

    static AttributeProto attribute(String name, TensorProto value) {
        return AttributeProto.newBuilder()
                .setName(name)
                .setType(AttributeProto.AttributeType.TENSOR)
                .setT(value)
                .build();
    }

    static AttributeProto attribute(String name, GraphProto value) {
        return AttributeProto.newBuilder()
                .setName(name)
                .setType(AttributeProto.AttributeType.GRAPH)
                .setG(value)
                .build();
    }

    static ValueInfoProto value(String name, int type, Object... dims) {
        TypeProto.Tensor.Builder tensor = TypeProto.Tensor.newBuilder().setElemType(type);
        tensor.getShapeBuilder();
        for (Object dim : dims) {
            Dimension.Builder one = tensor.getShapeBuilder().addDimBuilder();
            if (dim instanceof Number number) {
                one.setDimValue(number.longValue());
            } else {
                one.setDimParam(dim.toString());
            }
        }
        return ValueInfoProto.newBuilder()
                .setName(name)
                .setType(TypeProto.newBuilder().setTensorType(tensor))
                .build();
    }
}
