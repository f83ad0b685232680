package dev.wsvd.adapter.onnx.internal.engine;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import com.google.protobuf.CodedOutputStream;
import dev.wsvd.adapter.onnx.internal.file.ElementTypes;
import dev.wsvd.adapter.onnx.internal.file.ExternalData;
import dev.wsvd.adapter.onnx.internal.file.ModelTensors;
import dev.wsvd.domain.error.ModelFormatException;
import dev.wsvd.domain.tensor.ElementType;
import dev.wsvd.domain.tensor.Tensor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * A model as it is given to an engine: large weights beside it, in place, which is what external data needs, and what spares a
 * copy of everything else. Models without external data and of ordinary size stay whole.
 *
 * @param model the model to serialize
 * @param weights by name
 */
public record EngineModel(ModelProto model, Map<String, Tensor> weights) {
    /** Models with more weights than this hand them over separately. */
    private static final long LARGE_MODEL = 1L << 28;

    private static final int LARGE_TENSOR = 1 << 12;

    /**
     * Makes a model ready for an engine.
     *
     * @throws ModelFormatException if a convolution's weight has no kernel, or external data cannot be read
     */
    public static EngineModel of(ModelProto given, ExternalData external) {
        ModelProto model = KernelShapes.stated(given);
        long[] inline = new long[1];
        boolean[] outside = new boolean[1];
        ModelTensors.forEach(model, tensor -> {
            outside[0] |= ExternalData.isExternal(tensor);
            inline[0] += tensor.getRawData().size();
        });
        if (!outside[0] && inline[0] < LARGE_MODEL) {
            return new EngineModel(model, Map.of());
        }
        // ONNX Runtime would look up what stays external by itself, so nothing does but what it is handed.
        ModelProto rest = model.toBuilder()
                .setGraph(model.getGraph().toBuilder().clearInitializer())
                .build();
        ModelProto.Builder out = ModelTensors.map(rest, external::inlined).toBuilder();
        GraphProto.Builder graph = out.getGraphBuilder();
        Map<String, Tensor> weights = new HashMap<>();
        for (TensorProto tensor : model.getGraph().getInitializerList()) {
            Optional<ElementType> type = ElementTypes.of(tensor.getDataType());
            if (sizeOf(tensor, external) >= LARGE_TENSOR
                    && type.filter(OrtTypes::isMadeByCallers).isPresent()) {
                weights.put(tensor.getName(), new Tensor(type.get(), tensor.getDimsList(), external.bytes(tensor)));
                graph.addInitializer(placeholder(tensor));
            } else {
                graph.addInitializer(external.inlined(tensor));
            }
        }
        return new EngineModel(out.build(), weights);
    }

    /**
     * The model's bytes, in a direct buffer.
     *
     * @throws ModelFormatException if they are too many
     */
    public ByteBuffer serialized() {
        if (model.getSerializedSize() < 0) {
            throw new ModelFormatException("The model has more than " + Integer.MAX_VALUE
                    + " bytes outside its main graph's weights; ONNX Runtime cannot take it.");
        }
        try {
            ByteBuffer bytes = ByteBuffer.allocateDirect(model.getSerializedSize());
            CodedOutputStream out = CodedOutputStream.newInstance(bytes);
            model.writeTo(out);
            out.flush();
            return bytes.rewind();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (OutOfMemoryError e) {
            throw new ModelFormatException(
                    "The model's " + model.getSerializedSize()
                            + " bytes do not fit into this process's direct memory. Maybe raise -Xmx or"
                            + " -XX:MaxDirectMemorySize.",
                    e);
        }
    }

    private static long sizeOf(TensorProto tensor, ExternalData external) {
        return ExternalData.isExternal(tensor)
                ? external.piece(tensor).length()
                : tensor.getRawData().size();
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
}
