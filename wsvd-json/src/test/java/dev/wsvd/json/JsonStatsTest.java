package dev.wsvd.json;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wsvd.domain.CalibrationIdentity;
import dev.wsvd.domain.cost.CompressionRatio;
import dev.wsvd.domain.cost.Cost;
import dev.wsvd.domain.cost.Metric;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.plan.Choice;
import dev.wsvd.domain.plan.Decision;
import dev.wsvd.domain.score.ConfidenceInterval;
import dev.wsvd.domain.spi.TimingConditions;
import dev.wsvd.domain.stats.CompressionStats;
import dev.wsvd.domain.stats.CompressionStats.LayerStats;
import dev.wsvd.domain.stats.CompressionStats.Provenance;
import dev.wsvd.domain.stats.CompressionStats.Score;
import dev.wsvd.domain.stats.CompressionStats.Seconds;
import dev.wsvd.domain.stats.CompressionStats.Sources;
import dev.wsvd.domain.stats.CumulativeEnergy;
import dev.wsvd.domain.stats.LayerCandidate;
import dev.wsvd.domain.stats.LayerDetails;
import dev.wsvd.domain.stats.LayerTimes;
import dev.wsvd.domain.stats.Trial;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JsonStatsTest {
    private static final Provenance PROVENANCE = new Provenance(
            "0.1.0",
            "ejml 0.46.1",
            "17.0.15",
            "Linux 6.1 amd64",
            0,
            "ab12",
            new Sources(
                    Optional.of("small.onnx"),
                    Optional.of(new CalibrationIdentity(500, "cd34")),
                    Optional.empty(),
                    Optional.empty()));
    private static final LayerDetails DETAILS = new LayerDetails(
            "conv",
            List.of(64, 32, 3, 3),
            List.of(
                    new LayerCandidate(
                            Choice.of("input-channel", 12),
                            800,
                            250,
                            OptionalDouble.of(0.021),
                            OptionalDouble.empty(),
                            OptionalDouble.of(0.9011)),
                    new LayerCandidate(
                            new Choice("tucker-2", List.of(8, 6)),
                            800,
                            300,
                            OptionalDouble.empty(),
                            OptionalDouble.of(0.004),
                            OptionalDouble.empty())),
            Optional.of(new CumulativeEnergy("input-channel", List.of(1, 32), List.of(0.25, 1.0))));

    @TempDir
    Path folder;

    @Test
    void theFileIsAsDesigned() throws IOException {
        Path file = folder.resolve("stats.json");
        JsonStats.write(
                file,
                stats(
                        Optional.of(CompressionRatio.of(0.5)),
                        Optional.of(new Score(
                                "accuracy",
                                OptionalDouble.of(0.9061),
                                OptionalDouble.of(0.9002),
                                2000,
                                Optional.of(new ConfidenceInterval(0.8925, 0.9182)),
                                Optional.of(new ConfidenceInterval(0.8863, 0.9126)),
                                Optional.of(new ConfidenceInterval(-0.0015, 0.0123)),
                                List.of("logits"))),
                        0.021));

        assertThat(Files.readString(file)).isEqualTo("""
                {
                  "format": "wsvd-stats",
                  "version": 1,
                  "metric": "mac",
                  "target": 0.5,
                  "selection": "greedy",
                  "score": { "name": "accuracy", "outputs": ["logits"], "baseline": 0.9061, "compressed": 0.9002, "samples": 2000, \
                "baselineInterval": [0.8925, 0.9182], "compressedInterval": [0.8863, 0.9126], "dropInterval": [-0.0015, 0.0123] },
                  "mac": { "before": 1000, "after": 450, "ratio": 0.45 },
                  "memory": { "before": 300, "after": 200, "ratio": 0.6666666666666666 },
                  "parameters": { "before": 320, "after": 240, "ratio": 0.75 },
                  "layers": [
                    { "name": "conv1", "decision": "dense", "reason": "no rank saves", "mac": [200, 200], "memory": [100, 100] },
                    {
                      "name": "conv2",
                      "path": "layer1.conv2",
                      "kind": "conv",
                      "weight": [64, 32, 3, 3],
                      "decision": "split",
                      "unfolding": "input-channel",
                      "rank": 12,
                      "size": "rank 12",
                      "mac": [800, 250],
                      "memory": [200, 100],
                      "macRatio": 0.3125,
                      "memoryRatio": 0.5,
                      "error": 0.021,
                      "outputError": 0.034,
                      "candidates": [
                        { "unfolding": "input-channel", "rank": 12, "before": 800, "after": 250, "error": 0.021, "score": 0.9011 },
                        { "unfolding": "tucker-2", "ranks": [8, 6], "before": 800, "after": 300, "loss": 0.004 }
                      ],
                      "spectrum": { "unfolding": "input-channel", "ranks": [1, 32], "energy": [0.25, 1.0] }
                    }
                  ],
                  "trials": [
                    { "name": "plan 1", "mac": 600, "memory": 250, "score": 0.9031, "interval": [0.8893, 0.9153] }
                  ],
                  "evaluations": 45,
                  "seconds": { "open": 0.1, "calibrate": 0.0, "decompose": 0.4, "evaluate": 9.2, "select": 0.0, "fineTune": 1.5, "write": 0.1 },
                  "provenance": {
                    "wsvd": "0.1.0",
                    "backend": "ejml 0.46.1",
                    "java": "17.0.15",
                    "os": "Linux 6.1 amd64",
                    "seed": 0,
                    "model": "small.onnx",
                    "modelSha256": "ab12",
                    "calibration": { "samples": 500, "sha256": "cd34" },
                    "command": "wsvd compress small.onnx"
                  }
                }
                """);
    }

    @Test
    void whatWasNotMeasuredIsAbsent() {
        assertThat(JsonStats.toJson(stats(Optional.empty(), Optional.empty(), 0)))
                .doesNotContain("\"target\"", "  \"score\"");
        assertThat(JsonStats.toJson(stats(
                        Optional.empty(),
                        Optional.of(new Score("mine", OptionalDouble.empty(), OptionalDouble.of(3), 0)),
                        0)))
                .contains("\n  \"score\": { \"name\": \"mine\", \"compressed\": 3.0 },\n");
    }

    @Test
    void aTargetInAnotherMetricIsShownToo() {
        Choice tucker = new Choice("tucker-2", List.of(8, 6));
        CompressionStats stats = new CompressionStats(
                new CompressionStats.Goal(Metric.BYTES, Optional.of(CompressionRatio.of(0.5)), "budget"),
                Optional.empty(),
                cost(800, 200, 400),
                cost(250, 100, 300),
                Optional.empty(),
                List.of(new LayerStats(
                        new LayerId("conv2"),
                        new Decision.Change(tucker),
                        cost(800, 200, 400),
                        cost(250, 100, 300),
                        OptionalDouble.of(0.02))),
                new CompressionStats.Effort(0, new Seconds(0, 0, 0, 0, 0, 0, 0)),
                PROVENANCE);

        assertThat(JsonStats.toJson(stats)).contains("""
                  "metric": "bytes",
                  "target": 0.5,
                  "selection": "budget",
                  "mac": { "before": 800, "after": 250, "ratio": 0.3125 },
                  "memory": { "before": 200, "after": 100, "ratio": 0.5 },
                  "bytes": { "before": 400, "after": 300, "ratio": 0.75 },
                  "layers": [
                    { "name": "conv2", "decision": "split", "unfolding": "tucker-2", "ranks": [8, 6], "size": "ranks 8, 6", \
                "mac": [800, 250], "memory": [200, 100], "bytes": [400, 300], \
                "macRatio": 0.3125, "memoryRatio": 0.5, "bytesRatio": 0.75, "error": 0.02 }
                  ],
                """);
    }

    private static Cost cost(long mac, long memory, long bytes) {
        return new Cost(Map.of(Metric.MAC, mac, Metric.MEMORY, memory, Metric.BYTES, bytes));
    }

    @Test
    void aFigureThatIsNotFiniteIsRefused() {
        assertThatThrownBy(() -> JsonStats.toJson(stats(Optional.empty(), Optional.empty(), Double.POSITIVE_INFINITY)))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("Field 'layers[1].error' is Infinity, which JSON cannot hold; only finite numbers can.");
    }

    @Test
    void theErrorsPredictedAreReadBack() {
        Path file = folder.resolve("stats.json");
        JsonStats.write(file, stats(Optional.empty(), Optional.empty(), 0.021));

        assertThat(JsonStats.read(file))
                .isEqualTo(new StatsFile(
                        Optional.of("ab12"), Map.of(new LayerId("conv2"), 0.021), Optional.empty(), Map.of()));
    }

    @Test
    void timesAreShownAndThosePredictedReadBack() {
        LayerStats kept =
                stats(Optional.empty(), Optional.empty(), 0.021).layers().get(0);
        LayerStats timed = new LayerStats(
                kept.layer(),
                kept.decision(),
                "",
                kept.before(),
                kept.after(),
                OptionalDouble.empty(),
                OptionalDouble.empty(),
                Optional.empty(),
                Optional.of(new LayerTimes(47_134.2, OptionalDouble.of(28_401), 29_000.6)),
                Optional.empty());
        CompressionStats stats = new CompressionStats(
                new CompressionStats.Goal(Metric.MAC, Optional.empty(), "budget"),
                Optional.empty(),
                Cost.of(1000, 300),
                Cost.of(450, 200),
                Optional.empty(),
                List.of(timed),
                new CompressionStats.Effort(0, new Seconds(0, 0, 0, 0, 0, 0, 0)),
                PROVENANCE,
                Optional.of(new CompressionStats.Latency(
                        2e6, 1e6, 0.5, new ConfidenceInterval(0.49, 0.51), 0.47, 2, 16, "engine 1", "machine")),
                List.of(new LayerId("conv2_wsvd_0"), new LayerId("fc")));
        Path file = folder.resolve("stats.json");
        JsonStats.write(file, stats);

        assertThat(JsonStats.toJson(stats))
                .contains("""
                  "measuredLatency": { "before": 2000000, "after": 1000000, "ratio": 0.5, "interval": [0.49, 0.51], \
                "predictedAtFirst": 0.47, "threads": 2, "batch": 16, "engine": "engine 1", "machine": "machine" },
                """)
                .contains("\"int8\": [\"conv2_wsvd_0\", \"fc\"]")
                .contains("\"times\": { \"dense\": 47134, \"predicted\": 28401, \"measured\": 29001 }");
        assertThat(JsonStats.read(file))
                .isEqualTo(new StatsFile(
                        Optional.of("ab12"),
                        Map.of(),
                        Optional.of(new TimingConditions(2, 16)),
                        Map.of(new LayerId("conv1"), 28_401.0)));
    }

    @Test
    void whatIsNoStatsFileIsRefused() throws IOException {
        Path file = folder.resolve("stats.json");
        Files.writeString(file, "{ \"format\": \"wsvd-plan\", \"version\": 1 }");
        assertThatThrownBy(() -> JsonStats.read(file))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage(file + ", line 1, column 13: field 'format' must be \"wsvd-stats\", found \"wsvd-plan\"."
                        + " Maybe the file was given in the place of another.");

        Files.writeString(
                file,
                "{ \"format\": \"wsvd-stats\", \"version\": 1, \"layers\": [ { \"name\": \"a\", \"error\": \"x\" } ] }");
        assertThatThrownBy(() -> JsonStats.read(file))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageEndingWith("field 'layers[0].error' must be a finite number, found \"x\".");
    }

    static CompressionStats stats(Optional<CompressionRatio> target, Optional<Score> score, double error) {
        return new CompressionStats(
                        new CompressionStats.Goal(Metric.MAC, target, "greedy"),
                        score,
                        Cost.of(1000, 300),
                        Cost.of(450, 200),
                        Optional.of(new CompressionStats.Parameters(320, 240)),
                        List.of(
                                new LayerStats(
                                        new LayerId("conv1"),
                                        new Decision.Keep("no rank saves"),
                                        Cost.of(200, 100),
                                        Cost.of(200, 100),
                                        OptionalDouble.empty()),
                                new LayerStats(
                                        new LayerId("conv2"),
                                        new Decision.Change(Choice.of("input-channel", 12)),
                                        "rank 12",
                                        Cost.of(800, 200),
                                        Cost.of(250, 100),
                                        OptionalDouble.of(error),
                                        OptionalDouble.of(0.034),
                                        Optional.of("layer1.conv2"),
                                        Optional.empty(),
                                        Optional.of(DETAILS))),
                        new CompressionStats.Effort(
                                45,
                                new Seconds(0.1, 0, 0.4, 9.2, 0, 1.5, 0.1),
                                List.of(new Trial(
                                        "plan 1",
                                        Cost.of(600, 250),
                                        0.9031,
                                        Optional.of(new ConfidenceInterval(0.8893, 0.9153))))),
                        PROVENANCE)
                .madeBy("wsvd compress small.onnx");
    }
}
