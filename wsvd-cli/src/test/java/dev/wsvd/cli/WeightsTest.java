package dev.wsvd.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.layer.Weights;
import dev.wsvd.domain.spi.OpenOptions;
import dev.wsvd.pipeline.OpenedModel;
import dev.wsvd.safetensors.Dtype;
import dev.wsvd.safetensors.Safetensors;
import dev.wsvd.safetensors.SafetensorsWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code --weights} and {@code --weights-out}. */
class WeightsTest {
    private static final Path MODEL = Path.of("..", "demo", "fashion-resnet.onnx");

    @TempDir
    Path folder;

    private Path weights;
    private Path out;

    @BeforeEach
    void write() {
        weights = folder.resolve("model.safetensors");
        out = folder.resolve("out.safetensors");
        Weights fc1 = OpenedModel.of(MODEL, OpenOptions.DEFAULT).model().weights(new LayerId("fc1"));
        write(new SafetensorsWriter(), fc1);
    }

    private void write(SafetensorsWriter writer, Weights fc1) {
        writer.add("net.fc1.weight", Dtype.F32, List.of(128L, 1536L), fc1::all).write(weights, Map.of());
    }

    @Test
    void whereTheFactorsAreRefusedThereIsNoModelEither() {
        Weights fc1 = OpenedModel.of(MODEL, OpenOptions.DEFAULT).model().weights(new LayerId("fc1"));
        write(new SafetensorsWriter().add("net.fc1.0.weight", Dtype.F32, List.of(1L), () -> new float[1]), fc1);
        Path small = folder.resolve("small.onnx");
        Call call = Call.of(
                "compress", MODEL, "-o", small, "--weights", weights, "--weights-out", out, "--layer", "fc1=rank:4");
        assertThat(call.err()).contains("There would be two tensors 'net.fc1.0.weight' in one file.");
        assertThat(call.exitCode()).isEqualTo(2);
        assertThat(out).doesNotExist();
        assertThat(small).doesNotExist();
    }

    @Test
    void theFactorsAreWrittenByName() {
        Path small = folder.resolve("small.onnx");
        Call call = Call.of(
                "compress", MODEL, "-o", small, "--weights", weights, "--weights-out", out, "--layer", "fc1=rank:4");
        assertThat(call.exitCode()).as(call.err()).isZero();
        assertThat(small).exists();
        Safetensors factors = Safetensors.open(out);
        assertThat(factors.tensor("net.fc1.0.weight").shape()).containsExactly(4L, 1536L);
        assertThat(factors.tensor("net.fc1.1.weight").shape()).containsExactly(128L, 4L);
        assertThat(factors.names()).doesNotContain("net.fc1.weight");
    }

    @Test
    void aLayerThatTheFileLacksIsNotSplit() {
        Call call = Call.of(
                "compress",
                MODEL,
                "-o",
                folder.resolve("small.onnx"),
                "--weights",
                weights,
                "--weights-out",
                out,
                "--layer",
                "fc2=rank:4");
        assertThat(call.err()).contains("its weight is no tensor of model.safetensors");
        assertThat(call.exitCode()).isEqualTo(2);
        assertThat(out).doesNotExist();
    }

    @Test
    void whatCannotBeWrittenIsRefusedAtOnce() {
        Path small = folder.resolve("small.onnx");
        Call.assertRefused(
                2,
                "wsvd: --weights-out needs --weights, whose names it takes.",
                "compress",
                MODEL,
                "-o",
                small,
                "--weights-out",
                out,
                "--layer",
                "fc1=rank:4");
        Call.assertRefused(
                2,
                "wsvd: The output '" + weights
                        + "' is an input of this run; inputs are never overwritten. Maybe use another name.",
                "compress",
                MODEL,
                "-o",
                small,
                "--weights",
                weights,
                "--weights-out",
                weights,
                "--layer",
                "fc1=rank:4");
        Call.assertRefused(
                2,
                "wsvd: --weights-out writes the factors of the compressed model in float; it cannot be combined with --int8.",
                "compress",
                MODEL,
                "-o",
                small,
                "--weights",
                weights,
                "--weights-out",
                out,
                "--int8",
                "--layer",
                "fc1=rank:4");
        assertThat(Files.exists(small)).isFalse();
    }
}
