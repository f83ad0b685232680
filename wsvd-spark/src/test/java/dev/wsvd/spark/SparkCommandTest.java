package dev.wsvd.spark;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wsvd.spark.WsvdProcess.Run;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** {@code wsvd compress --spark}, which starts itself again by {@code spark-submit}: in processes of their own. */
@DisabledOnOs(value = OS.WINDOWS, disabledReason = "spark-submit is a POSIX shell script here")
class SparkCommandTest {
    @TempDir
    Path dir;

    private WsvdProcess wsvd;

    @BeforeEach
    void spark() throws IOException {
        wsvd = WsvdProcess.in(dir);
    }

    @Test
    void theModelIsThatOfALocalRun() throws Exception {
        Run local = wsvd.run(compress("local"));
        assertThat(local.exitCode()).as(local.err()).isZero();
        assertThat(wsvd.jobs()).isEmpty();

        Run spark = wsvd.run(compress("spark", "--spark", "local[2]"));

        assertThat(spark.exitCode()).as(spark.err()).isZero();
        assertThat(spark.out()).contains("Wrote " + dir.resolve("spark.onnx"));
        assertThat(spark.err()).contains("scores 0.");
        assertThat(dir.resolve("spark.onnx")).hasSameBinaryContentAs(dir.resolve("local.onnx"));
        assertThat(dir.resolve("spark.json")).hasSameTextualContentAs(dir.resolve("local.json"));
        assertThat(wsvd.jobs())
                .anyMatch(job -> job.startsWith("wsvd: evaluating "))
                .anyMatch(job -> job.startsWith("wsvd: decomposing "));
    }

    /** The sums of moments are made in another order, so that weights differ in their last bits. */
    @Test
    @Tag("slow")
    void executorsCalibrateAndDecomposeToo() throws Exception {
        String calibration =
                DemoNetwork.folder().resolve("calibration-images.npz").toString();
        Path localPlan = dir.resolve("local-plan.json");
        Path sparkPlan = dir.resolve("spark-plan.json");
        Path moments = dir.resolve("moments.npz");
        Run local = wsvd.run(
                compress("local", "--calibration", calibration, "--correct", "--save-plan", localPlan.toString()));
        assertThat(local.exitCode()).as(local.err()).isZero();

        Run spark = wsvd.run(compress(
                "spark",
                "--calibration",
                calibration,
                "--correct",
                "--save-plan",
                sparkPlan.toString(),
                "--spark",
                "local[2]",
                "--moments",
                moments.toString()));

        assertThat(spark.exitCode()).as(spark.err()).isZero();
        assertThat(moments).isNotEmptyFile();
        assertThat(sparkPlan).hasSameTextualContentAs(localPlan);
        assertThat(wsvd.jobs())
                .contains("wsvd: moments of 500 samples")
                .anyMatch(job -> job.startsWith("wsvd: decomposing "));
    }

    @Test
    void itsExitCodeIsPassedOn() throws Exception {
        Run run = wsvd.run(compress("spark", "--spark", "local[2]", "--max-length", "5"));

        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.err().strip()).startsWith("wsvd: --max-length is for texts (.txt, .csv, .tsv), found ");
        assertThat(dir.resolve("spark.onnx")).doesNotExist();
    }

    /** Else two would write the same files when the command is given again. */
    @Test
    @Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void whatItStartedEndsWithItAlsoIfItIsKilled() throws Exception {
        Process command = wsvd.start(compress("spark", "--spark", "local[2]"));
        while (command.isAlive() && command.children().findAny().isEmpty()) {
            Thread.sleep(10);
        }
        ProcessHandle driver = command.children().findAny().orElseThrow();

        command.destroyForcibly();

        driver.onExit().get();
        assertThat(dir.resolve("spark.onnx")).doesNotExist();
    }

    @Test
    void withoutSparkItSaysWhatIsMissing() throws Exception {
        Path none = dir.resolve("none");

        Run run = wsvd.run(none, compress("spark", "--spark", "local[2]"));

        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.err().strip())
                .isEqualTo("wsvd: --spark needs spark-submit of Apache Spark 4, and there is none in '"
                        + none.resolve("bin") + "'. Maybe set SPARK_HOME to Spark's folder.");
    }

    private List<String> compress(String name, String... more) {
        Path demo = DemoNetwork.folder();
        List<String> words = new ArrayList<>(
                List.of("compress", demo.resolve("fashion-resnet.onnx").toString()));
        words.addAll(List.of("--data", demo.resolve("test-images.npz").toString()));
        words.addAll(List.of("--labels", demo.resolve("test-labels.npy").toString()));
        words.addAll(List.of("--select", "tar", "--target", "0.5", "--candidates", "4"));
        words.addAll(List.of("--scores", dir.resolve(name + ".json").toString()));
        words.addAll(List.of("-o", dir.resolve(name + ".onnx").toString()));
        words.addAll(List.of(more));
        return words;
    }
}
