package dev.wsvd.adapter.onnx.internal.run;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxTensorLike;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import com.google.protobuf.UnsafeByteOperations;
import dev.wsvd.adapter.onnx.internal.file.ElementTypes;
import dev.wsvd.adapter.onnx.internal.file.ExternalData;
import dev.wsvd.adapter.onnx.internal.file.ModelTensors;
import dev.wsvd.domain.tensor.ElementType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * A model whose large weights are handed to the engine beside it, in place: what external data needs, and what spares a copy
 * of everything else. Models without external data and of ordinary size stay whole.
 *
 * @param model the model to serialize
 * @param tensors by name; their memory belongs to this object
 */
record DetachedWeights(ModelProto model, Map<String, OnnxTensorLike> tensors) implements AutoCloseable {
    /** Models with more weights than this hand them over separately. */
    private static final long LARGE_MODEL = 1L << 28;

    private static final int LARGE_TENSOR = 1 << 12;

    static DetachedWeights of(OrtEnvironment environment, ModelProto model, ExternalData external) throws OrtException {
        long[] bytes = new long[2];
        ModelTensors.forEach(model.getGraph(), t -> bytes[ExternalData.isExternal(t) ? 1 : 0] += sizeOf(t, external));
        if (bytes[1] == 0 && bytes[0] < LARGE_MODEL) {
            return new DetachedWeights(model, Map.of());
        }
        Map<String, OnnxTensorLike> tensors = new HashMap<>();
        DetachedWeights partial = new DetachedWeights(model, tensors);
        boolean done = false;
        try {
            GraphProto.Builder graph = model.getGraph().toBuilder();
            for (int i = 0; i < graph.getInitializerCount(); i++) {
                TensorProto tensor = graph.getInitializer(i);
                if (sizeOf(tensor, external) >= LARGE_TENSOR && isDetachable(tensor)) {
                    tensors.put(tensor.getName(), detached(environment, tensor, external));
                    graph.setInitializer(i, placeholder(tensor));
                }
            }
            GraphProto whole = ModelTensors.map(graph.build(), t -> inlined(t, tensors, external));
            done = true;
            return new DetachedWeights(model.toBuilder().setGraph(whole).build(), tensors);
        } finally {
            if (!done) {
                partial.close();
            }
        }
    }

    private static long sizeOf(TensorProto tensor, ExternalData external) {
        return ExternalData.isExternal(tensor)
                ? external.piece(tensor).length()
                : tensor.getRawData().size();
    }

    private static boolean isDetachable(TensorProto tensor) {
        Optional<ElementType> type = ElementTypes.of(tensor.getDataType());
        return type.flatMap(OrtTypes::javaType).isPresent();
    }

    private static OnnxTensor detached(OrtEnvironment environment, TensorProto tensor, ExternalData external)
            throws OrtException {
        ElementType type = ElementTypes.of(tensor.getDataType()).orElseThrow();
        ByteBuffer bytes = external.bytes(tensor);
        if (!bytes.isDirect() || bytes.alignmentOffset(0, type.bytes()) != 0) {
            ByteBuffer copy = ByteBuffer.allocateDirect(bytes.remaining());
            bytes = copy.put(bytes).rewind();
        }
        long[] shape = tensor.getDimsList().stream().mapToLong(d -> d).toArray();
        bytes.order(ByteOrder.nativeOrder());
        return OnnxTensor.createTensor(
                environment, bytes, shape, OrtTypes.javaType(type).orElseThrow());
    }

    private static TensorProto placeholder(TensorProto tensor) {
        return TensorProto.newBuilder()
                .setName(tensor.getName())
                .setDataType(tensor.getDataType())
                .addAllDims(tensor.getDimsList())
                .setDataLocation(TensorProto.DataLocation.EXTERNAL)
                .addExternalData(
                        StringStringEntryProto.newBuilder().setKey("location").setValue("handed over in memory"))
                .build();
    }

    /** What is external and not handed over goes into the model. */
    private static TensorProto inlined(TensorProto tensor, Map<String, OnnxTensorLike> tensors, ExternalData external) {
        if (!ExternalData.isExternal(tensor) || tensors.containsKey(tensor.getName())) {
            return tensor;
        }
        return tensor.toBuilder()
                .clearDataLocation()
                .clearExternalData()
                .setRawData(UnsafeByteOperations.unsafeWrap(external.bytes(tensor)))
                .build();
    }

    @Override
    public void close() {
        tensors.values().forEach(OnnxTensorLike::close);
    }
}
