package dev.wsvd.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is suggested can be typed as it stands. */
class CommandNameTest {
    @TempDir
    Path folder;

    @BeforeEach
    void startedByTheScript() {
        System.setProperty("wsvd.command", "./wsvd");
    }

    @AfterEach
    void forget() {
        System.clearProperty("wsvd.command");
    }

    @Test
    void inHelpAndRefusals() {
        assertThat(Call.of("inspect", "--help").out())
                .contains("Usage: ./wsvd inspect ")
                .contains(System.lineSeparator() + "  ./wsvd inspect model.onnx" + System.lineSeparator());
        assertThat(Call.of().out()).contains("  ./wsvd compress model.onnx -o small.onnx --target 0.5 \\");
        assertThat(Call.of("inspect", "--jsno").err())
                .endsWith("See './wsvd inspect --help'." + System.lineSeparator());
        assertThat(Call.of("compress", "--help").out().replaceAll("\\s+", " ")).contains("see './wsvd providers'");
    }

    @Test
    void afterTheDemo() {
        Path dir = folder.resolve("demo");
        Call call = Call.of("demo", "--dir", dir);

        assertThat(call.exitCode()).as(call.err()).isZero();
        assertThat(call.out().lines().filter(line -> line.startsWith("  ./wsvd ")))
                .containsExactly(
                        "  ./wsvd demo --target 0.25",
                        "  ./wsvd compress " + dir.resolve("fashion-resnet.onnx") + " -o tiny.onnx --max-drop 0.01 \\",
                        "  ./wsvd compare " + dir.resolve("fashion-resnet.onnx") + " " + dir.resolve("small.onnx")
                                + " \\",
                        "  ./wsvd compress YOUR_MODEL.onnx -o small.onnx --target 0.5 --multiplicity 8 --calibration"
                                + " YOUR_INPUTS.npy");
        assertThat(dir.resolve("plan.json")).content().contains("\"corrected\": true");
    }
}
