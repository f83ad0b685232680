package dev.wsvd.report;

import dev.wsvd.domain.CalibrationIdentity;
import dev.wsvd.domain.cost.CompressionRatio;
import dev.wsvd.domain.cost.Cost;
import dev.wsvd.domain.cost.Metric;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.plan.Choice;
import dev.wsvd.domain.plan.Decision;
import dev.wsvd.domain.score.ConfidenceInterval;
import dev.wsvd.domain.score.EvaluatorIdentity;
import dev.wsvd.domain.stats.CompressionStats;
import dev.wsvd.domain.stats.CompressionStats.Effort;
import dev.wsvd.domain.stats.CompressionStats.Goal;
import dev.wsvd.domain.stats.CompressionStats.LayerStats;
import dev.wsvd.domain.stats.CompressionStats.Parameters;
import dev.wsvd.domain.stats.CompressionStats.Provenance;
import dev.wsvd.domain.stats.CompressionStats.Score;
import dev.wsvd.domain.stats.CompressionStats.Seconds;
import dev.wsvd.domain.stats.CompressionStats.Sources;
import dev.wsvd.domain.stats.CumulativeEnergy;
import dev.wsvd.domain.stats.LayerCandidate;
import dev.wsvd.domain.stats.LayerDetails;
import dev.wsvd.domain.stats.LayerTimes;
import dev.wsvd.domain.stats.Trial;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.stream.IntStream;

/** Stats for pages, with figures that are made up. */
final class ReportedStats {
    private ReportedStats() {}

    /** Every kind of figure there is, of layers of some names; every third one stays. */
    static CompressionStats full(List<String> names) {
        List<LayerStats> layers = IntStream.range(0, names.size())
                .mapToObj(i -> layer(names.get(i), i))
                .toList();
        Cost before = layers.stream().map(LayerStats::before).reduce(Cost::plus).orElseThrow();
        Cost after = layers.stream().map(LayerStats::after).reduce(Cost::plus).orElseThrow();
        return new CompressionStats(
                new Goal(Metric.MAC, Optional.of(CompressionRatio.of(0.6)), "budget"),
                Optional.of(new Score(
                        "accuracy",
                        OptionalDouble.of(0.9061),
                        OptionalDouble.of(0.9002),
                        2000,
                        Optional.of(new ConfidenceInterval(0.8925, 0.9182)),
                        Optional.of(new ConfidenceInterval(0.8863, 0.9126)),
                        Optional.of(new ConfidenceInterval(-0.0015, 0.0123)),
                        List.of())),
                before,
                after,
                Optional.of(new Parameters(32_000, 24_000)),
                layers,
                new Effort(
                        45,
                        new Seconds(0.1, 3.5, 0.4, 92.2, 0, 0, 0.1),
                        List.of(new Trial(
                                "ratio 0.812", before, 0.9044, Optional.of(new ConfidenceInterval(0.8907, 0.9165))))),
                new Provenance(
                        "0.1.0",
                        "ejml 0.46.1",
                        "17.0.15",
                        "Linux 6.1 amd64",
                        0,
                        "ab12",
                        new Sources(
                                Optional.of("small.onnx"),
                                Optional.of(new CalibrationIdentity(500, "cd34")),
                                Optional.of(new EvaluatorIdentity("accuracy", 2000, "ef56")),
                                Optional.of("wsvd compress small.onnx --target 0.6"))),
                Optional.of(new CompressionStats.Latency(
                        2.4e6, 1.5e6, 0.625, new ConfidenceInterval(0.61, 0.64), 0.6, 1, 1, "engine 1", "machine")),
                List.of());
    }

    private static LayerStats layer(String name, int index) {
        boolean kept = index % 3 == 0;
        Cost before = Cost.of(1_000_000L + 12_345 * index, 36_000);
        Choice choice = Choice.of("input-channel", 12);
        return new LayerStats(
                new LayerId(name),
                kept ? new Decision.Keep("kept by the selection") : new Decision.Change(choice),
                kept ? "" : choice.ranks(),
                before,
                kept ? before : Cost.of(401_234L + index, 14_000),
                kept ? OptionalDouble.empty() : OptionalDouble.of(0.02 + 0.001 * index),
                kept ? OptionalDouble.empty() : OptionalDouble.of(0.04 + 0.001 * index),
                Optional.empty(),
                kept ? Optional.empty() : Optional.of(new LayerTimes(47_134, OptionalDouble.of(28_401), 29_001)),
                Optional.of(new LayerDetails(
                        "conv",
                        List.of(64, 32, 3, 3),
                        IntStream.rangeClosed(1, 4)
                                .mapToObj(i -> new LayerCandidate(
                                        Choice.of("input-channel", 6 * i),
                                        1_000_000,
                                        200_000L * i,
                                        OptionalDouble.of(0.4 / i),
                                        OptionalDouble.of(0.01 / (i * i * i * i)),
                                        OptionalDouble.of(0.9 + 0.001 * i)))
                                .toList(),
                        Optional.of(new CumulativeEnergy(
                                "input-channel", List.of(1, 8, 16, 32), List.of(0.2, 0.6, 0.9, 1.0))))));
    }

    /** Nothing but what a planned compression without data knows. */
    static CompressionStats bare() {
        return new CompressionStats(
                new Goal(Metric.MAC, Optional.empty(), "manual"),
                Optional.empty(),
                Cost.of(1000, 300),
                Cost.of(1000, 300),
                Optional.empty(),
                List.of(new LayerStats(
                        new LayerId("conv1"),
                        new Decision.Keep("no rank saves"),
                        Cost.of(1000, 300),
                        Cost.of(1000, 300),
                        OptionalDouble.empty())),
                new Effort(0, new Seconds(0, 0, 0, 0, 0, 0, 0)),
                new Provenance("0.1.0", "ejml 0.46.1", "17.0.15", "Linux 6.1 amd64", 0, "ab12"));
    }
}
