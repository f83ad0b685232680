package dev.wsvd.cli;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorShapeProto;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;

/** A network of two layers, {@code fc} and {@code out}, whose 19,200 bytes of weights are in a file beside it. */
final class TinyModel {
    private static final int IN = 50;
    private static final int HIDDEN = 80;
    private static final int OUT = 10;

    private TinyModel() {}

    static void writeWithExternalData(Path model, String data) throws IOException {
        Random random = new Random(1);
        ByteBuffer weights =
                ByteBuffer.allocate(4 * (IN * HIDDEN + HIDDEN * OUT)).order(ByteOrder.LITTLE_ENDIAN);
        while (weights.hasRemaining()) {
            weights.putFloat((float) random.nextGaussian());
        }
        Files.write(model.resolveSibling(data), weights.array());
        GraphProto graph = GraphProto.newBuilder()
                .setName("tiny")
                .addInput(value("x", IN))
                .addOutput(value("y", OUT))
                .addInitializer(weight("w1", IN, HIDDEN, data, 0))
                .addInitializer(weight("w2", HIDDEN, OUT, data, 4 * IN * HIDDEN))
                .addNode(product("fc", "x", "w1", "h"))
                .addNode(product("out", "h", "w2", "y"))
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

    /** The network with another name for its first layer, in {@code model.onnx}. */
    static Path named(Path folder, String name) throws IOException {
        Path file = folder.resolve("model.onnx");
        writeWithExternalData(file, "model.data");
        ModelProto.Builder model = ModelProto.parseFrom(Files.readAllBytes(file)).toBuilder();
        model.getGraphBuilder().getNodeBuilder(0).setName(name);
        return Files.write(file, model.build().toByteArray());
    }

    private static TensorProto weight(String name, int in, int out, String data, int offset) {
        return TensorProto.newBuilder()
                .setName(name)
                .setDataType(TensorProto.DataType.FLOAT.getNumber())
                .addDims(in)
                .addDims(out)
                .setDataLocation(TensorProto.DataLocation.EXTERNAL)
                .addExternalData(entry("location", data))
                .addExternalData(entry("offset", String.valueOf(offset)))
                .addExternalData(entry("length", String.valueOf(4 * in * out)))
                .build();
    }

    private static StringStringEntryProto.Builder entry(String key, String value) {
        return StringStringEntryProto.newBuilder().setKey(key).setValue(value);
    }

    private static NodeProto.Builder product(String name, String input, String weight, String output) {
        return NodeProto.newBuilder()
                .setName(name)
                .setOpType("MatMul")
                .addInput(input)
                .addInput(weight)
                .addOutput(output);
    }

    private static ValueInfoProto value(String name, int size) {
        TensorShapeProto.Builder shape = TensorShapeProto.newBuilder();
        shape.addDimBuilder().setDimParam("n");
        shape.addDimBuilder().setDimValue(size);
        return ValueInfoProto.newBuilder()
                .setName(name)
                .setType(TypeProto.newBuilder()
                        .setTensorType(TypeProto.Tensor.newBuilder()
                                .setElemType(TensorProto.DataType.FLOAT.getNumber())
                                .setShape(shape)))
                .build();
    }
}
