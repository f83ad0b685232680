package dev.wsvd.adapter.onnx.internal.quantize;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.wsvd.adapter.onnx.internal.engine.OrtEngine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What ONNX Runtime computes, beside what Linux tells of the processor. */
class SaturationTest {
    private static final Path PROCESSORS = Path.of("/proc/cpuinfo");

    @Test
    void productsOverflowWhereTheProcessorHasNoInstructionForThem() throws IOException {
        assumeThat(PROCESSORS).exists();
        List<String> flags = Files.readAllLines(PROCESSORS).stream()
                .filter(line -> line.startsWith("flags"))
                .findFirst()
                .map(line -> List.of(line.split("\\s+")))
                .orElse(List.of());
        assumeThat(flags)
                .as("flags of an x86 processor that ONNX Runtime has kernels for")
                .contains("avx2");

        boolean exact = flags.contains("avx512_vnni") || flags.contains("avx_vnni");
        assertThat(Saturation.isSeen(new OrtEngine())).isEqualTo(!exact);
        assertThat(Saturation.isSeen()).isEqualTo(!exact);
    }

    @Test
    void withoutAnAnswerWeightsAreWhatIsRightEverywhere() {
        assertThat(Saturation.isSeen(new OrtEngine().within(Duration.ZERO))).isTrue();
    }
}
