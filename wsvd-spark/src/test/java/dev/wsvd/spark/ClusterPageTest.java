package dev.wsvd.spark;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wsvd.adapter.onnx.OnnxFormat;
import dev.wsvd.cost.Costs;
import dev.wsvd.domain.cost.Metric;
import dev.wsvd.domain.spi.OpenOptions;
import dev.wsvd.pipeline.resolve.Services;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.spark.api.java.JavaSparkContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The program of the page on clusters runs, and the page shows this very program. */
class ClusterPageTest {
    private static final Path PAGE = Path.of("../docs/cluster.md");
    private static final Path PROGRAM = Path.of("src/test/java/dev/wsvd/spark/CompressOnSpark.java");

    @TempDir
    Path dir;

    @Test
    void theProgramHalvesTheMacs() throws Exception {
        Path demo = DemoNetwork.folder();
        Path model = demo.resolve("fashion-resnet.onnx");
        Path output = dir.resolve("small.onnx");
        try (JavaSparkContext spark = DemoNetwork.spark()) {
            CompressOnSpark.compress(
                    spark,
                    model,
                    demo.resolve("test-images.npz"),
                    demo.resolve("test-labels.npy"),
                    demo.resolve("calibration-images.npz"),
                    dir.resolve("moments.npz"),
                    output);
        }

        assertThat(macs(output)).isLessThanOrEqualTo(macs(model) / 2);
    }

    @Test
    void thePageShowsTheProgramAsItIs() throws IOException {
        String program = Files.readString(PROGRAM);
        String method = program.substring(program.indexOf("    /** On the driver"), program.lastIndexOf('}'));

        assertThat(Files.readString(PAGE))
                .contains(between(program, "        // Page\n", "        // End\n")
                        .stripTrailing()
                        .stripIndent())
                .contains(method.stripTrailing().stripIndent());
    }

    private static String between(String text, String before, String after) {
        return text.substring(text.indexOf(before) + before.length(), text.indexOf(after));
    }

    private static long macs(Path model) {
        try (var opened = new OnnxFormat().open(model, OpenOptions.DEFAULT)) {
            return Costs.of(Services.schemes()).of(opened.layers()).of(Metric.MAC);
        }
    }
}
