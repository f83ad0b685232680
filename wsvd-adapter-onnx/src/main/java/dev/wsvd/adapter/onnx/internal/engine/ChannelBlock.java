package dev.wsvd.adapter.onnx.internal.engine;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import ai.onnx.proto.OnnxMl.TensorShapeProto;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import com.google.protobuf.ByteString;
import dev.wsvd.domain.error.WsvdException;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;

/**
 * How many channels ONNX Runtime's convolutions compute at once on this processor: 16 with AVX-512, 8 with AVX. A convolution whose groups
 * are no whole blocks is left as it is, so the narrowest groups that are put into blocks are as wide as one.
 */
public final class ChannelBlock {
    /** Widths of groups that are tried. */
    private static final List<Integer> WIDTHS = List.of(4, 8, 16, 32, 64);

    private static final String BLOCKED = "nchwc.Conv";
    /** What is assumed where the engine cannot be asked. */
    private static final int ASSUMED = 16;

    private static final int GROUPS = 2;
    private static final int OPSET = 13;
    private static final int IR_VERSION = 7;

    private static final ChannelBlock OF_PROCESS = new ChannelBlock();

    private OptionalInt known = OptionalInt.empty();

    ChannelBlock() {}

    /**
     * The block of channels; the engine is asked until it has answered once in a process.
     *
     * @return 1 if there are no blocks; 16 if the engine cannot be asked
     */
    public static int of(Engine engine) {
        // A model can be compressed by shapes alone, without an engine.
        return OF_PROCESS.ask(engine).orElse(ASSUMED);
    }

    /** Empty if the engine cannot be asked now. */
    synchronized OptionalInt ask(Engine engine) {
        if (known.isEmpty()) {
            known = answer(engine);
        }
        return known;
    }

    private static OptionalInt answer(Engine engine) {
        try {
            Map<String, Integer> operators = engine.fusedOperators(new EngineModel(convolutions(), Map.of()));
            int blocked = operators.getOrDefault(BLOCKED, 0);
            return OptionalInt.of(blocked == 0 ? 1 : WIDTHS.get(Math.max(0, WIDTHS.size() - blocked)));
        } catch (EngineException | WsvdException e) {
            return OptionalInt.empty();
        }
    }

    /** A convolution for each width, all apart. */
    private static ModelProto convolutions() {
        GraphProto.Builder graph = GraphProto.newBuilder().setName("blocks");
        for (int width : WIDTHS) {
            int channels = GROUPS * width;
            graph.addInput(tensor("x" + width, channels))
                    .addOutput(tensor("y" + width, channels))
                    .addInitializer(TensorProto.newBuilder()
                            .setName("w" + width)
                            .setDataType(DataType.FLOAT_VALUE)
                            .addAllDims(List.of((long) channels, (long) width, 1L, 1L))
                            .setRawData(ByteString.copyFrom(new byte[channels * width * Float.BYTES])))
                    .addNode(NodeProto.newBuilder()
                            .setOpType("Conv")
                            .addAllInput(List.of("x" + width, "w" + width))
                            .addOutput("y" + width)
                            .addAttribute(AttributeProto.newBuilder()
                                    .setName("group")
                                    .setType(AttributeProto.AttributeType.INT)
                                    .setI(GROUPS)));
        }
        return ModelProto.newBuilder()
                .setIrVersion(IR_VERSION)
                .addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(OPSET))
                .setGraph(graph)
                .build();
    }

    private static ValueInfoProto tensor(String name, int channels) {
        TensorShapeProto.Builder shape = TensorShapeProto.newBuilder();
        List.of(1, channels, 1, 1)
                .forEach(dim ->
                        shape.addDim(TensorShapeProto.Dimension.newBuilder().setDimValue(dim)));
        return ValueInfoProto.newBuilder()
                .setName(name)
                .setType(TypeProto.newBuilder()
                        .setTensorType(TypeProto.Tensor.newBuilder()
                                .setElemType(DataType.FLOAT_VALUE)
                                .setShape(shape)))
                .build();
    }
}
