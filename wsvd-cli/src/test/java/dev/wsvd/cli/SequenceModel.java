package dev.wsvd.cli;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorShapeProto;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import com.google.protobuf.ByteString;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;

/**
 * A model of sequences as PyTorch's exporter writes it: an open length, two outputs ({@code pooled} before {@code logits}), and
 * layers called after nodes, with the modules' names in those of the weights.
 */
final class SequenceModel {
    static final int LENGTH = 16;
    static final int SAMPLES = 40;
    private static final int FEATURES = 4;
    private static final int HIDDEN = 32;

    private SequenceModel() {}

    static void write(Path model) throws IOException {
        GraphProto graph = GraphProto.newBuilder()
                .setName("sequences")
                .addInput(value("x", "batch", "length", FEATURES))
                .addOutput(value("pooled", "batch", HIDDEN))
                .addOutput(value("logits", "batch", FEATURES))
                .addInitializer(weight("encoder.fc.weight", FEATURES, HIDDEN))
                .addInitializer(weight("head.weight", HIDDEN, FEATURES))
                .addInitializer(floats("head.bias", new float[FEATURES], FEATURES))
                .addNode(node("MatMul", "node_MatMul_1", List.of("x", "encoder.fc.weight"), "h"))
                .addNode(node("ReduceMean", "node_mean", List.of("h"), "pooled").toBuilder()
                        .addAttribute(AttributeProto.newBuilder()
                                .setName("axes")
                                .setType(AttributeProto.AttributeType.INTS)
                                .addInts(1))
                        .addAttribute(AttributeProto.newBuilder()
                                .setName("keepdims")
                                .setType(AttributeProto.AttributeType.INT)
                                .setI(0)))
                .addNode(node("Gemm", "node_linear", List.of("pooled", "head.weight", "head.bias"), "logits"))
                .build();
        Files.write(
                model,
                ModelProto.newBuilder()
                        .setIrVersion(8)
                        .addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(17))
                        .setGraph(graph)
                        .build()
                        .toByteArray());
    }

    /** Sequences whose class is the feature that is largest on average. */
    static void writeData(Path inputs, Path labels) throws IOException {
        Random random = new Random(3);
        ByteBuffer x = bytes(4 * SAMPLES * LENGTH * FEATURES);
        ByteBuffer y = bytes(8 * SAMPLES);
        for (int i = 0; i < SAMPLES; i++) {
            for (int e = 0; e < LENGTH * FEATURES; e++) {
                x.putFloat(e % FEATURES == i % FEATURES ? 1 + random.nextFloat() : random.nextFloat());
            }
            y.putLong(i % FEATURES);
        }
        npy(inputs, "<f4", SAMPLES + ", " + LENGTH + ", " + FEATURES, x);
        npy(labels, "<i8", SAMPLES + ",", y);
    }

    static void npy(Path file, String type, String shape, ByteBuffer data) throws IOException {
        String header = "{'descr': '" + type + "', 'fortran_order': False, 'shape': (" + shape + "), }";
        String padded = header + " ".repeat(117 - header.length()) + "\n";
        ByteBuffer out = bytes(128 + data.capacity());
        out.put((byte) 0x93)
                .put("NUMPY".getBytes(StandardCharsets.US_ASCII))
                .put((byte) 1)
                .put((byte) 0);
        out.putShort((short) 118)
                .put(padded.getBytes(StandardCharsets.US_ASCII))
                .put(data.rewind());
        Files.write(file, out.array());
    }

    static ByteBuffer bytes(int size) {
        return ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
    }

    /** Keeps each feature in its own hidden units and back. */
    private static TensorProto weight(String name, int rows, int columns) {
        float[] values = new float[rows * columns];
        for (int i = 0; i < values.length; i++) {
            values[i] = (i / columns) % FEATURES == (i % columns) % FEATURES ? 0.25f : 0.001f * (i % 7);
        }
        return floats(name, values, rows, columns);
    }

    private static TensorProto floats(String name, float[] values, long... dims) {
        ByteBuffer data = bytes(4 * values.length);
        data.asFloatBuffer().put(values);
        TensorProto.Builder tensor = TensorProto.newBuilder()
                .setName(name)
                .setDataType(TensorProto.DataType.FLOAT.getNumber())
                .setRawData(ByteString.copyFrom(data));
        for (long dim : dims) {
            tensor.addDims(dim);
        }
        return tensor.build();
    }

    private static NodeProto node(String op, String name, List<String> inputs, String output) {
        return NodeProto.newBuilder()
                .setOpType(op)
                .setName(name)
                .addAllInput(inputs)
                .addOutput(output)
                .build();
    }

    private static ValueInfoProto value(String name, Object... dims) {
        TensorShapeProto.Builder shape = TensorShapeProto.newBuilder();
        for (Object dim : dims) {
            if (dim instanceof Integer size) {
                shape.addDimBuilder().setDimValue(size);
            } else {
                shape.addDimBuilder().setDimParam(dim.toString());
            }
        }
        return ValueInfoProto.newBuilder()
                .setName(name)
                .setType(TypeProto.newBuilder()
                        .setTensorType(TypeProto.Tensor.newBuilder()
                                .setElemType(TensorProto.DataType.FLOAT.getNumber())
                                .setShape(shape)))
                .build();
    }
}
