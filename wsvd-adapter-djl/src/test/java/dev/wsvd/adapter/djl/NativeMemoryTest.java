package dev.wsvd.adapter.djl;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Model;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.Block;
import ai.djl.nn.SequentialBlock;
import dev.wsvd.domain.Layer;
import dev.wsvd.domain.Unfolding;
import dev.wsvd.domain.factor.FactorizedLayer;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.Evaluator;
import dev.wsvd.testkit.ExactFactors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** Many candidates in one process: what they hold outside the heap is given back. */
@Tag("slow")
@EnabledOnOs(OS.LINUX)
class NativeMemoryTest {
    private static final int WARM_UP = 100;
    private static final int CANDIDATES = 500;
    private static final int WIDTH = 1024;
    /** A fiftieth of what the candidates would keep if none of their weights (8 MB each) were freed. */
    private static final long ALLOWED = CANDIDATES * 2L * WIDTH * WIDTH * Float.BYTES / 50;

    @Test
    void fiveHundredEvaluationsLeaveItFlat() throws IOException {
        try (NDManager manager = NDManager.newBaseManager();
                Model model = Networks.model(NativeMemoryTest::network, new Shape(1, WIDTH))) {
            CompressibleModel<Model> original = DjlModels.of(model, NativeMemoryTest::network);
            Layer layer = original.layers().get(0);
            FactorizedLayer factors = ExactFactors.truncated(
                    ExactFactors.of(layer, original.weight(layer.id()), Unfolding.INPUT_CHANNEL), 16);
            DjlAccuracyEvaluator evaluator = DjlAccuracyEvaluator.of(ArraySamples.of(manager, 100, WIDTH, false));

            evaluate(original, factors, evaluator, WARM_UP);
            long before = residentBytes();
            evaluate(original, factors, evaluator, CANDIDATES);
            long after = residentBytes();

            assertThat(after - before)
                    .as("growth of resident memory, from %d MB to %d MB", before >> 20, after >> 20)
                    .isLessThan(ALLOWED);
        }
    }

    private static void evaluate(
            CompressibleModel<Model> original, FactorizedLayer factors, DjlAccuracyEvaluator evaluator, int times) {
        for (int i = 0; i < times; i++) {
            try (CompressibleModel<Model> candidate = original.with(List.of(factors))) {
                evaluator.score(candidate.model(), Evaluator.ALL);
            }
        }
    }

    private static long residentBytes() throws IOException {
        System.gc();
        return Files.readAllLines(Path.of("/proc/self/status")).stream()
                .filter(line -> line.startsWith("VmRSS:"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) << 10)
                .findFirst()
                .orElseThrow();
    }

    private static Block network() {
        return new SequentialBlock()
                .add(Networks.linear(WIDTH))
                .add(Activation::relu)
                .add(Networks.linear(WIDTH))
                .add(Activation::relu)
                .add(Networks.linear(2));
    }
}
