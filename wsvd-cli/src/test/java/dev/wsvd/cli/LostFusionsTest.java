package dev.wsvd.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** Attention that ONNX Runtime fuses, by the command. */
class LostFusionsTest {
    private static final Path FUSED = Path.of(
            "..",
            "wsvd-adapter-onnx",
            "src",
            "test",
            "resources",
            "dev",
            "wsvd",
            "adapter",
            "onnx",
            "attention",
            "opset12.onnx");

    @Test
    void theirTimesAreListedWithCouplings() {
        Call call = Call.of("inspect", FUSED, "--couplings", "--input-shape", "ids=1,8", "--input-shape", "mask=1,8");

        assertThat(call.exitCode()).as(call.err()).isZero();
        assertThat(call.out().lines().filter(line -> line.startsWith("Cuts")))
                .hasSize(2)
                .allMatch(
                        line -> line.matches(
                                "Cuts of the coupling at 'MatMul_\\d+' lose what the engine fuses \\(Attention\\):"
                                        + " at 2 of 4 units the model takes \\d+\\.\\d{3} ms, before \\d+\\.\\d{3} ms\\. Budgeted selection by MACs"
                                        + " (takes those that keep no more|leaves them out, as they are not clearly faster)\\."));
    }
}
