package dev.wsvd.adapter.djl;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Model;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.Block;
import ai.djl.nn.SequentialBlock;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.plan.Replacement;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.Evaluator;
import dev.wsvd.domain.spi.Probe;
import dev.wsvd.domain.tensor.Tensor;
import dev.wsvd.testkit.ExactFactors;
import dev.wsvd.testkit.ExactForm;
import dev.wsvd.testkit.PredictedErrors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Many candidates in one process: what they hold outside the heap is given back. */
@Tag("slow")
@EnabledOnOs(OS.LINUX)
class NativeMemoryTest {
    private static final int WARM_UP = 100;
    private static final int CANDIDATES = 500;
    private static final int WIDTH = 1024;
    /** Four hundredths of what the candidates, 8 MB of weights each, hold one after the other. */
    private static final long ALLOWED_MEGABYTES = CANDIDATES * 8 / 25;

    @TempDir
    Path folder;

    @Test
    void fiveHundredEvaluationsLeaveItFlat() throws Exception {
        // In a heap that is all there from the beginning, what resident memory grows by is native.
        List<String> megabytes = Programs.of(Candidates.class)
                .option("-Xms512m")
                .option("-Xmx512m")
                .option("-XX:+AlwaysPreTouch")
                .option("-XX:MaxDirectMemorySize=128m")
                .run(folder);

        assertThat(megabytes).hasSize(2);
        assertThat(Long.parseLong(megabytes.get(1)) - Long.parseLong(megabytes.get(0)))
                .as("growth of resident memory in MB: %s", megabytes)
                .isLessThan(ALLOWED_MEGABYTES);
    }

    /** Makes, scores and watches candidates; prints the resident memory after the first hundred and at the end. */
    static final class Candidates {
        private static final DjlFormat FORMAT = new DjlFormat(Candidates::network);
        private static final LayerId LAST = new LayerId("05Linear");

        private Candidates() {}

        public static void main(String[] args) throws IOException {
            try (NDManager manager = NDManager.newBaseManager();
                    Model model = Networks.model(Candidates::network, new Shape(1, WIDTH))) {
                CompressibleModel<Model> original = DjlModels.of(model, Candidates::network);
                Layer layer = original.layers().get(0);
                Replacement factors = ExactFactors.truncated(
                        ExactFactors.of(layer, original.weights(layer.id()), ExactForm.INPUT_CHANNEL), 16);
                Tensor inputs = PredictedErrors.inputs(20, 3, WIDTH);
                DjlAccuracyEvaluator evaluator = DjlAccuracyEvaluator.of(ArraySamples.of(manager, 100, WIDTH, false));
                for (int i = 1; i <= WARM_UP + CANDIDATES; i++) {
                    try (CompressibleModel<Model> candidate = original.with(List.of(factors))) {
                        evaluator.evaluate(candidate.model(), Evaluator.ALL).score();
                        try (Probe probe = FORMAT.probe(candidate.model(), List.of(LAST))) {
                            probe.predictor().run(Map.of("data0", inputs));
                        }
                    }
                    if (i == WARM_UP || i == WARM_UP + CANDIDATES) {
                        System.out.println(residentMegabytes());
                    }
                }
            }
        }

        private static long residentMegabytes() throws IOException {
            System.gc();
            return Files.readAllLines(Path.of("/proc/self/status")).stream()
                    .filter(line -> line.startsWith("VmRSS:"))
                    .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) / 1024)
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
}
