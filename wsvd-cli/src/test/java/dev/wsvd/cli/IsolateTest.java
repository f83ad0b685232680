package dev.wsvd.cli;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The command with ONNX Runtime in a process of its own. */
class IsolateTest {
    @TempDir
    Path folder;

    @Test
    void makesTheSameModel() throws IOException {
        Path here = folder.resolve("here.onnx");
        Path there = folder.resolve("there.onnx");
        Call plain = Call.of(compress(here));
        Call isolated = Call.of(compress(there, "--isolate"));

        assertThat(plain.exitCode()).isZero();
        assertThat(isolated.exitCode()).isZero();
        assertThat(there).hasSameBinaryContentAs(here);
    }

    @Test
    void everyCommandThatOpensAModelTakesIt() {
        assertSame("inspect", Demo.MODEL);
        assertSame("evaluate", Demo.MODEL, "--data", Demo.IMAGES, "--labels", Demo.LABELS, "--samples", 100);
        Call compared =
                Call.of("compare", Demo.MODEL, Demo.MODEL, "--data", Demo.IMAGES, "--samples", 100, "--isolate");
        assertThat(compared.err()).isEmpty();
        assertThat(compared.exitCode()).isZero();
    }

    @Test
    void limitsAreThoseOfIsolation() {
        Call.assertRefused(
                2, "wsvd: --isolate-seconds needs --isolate.", "inspect", Demo.MODEL, "--isolate-seconds", 5);
        Call.assertRefused(
                2, "wsvd: --isolate-memory needs --isolate.", "inspect", Demo.MODEL, "--isolate-memory", "8G");
        Call.assertRefused(
                2,
                "wsvd: Isolation takes a time limit of at least 1 s and at most 86400 s, found 0 s.",
                "inspect",
                Demo.MODEL,
                "--isolate",
                "--isolate-seconds",
                0);
        Call.assertRefused(
                2,
                "wsvd: Isolation takes a memory limit of at least 256000000 bytes, found 1000000.",
                "inspect",
                Demo.MODEL,
                "--isolate",
                "--isolate-memory",
                "1M");
    }

    @Test
    void leavesNoProcessAndNoFiles() throws IOException {
        Process command = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Djava.io.tmpdir=" + folder,
                        "-XX:-UsePerfData",
                        "-cp",
                        System.getProperty("java.class.path"),
                        WsvdCommand.class.getName(),
                        "inspect",
                        Demo.MODEL.toString(),
                        "--isolate")
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        ProcessHandle child = command.children().findFirst().orElse(null);
        while (child == null && command.isAlive()) {
            Thread.onSpinWait();
            child = command.children().findFirst().orElse(null);
        }
        command.getInputStream().readAllBytes();
        assertThat(command.onExit().join().exitValue()).isZero();
        assertThat(child).isNotNull();
        child.onExit().join();
        assertThat(folder).isEmptyDirectory();
    }

    /** Some images of noise: as good as others where only bits are compared. */
    private Path images() throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(128 + 40 * 28 * 28 * 4).order(ByteOrder.LITTLE_ENDIAN);
        String header = "{'descr': '<f4', 'fortran_order': False, 'shape': (40, 1, 28, 28)}";
        bytes.put((byte) 0x93)
                .put(("NUMPY\1\0v\0" + header + " ".repeat(117 - header.length()) + "\n").getBytes(US_ASCII));
        Random random = new Random(3);
        while (bytes.hasRemaining()) {
            bytes.putFloat(random.nextFloat());
        }
        return Files.write(folder.resolve("images.npy"), bytes.array());
    }

    private Object[] compress(Path output, Object... more) throws IOException {
        return Stream.concat(
                        Stream.of(
                                "compress",
                                Demo.MODEL,
                                "-o",
                                output,
                                "--layer",
                                "stage1.0.conv*=0.5",
                                "--calibration",
                                images(),
                                "--correct"),
                        Arrays.stream(more))
                .toArray();
    }

    private static void assertSame(Object... words) {
        Object[] isolated =
                Stream.concat(Arrays.stream(words), Stream.of("--isolate")).toArray();
        Call plain = Call.of(words);
        Call apart = Call.of(isolated);
        assertThat(plain.exitCode()).isZero();
        assertThat(apart.exitCode()).isZero();
        assertThat(withoutLatency(apart)).isEqualTo(withoutLatency(plain));
    }

    /** Latencies differ, and the columns with them. */
    private static List<String> withoutLatency(Call call) {
        return call.out()
                .lines()
                .filter(line -> !line.contains("latency"))
                .map(line -> line.replaceAll(" +", " "))
                .toList();
    }
}
