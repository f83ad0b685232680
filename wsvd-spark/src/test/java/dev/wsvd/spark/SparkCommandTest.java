package dev.wsvd.spark;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wsvd.cli.WsvdCommand;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.jar.JarOutputStream;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** {@code wsvd compress --spark}, which starts itself again by {@code spark-submit}: in processes of their own. */
@DisabledOnOs(value = OS.WINDOWS, disabledReason = "spark-submit is a POSIX shell script here")
class SparkCommandTest {
    @TempDir
    Path dir;

    private Path home;
    private Path jar;

    /** What Spark's own script does once it has found Java and the class path. */
    @BeforeEach
    void spark() throws IOException {
        home = dir.resolve("spark");
        Path submit = Files.createDirectories(home.resolve("bin")).resolve("spark-submit");
        Files.writeString(
                submit,
                "#!/bin/sh\nexec '" + java() + "' -cp '" + classPath() + "' " + opens()
                        + " org.apache.spark.deploy.SparkSubmit \"$@\"\n");
        Files.setPosixFilePermissions(submit, PosixFilePermissions.fromString("rwxr-xr-x"));
        // The classes are on the class path, so that the jar need not have them.
        jar = dir.resolve("wsvd-spark-0-all.jar");
        new JarOutputStream(Files.newOutputStream(jar)).close();
    }

    @Test
    void theModelIsThatOfALocalRun() throws Exception {
        Run local = run(true, "local");
        assertThat(local.exitCode()).as(local.err()).isZero();

        Run spark = run(true, "spark", "--spark", "local[2]");

        assertThat(spark.exitCode()).as(spark.err()).isZero();
        assertThat(spark.out()).contains("Wrote " + dir.resolve("spark.onnx"));
        assertThat(spark.err()).contains("scores 0.");
        assertThat(dir.resolve("spark.onnx")).hasSameBinaryContentAs(dir.resolve("local.onnx"));
        assertThat(dir.resolve("spark.json")).hasSameTextualContentAs(dir.resolve("local.json"));
    }

    /** The sums of moments are made in another order, so that weights differ in their last bits. */
    @Test
    @Tag("slow")
    void executorsCalibrateAndDecomposeToo() throws Exception {
        Path calibration = DemoNetwork.folder().resolve("calibration-images.npz");
        List<String> more = List.of("--calibration", calibration.toString(), "--correct", "--save-plan");
        Run local = run(true, "local", with(more, dir.resolve("local-plan.json").toString()));
        assertThat(local.exitCode()).as(local.err()).isZero();

        Run spark = run(
                true,
                "spark",
                with(
                        more,
                        dir.resolve("spark-plan.json").toString(),
                        "--spark",
                        "local[2]",
                        "--moments",
                        dir.resolve("moments.npz").toString()));

        assertThat(spark.exitCode()).as(spark.err()).isZero();
        assertThat(dir.resolve("moments.npz")).isNotEmptyFile();
        assertThat(dir.resolve("spark-plan.json")).hasSameTextualContentAs(dir.resolve("local-plan.json"));
    }

    private static String[] with(List<String> words, String... more) {
        List<String> all = new ArrayList<>(words);
        all.addAll(List.of(more));
        return all.toArray(String[]::new);
    }

    @Test
    void itsExitCodeIsPassedOn() throws Exception {
        Run run = run(true, "spark", "--spark", "local[2]", "--max-length", "5");

        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.err().strip()).startsWith("wsvd: --max-length is for texts (.txt, .csv, .tsv), found ");
        assertThat(dir.resolve("spark.onnx")).doesNotExist();
    }

    @Test
    void withoutSparkItSaysWhatIsMissing() throws Exception {
        Run run = run(false, "spark", "--spark", "local[2]");

        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.err().strip())
                .isEqualTo("wsvd: --spark needs spark-submit of Apache Spark 4, and there is none in '"
                        + dir.resolve("none/bin") + "'. Maybe set SPARK_HOME to Spark's folder.");
    }

    private record Run(int exitCode, String out, String err) {}

    private Run run(boolean hasSpark, String name, String... more) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(java(), "-cp", classPath(), WsvdCommand.class.getName()));
        command.addAll(List.of(
                "compress", DemoNetwork.folder().resolve("fashion-resnet.onnx").toString()));
        command.addAll(List.of(
                "--data", DemoNetwork.folder().resolve("test-images.npz").toString()));
        command.addAll(List.of(
                "--labels", DemoNetwork.folder().resolve("test-labels.npy").toString()));
        command.addAll(List.of("--select", "tar", "--target", "0.5", "--candidates", "4"));
        command.addAll(List.of("--scores", dir.resolve(name + ".json").toString()));
        command.addAll(List.of("-o", dir.resolve(name + ".onnx").toString()));
        command.addAll(List.of(more));
        Path out = dir.resolve("out.txt");
        Path err = dir.resolve("err.txt");
        ProcessBuilder process =
                new ProcessBuilder(command).redirectOutput(out.toFile()).redirectError(err.toFile());
        process.environment().put("SPARK_HOME", (hasSpark ? home : dir.resolve("none")).toString());
        process.environment().put("SPARK_LOCAL_IP", "127.0.0.1");
        process.environment().put("WSVD_SPARK_JAR", jar.toString());
        int exitCode = process.start().waitFor();
        return new Run(
                exitCode, Files.readString(out, StandardCharsets.UTF_8), Files.readString(err, StandardCharsets.UTF_8));
    }

    /** What Spark's launcher opens of the JDK, as for this process. */
    private static String opens() {
        return ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
                .filter(argument -> argument.startsWith("--add-opens"))
                .collect(Collectors.joining(" "));
    }

    private static String java() {
        return Path.of(System.getProperty("java.home"), "bin", "java").toString();
    }

    private static String classPath() {
        return System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
    }
}
