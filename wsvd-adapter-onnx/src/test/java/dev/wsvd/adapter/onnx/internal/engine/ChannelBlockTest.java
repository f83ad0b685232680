package dev.wsvd.adapter.onnx.internal.engine;

import static org.assertj.core.api.Assertions.assertThat;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import ai.onnx.proto.OnnxMl.TensorShapeProto;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtSession;
import com.google.protobuf.ByteString;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The block of channels, beside what ONNX Runtime pads a weight to on this machine. */
class ChannelBlockTest {
    private static final int CHANNELS = 33;

    @TempDir
    Path folder;

    @Test
    void aWeightIsPaddedToWholeBlocks() throws Exception {
        int block = ChannelBlock.asked(new OrtEngine());

        int blocks = (CHANNELS + block - 1) / block;
        assertThat(paddedChannels()).isEqualTo(blocks * (long) block);
    }

    @Test
    void anEngineThatDoesNotAnswerIsTakenToComputeSixteen() {
        Engine outOfTime = new OrtEngine().within(Duration.ZERO);

        assertThat(ChannelBlock.asked(outOfTime)).isEqualTo(16);
    }

    /** Output channels of a weight in the graph that a session runs. */
    private long paddedChannels() throws Exception {
        Path optimised = folder.resolve("optimised.onnx");
        try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
            options.setOptimizedModelFilePath(optimised.toString());
            OrtEnvironment.getEnvironment()
                    .createSession(convolution().toByteArray(), options)
                    .close();
        }
        return ModelProto.parseFrom(Files.readAllBytes(optimised)).getGraph().getInitializerList().stream()
                .filter(tensor -> tensor.getDimsCount() == 4)
                .findFirst()
                .orElseThrow()
                .getDims(0);
    }

    private static ModelProto convolution() {
        GraphProto.Builder graph = GraphProto.newBuilder()
                .setName("one")
                .addInput(tensor("x", 64))
                .addOutput(tensor("y", CHANNELS))
                .addInitializer(TensorProto.newBuilder()
                        .setName("w")
                        .setDataType(DataType.FLOAT_VALUE)
                        .addAllDims(List.of((long) CHANNELS, 64L, 1L, 1L))
                        .setRawData(ByteString.copyFrom(new byte[CHANNELS * 64 * Float.BYTES])))
                .addNode(NodeProto.newBuilder()
                        .setOpType("Conv")
                        .addInput("x")
                        .addInput("w")
                        .addOutput("y"));
        return ModelProto.newBuilder()
                .setIrVersion(7)
                .addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(13))
                .setGraph(graph)
                .build();
    }

    private static ValueInfoProto tensor(String name, int channels) {
        TensorShapeProto.Builder shape = TensorShapeProto.newBuilder();
        List.of(1, channels, 5, 5)
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
