package dev.wsvd.adapter.onnx.internal.engine;

import static org.assertj.core.api.Assertions.assertThat;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtSession;
import dev.wsvd.adapter.onnx.ModelBuilder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The block of channels, beside what ONNX Runtime pads a weight to on this machine. */
class ChannelBlockTest {
    private static final int CHANNELS = 33;

    @TempDir
    Path folder;

    @Test
    void aWeightIsPaddedToWholeBlocks() throws Exception {
        int block = new ChannelBlock().ask(new OrtEngine()).orElseThrow();

        int blocks = (CHANNELS + block - 1) / block;
        assertThat(paddedChannels()).isEqualTo(blocks * (long) block);
    }

    @Test
    void anEngineThatDoesNotAnswerIsAskedAgain() {
        Engine outOfTime = new OrtEngine().within(Duration.ZERO);
        ChannelBlock block = new ChannelBlock();

        assertThat(block.ask(outOfTime)).isEmpty();
        OptionalInt known = block.ask(new OrtEngine());
        assertThat(known).isPresent();
        assertThat(block.ask(outOfTime)).isEqualTo(known);
    }

    /** Output channels of a weight in the graph that a session runs. */
    private long paddedChannels() throws Exception {
        ModelProto convolution = new ModelBuilder()
                .input("x", 1, 64, 5, 5)
                .weight("w", CHANNELS, 64, 1, 1)
                .node("Conv", "conv", List.of("x", "w"), "y")
                .output("y")
                .build();
        Path optimised = folder.resolve("optimised.onnx");
        try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
            options.setOptimizedModelFilePath(optimised.toString());
            OrtEnvironment.getEnvironment()
                    .createSession(convolution.toByteArray(), options)
                    .close();
        }
        return ModelProto.parseFrom(Files.readAllBytes(optimised)).getGraph().getInitializerList().stream()
                .filter(tensor -> tensor.getDimsCount() == 4)
                .findFirst()
                .orElseThrow()
                .getDims(0);
    }
}
