package dev.wsvd.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wsvd.cli.WsvdCommand;
import dev.wsvd.testkit.JavaProgram;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.bytedeco.javacpp.Loader;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The command with every backend on its classpath. */
class ProvidersTest {
    private static final Path MODEL = Path.of("..", "demo", "fashion-resnet.onnx");

    @TempDir
    Path folder;

    @Test
    void listsThemAllByPriority() throws Exception {
        assertThat(command().run(folder, "providers"))
                .startsWith(
                        "kind     id        version        priority  state",
                        "backend  openblas  0.3.31-1.5.13       200  available",
                        "backend  ejml      0.46.1              100  available",
                        "backend  nd4j      1.0.0-M2.1           50  available",
                        "format   onnx      1.28.0              100  available");
    }

    @Test
    void saysWhyOneIsUnavailable() throws Exception {
        String platform = Loader.getPlatform();
        assertThat(command().without(jar -> jar.endsWith(platform + ".jar")).run(folder, "providers"))
                .startsWith(
                        "kind     id        version        priority  state",
                        "backend  ejml      0.46.1              100  available",
                        "backend  openblas  0.3.31-1.5.13       200  unavailable: no native OpenBLAS for " + platform
                                + " on the classpath; add org.bytedeco:openblas and org.bytedeco:javacpp with the"
                                + " classifier " + platform,
                        "backend  nd4j      1.0.0-M2.1           50  unavailable: no native ND4J for " + platform
                                + " on the classpath; add org.nd4j:nd4j-native:1.0.0-M2.1 without a classifier and with"
                                + " the classifier " + platform,
                        "format   onnx      1.28.0              100  available");
    }

    @Test
    void usesTheFirstAndNamesItOnce() throws Exception {
        assertThat(backendOf()).isEqualTo("openblas 0.3.31-1.5.13");
        assertThat(Files.readString(folder.resolve("errors")))
                .containsOnlyOnce(
                        "Using the backend openblas 0.3.31-1.5.13, the highest priority of openblas, ejml, nd4j.");
    }

    @Test
    void usesTheOneAskedFor() throws Exception {
        assertThat(backendOf("--backend", "ejml")).isEqualTo("ejml 0.46.1");
        assertThat(backendOf("--backend", "nd4j")).isEqualTo("nd4j 1.0.0-M2.1");
    }

    /** The backend that the report of a compression names. */
    private String backendOf(String... options) throws Exception {
        Path stats = folder.resolve("stats.json");
        Stream<String> arguments = Stream.of(
                "compress",
                MODEL.toString(),
                "--layer",
                "fc1=0.5",
                "-o",
                folder.resolve("model.onnx").toString(),
                "--stats",
                stats.toString());
        command().run(folder, Stream.concat(arguments, Stream.of(options)).toArray(String[]::new));
        Matcher backend = Pattern.compile("\"backend\": \"([^\"]*)\"").matcher(Files.readString(stats));
        assertThat(backend.find()).isTrue();
        return backend.group(1);
    }

    private static JavaProgram command() {
        return new JavaProgram(WsvdCommand.class).inherit("org.bytedeco.javacpp.cachedir");
    }
}
