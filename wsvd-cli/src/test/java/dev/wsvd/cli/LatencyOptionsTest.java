package dev.wsvd.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Time as a target, on the command line. */
class LatencyOptionsTest {
    @TempDir
    Path folder;

    @Test
    void aTargetOfTimeIsMeasuredReportedAndItsTimesKept() throws IOException {
        Path small = folder.resolve("small.onnx");
        Path stats = folder.resolve("stats.json");
        Path timings = folder.resolve("timings.json");
        Call made = Call.of(
                "compress",
                Demo.MODEL,
                "-o",
                small,
                "--metric",
                "latency",
                "--target",
                0.8,
                "--batch",
                4,
                "--calibration",
                Demo.CALIBRATION,
                "--timings",
                timings,
                "--stats",
                stats);

        assertThat(made.exitCode()).as(made.err()).isZero();
        assertThat(made.out())
                .containsPattern("latency, predicted +[0-9.]+ ms +[0-9.]+ ms +0\\.\\d\\d\\d \\(target 0\\.8\\)")
                .containsPattern(
                        "latency, measured +[0-9.]+ ms +[0-9.]+ ms +[01]\\.\\d+ \\([01]\\.\\d+ … [01]\\.\\d+\\)");
        assertThat(Files.readString(stats))
                .contains("\"metric\": \"latency\"")
                .contains("\"measuredLatency\"")
                .contains("\"threads\": 1, \"batch\": 4");
        byte[] kept = Files.readAllBytes(timings);
        Call again = Call.of(
                "compress",
                Demo.MODEL,
                "--dry-run",
                "--max-latency",
                "1s",
                "--batch",
                4,
                "--calibration",
                Demo.CALIBRATION,
                "--timings",
                timings);
        assertThat(again.exitCode()).as(again.err()).isZero();
        assertThat(Files.readAllBytes(timings)).isEqualTo(kept);
    }

    @Test
    void compareRefusesConditionsForWhatItCannotTime() {
        Call.assertRefused(
                2,
                "wsvd: The layers of 'fashion-resnet.onnx' cannot be timed; it cannot be combined with --threads.",
                "compare",
                Demo.MODEL,
                Demo.MODEL,
                "--data",
                Demo.IMAGES,
                "--isolate",
                "--threads",
                2);
    }

    @Test
    void whatCannotBeTimedIsSaid() {
        Call isolated = Call.of(
                "compress",
                Demo.MODEL,
                "--dry-run",
                "--metric",
                "latency",
                "--target",
                0.8,
                "--isolate",
                "--calibration",
                Demo.CALIBRATION);

        assertThat(isolated.exitCode()).isEqualTo(2);
        assertThat(isolated.err())
                .contains(
                        "wsvd: This model cannot be timed layer by layer: its format has no engine that tells, no input of"
                                + " it can be made up, or it does not fit into memory. Maybe limit MACs instead (--metric mac).");
    }

    @Test
    void timesOfNothingAreRefused() {
        Call call = Call.of(
                "compress",
                Demo.MODEL,
                "--dry-run",
                "--target",
                0.5,
                "--select",
                "budget",
                "--no-never-slower",
                "--threads",
                2);

        assertThat(call.exitCode()).isEqualTo(2);
        assertThat(call.err())
                .contains("Nothing is timed but for --metric latency and --max-latency, and in budgeted selection with"
                        + " --never-slower; it cannot be combined with --threads.");
    }

    @ParameterizedTest
    @CsvSource({
        "--max-latency, 5",
        "--max-latency, 2h",
        "--max-latency, 0ms",
        "--max-latency, -1ms",
        "--max-latency, 3601s"
    })
    void timesNeedAUnit(String option, String value) {
        Call call = Call.of("compress", Demo.MODEL, "--dry-run", option, value);

        assertThat(call.exitCode()).isEqualTo(2);
        assertThat(call.err())
                .contains(option + " takes a time with its unit, such as 5ms, 0.8ms or 800us, at most an hour; found '"
                        + value + "'.");
    }

    @ParameterizedTest
    @CsvSource({"5ms, 5000000", "0.8ms, 800000", "800us, 800000", "1s, 1000000000", "7ns, 7"})
    void timesAreNanoseconds(String text, long ns) {
        assertThat(TimeOption.parse("--max-latency", text)).hasValue(ns);
        assertThat(TimeOption.parse("--max-latency", null)).isEmpty();
    }

    @Test
    void aMultiplicityIsANumberOrAuto() {
        Call auto = Call.of(
                "compress", Demo.MODEL, "--dry-run", "--target", 0.5, "--select", "budget", "--multiplicity", "auto");
        Call wrong = Call.of(
                "compress", Demo.MODEL, "--dry-run", "--target", 0.5, "--select", "budget", "--multiplicity", "even");

        assertThat(auto.exitCode()).as(auto.err()).isZero();
        assertThat(auto.out()).containsPattern("stage2\\.1\\.conv1 +rank (16|32|48)");
        assertThat(wrong.exitCode()).isEqualTo(2);
        assertThat(wrong.err()).contains("--multiplicity takes a whole number of at least 1, or auto; found 'even'.");
    }

    @Test
    void whereNoLayerWasChangedNoneIsTimed() {
        Call told = Call.of(
                "compare",
                Demo.MODEL,
                Demo.MODEL,
                "--data",
                Demo.IMAGES,
                "--samples",
                20,
                "--threads",
                2,
                "--batch",
                4);
        Call plain = Call.of("compare", Demo.MODEL, Demo.MODEL, "--data", Demo.IMAGES, "--samples", 20);

        assertThat(told.exitCode()).as(told.err()).isZero();
        assertThat(told.err()).contains("No layer is timed in spite of --threads and --batch: none was split or cut.");
        assertThat(plain.err()).doesNotContain("timed");
    }

    @Test
    void conditionsAreAtLeastOne() {
        Call call = Call.of(
                "compress",
                Demo.MODEL,
                "--dry-run",
                "--metric",
                "latency",
                "--target",
                0.5,
                "--select",
                "budget",
                "--threads",
                0);

        assertThat(call.exitCode()).isEqualTo(2);
        assertThat(call.err()).contains("Timing takes at least 1 thread and 1 sample per run, found 0 and 1.");
    }
}
