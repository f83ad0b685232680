package dev.wsvd.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.error.WsvdException;
import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What {@code --spark} refuses before Spark is started, and what it starts. */
class SparkSubmitTest {
    @TempDir
    Path dir;

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "wrong",
                "http://host:7077",
                "spark://host",
                "spark://host:port",
                "spark://:7077",
                "local[x]",
                "local[0]",
                "local[2",
                "local-cluster[2,1]",
                "k8s://",
                "YARN"
            })
    void whatIsNoMasterIsRefused(String url) {
        assertThatThrownBy(() -> new SparkMaster(url).requireKnown(Map.of()))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("--spark takes a master's URL, such as spark://host:7077, yarn, k8s://https://host:6443 or"
                        + " local[4], found '" + url + "'.");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "local",
                "local[2]",
                "local[*]",
                "local[2,3]",
                "local[*,3]",
                "local-cluster[2,1,1024]",
                "spark://host:7077",
                "spark://one:7077,two:7077",
                "spark://[::1]:7077",
                "k8s://https://host:6443",
                "yarn"
            })
    void whatSparkKnowsIsTaken(String url) {
        assertThatCode(() -> new SparkMaster(url).requireKnown(Map.of("HADOOP_CONF_DIR", "/etc/hadoop")))
                .doesNotThrowAnyException();
    }

    @Test
    void yarnNeedsHadoopsSettings() {
        assertThatThrownBy(() -> new SparkMaster("yarn").requireKnown(Map.of()))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageStartingWith("--spark yarn needs HADOOP_CONF_DIR or YARN_CONF_DIR, and neither is set.");
    }

    /** Settings of Spark, such as a cluster's installation has them, may name the folder too. */
    @Test
    void sparksOwnSettingsMayNameThem() throws IOException {
        Files.createFile(Files.createDirectory(dir.resolve("conf")).resolve("spark-env.sh"));

        assertThatCode(() -> new SparkMaster("yarn").requireKnown(Map.of("SPARK_HOME", dir.toString())))
                .doesNotThrowAnyException();
    }

    @Test
    void propertiesAreQuotedAsSparkReadsThem() {
        String name = "wsvd.test.quoted";
        System.setProperty(name, ".\\a \"b\"");
        try {
            assertThat(SparkSubmit.properties()).contains("\"-D" + name + "=.\\\\a \\\"b\\\"\"");
        } finally {
            System.clearProperty(name);
        }
    }

    @Test
    void oneOfSeveralMastersAnswers() throws IOException {
        int port;
        try (ServerSocket master = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = master.getLocalPort();
            new SparkMaster("spark://127.0.0.1:1,127.0.0.1:" + port).requireAnswer();
            new SparkMaster("local[2]").requireAnswer();
        }

        String url = "spark://127.0.0.1:" + port;
        assertThatThrownBy(() -> new SparkMaster(url).requireAnswer())
                .isInstanceOf(WsvdException.class)
                .hasMessageStartingWith("No master of Spark answers at '" + url + "': ");
    }

    @Test
    @DisabledOnOs(value = OS.WINDOWS, disabledReason = "spark-submit is a file that can be executed")
    void moreBackendsAndMemoryGoAlong() throws IOException {
        Path submit = Files.createFile(Files.createDirectory(dir.resolve("bin")).resolve("spark-submit"));
        assertThat(submit.toFile().setExecutable(true)).isTrue();
        Path jar = Files.createFile(dir.resolve("wsvd-spark-1-all.jar"));
        Map<String, String> environment = Map.of(
                "SPARK_HOME", dir.toString(),
                "WSVD_SPARK_JAR", jar.toString(),
                "WSVD_CLASSPATH", "one.jar" + File.pathSeparator + "classes" + File.pathSeparator + "two.jar");

        List<String> command = new SparkSubmit(environment).command("local[2]", List.of("compress", "net.onnx"));

        assertThat(command)
                .startsWith(submit.toString(), "--master", "local[2]")
                .containsSequence("--jars", "one.jar,two.jar")
                .containsSequence("--driver-memory", Runtime.getRuntime().maxMemory() / (1 << 20) + "m")
                .endsWith("--class", "dev.wsvd.cli.WsvdCommand", jar.toString(), "compress", "net.onnx");
    }
}
