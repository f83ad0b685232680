package dev.wsvd.adapter.onnx.internal.quantize;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import dev.wsvd.adapter.onnx.internal.engine.Engine;
import dev.wsvd.adapter.onnx.internal.engine.OrtEngine;
import dev.wsvd.adapter.onnx.internal.file.ElementTypes;
import dev.wsvd.adapter.onnx.internal.file.ExternalData;
import dev.wsvd.adapter.onnx.internal.graph.StoredArray;
import dev.wsvd.adapter.onnx.internal.run.OnnxPredictor;
import dev.wsvd.domain.error.WsvdException;
import dev.wsvd.domain.tensor.ElementType;
import dev.wsvd.domain.tensor.Predictor;
import dev.wsvd.domain.tensor.Tensor;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * Whether products of uint8 and int8 overflow on this machine: processors without VNNI add two of them in 16 bits, and 255 · 127 twice is
 * more than fits. The engine is asked for such a product.
 */
public final class Saturation {
    private static final int TERMS = 64;
    private static final int ROWS = 4;
    private static final int COLUMNS = 16;

    private static final class Answer {
        private static final boolean SEEN = isSeen(new OrtEngine());
    }

    private Saturation() {}

    /** Found once. */
    public static boolean isSeen() {
        return Answer.SEEN;
    }

    /** Asked anew. */
    static boolean isSeen(Engine engine) {
        byte[] weights = new byte[TERMS * COLUMNS];
        Arrays.fill(weights, (byte) 127);
        byte[] input = new byte[ROWS * TERMS];
        Arrays.fill(input, (byte) 255);
        Tensor given = new Tensor(ElementType.UINT8, List.of((long) ROWS, (long) TERMS), ByteBuffer.wrap(input));
        try (Predictor product = OnnxPredictor.of(engine, model(weights), new ExternalData(null))) {
            Tensor sums = product.run(Map.of("x", given)).get("y");
            for (int i = 0; i < sums.elements(); i++) {
                if (sums.getDouble(i) != 255 * 127 * TERMS) {
                    return true;
                }
            }
            return false;
        } catch (WsvdException e) {
            // Without an engine to ask, what is right everywhere.
            return true;
        }
    }

    private static ModelProto model(byte[] weights) {
        StoredArray stored =
                new StoredArray(ElementTypes.number(ElementType.INT8), List.of((long) TERMS, (long) COLUMNS), weights);
        GraphProto graph = GraphProto.newBuilder()
                .setName("product")
                .addInput(value("x", ElementType.UINT8))
                .addOutput(value("y", ElementType.INT32))
                .addInitializer(stored.tensor("w"))
                .addNode(NodeProto.newBuilder()
                        .setOpType("MatMulInteger")
                        .addAllInput(List.of("x", "w"))
                        .addOutput("y"))
                .build();
        return ModelProto.newBuilder()
                .setIrVersion(7)
                .addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(13))
                .setGraph(graph)
                .build();
    }

    private static ValueInfoProto value(String name, ElementType type) {
        TypeProto.Tensor.Builder tensor = TypeProto.Tensor.newBuilder().setElemType(ElementTypes.number(type));
        long[] dims = name.equals("x") ? new long[] {ROWS, TERMS} : new long[] {ROWS, COLUMNS};
        for (long dim : dims) {
            tensor.getShapeBuilder().addDimBuilder().setDimValue(dim);
        }
        return ValueInfoProto.newBuilder()
                .setName(name)
                .setType(TypeProto.newBuilder().setTensorType(tensor))
                .build();
    }
}
