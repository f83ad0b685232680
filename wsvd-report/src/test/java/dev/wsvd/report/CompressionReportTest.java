package dev.wsvd.report;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wsvd.domain.cost.CompressionRatio;
import dev.wsvd.domain.cost.Cost;
import dev.wsvd.domain.cost.Metric;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.plan.Choice;
import dev.wsvd.domain.plan.Decision.Change;
import dev.wsvd.domain.plan.Decision.Keep;
import dev.wsvd.domain.score.ConfidenceInterval;
import dev.wsvd.domain.stats.CompressionStats;
import dev.wsvd.domain.stats.CompressionStats.Effort;
import dev.wsvd.domain.stats.CompressionStats.Goal;
import dev.wsvd.domain.stats.CompressionStats.LayerStats;
import dev.wsvd.domain.stats.CompressionStats.Parameters;
import dev.wsvd.domain.stats.CompressionStats.Provenance;
import dev.wsvd.domain.stats.CompressionStats.Score;
import dev.wsvd.domain.stats.CompressionStats.Seconds;
import dev.wsvd.domain.stats.LayerTimes;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;

class CompressionReportTest {
    private static final LayerStats DENSE = new LayerStats(
            new LayerId("conv1"),
            new Keep("no rank saves"),
            Cost.of(200, 100),
            Cost.of(200, 100),
            OptionalDouble.empty());
    private static final Provenance PROVENANCE =
            new Provenance("0.1.0", "ejml 0.46.1", "17.0.15", "Linux 6.1 amd64", 0, "ab12");
    private static final Seconds SECONDS = new Seconds(0.1, 0, 0.4, 9.2, 0, 0, 0.1);

    @Test
    void aPlanHasNoColumnForWhatIsMeasuredInTheNetwork() {
        assertThat(report(List.of(DENSE, split(OptionalDouble.empty())))
                        .layers()
                        .toString())
                .isEqualToNormalizingNewlines("""
                layer                 decision                      MAC    after  MAC ratio  params ratio  error
                conv1                 dense: no rank saves      200 MAC  200 MAC      1.000         1.000
                conv2 (layer1.conv2)  rank 12, input-channel  1.00 kMAC  250 MAC      0.250         0.500  0.021
                """);
    }

    @Test
    void whatWasMeasuredInTheNetworkHasAColumn() {
        assertThat(report(List.of(DENSE, split(OptionalDouble.of(0.0343)), split(OptionalDouble.empty())))
                        .layers()
                        .toString())
                .isEqualToNormalizingNewlines("""
                layer                 decision                      MAC    after  MAC ratio  params ratio  error  in network
                conv1                 dense: no rank saves      200 MAC  200 MAC      1.000         1.000
                conv2 (layer1.conv2)  rank 12, input-channel  1.00 kMAC  250 MAC      0.250         0.500  0.021       0.034
                conv2 (layer1.conv2)  rank 12, input-channel  1.00 kMAC  250 MAC      0.250         0.500  0.021           -
                """);
    }

    @Test
    void timesOfLayersStandBesideWhatWasPredicted() {
        LayerStats timed = timed("conv2", Optional.of(new LayerTimes(47_100, OptionalDouble.of(20_000), 28_260)));
        LayerStats inABody = timed("conv3", Optional.empty());

        assertThat(report(List.of(timed, inABody)).layers().toString()).isEqualToNormalizingNewlines("""
                layer  decision                      MAC    after  MAC ratio  params ratio   latency  predicted  measured  error
                conv2  rank 12, input-channel  1.00 kMAC  250 MAC      0.250         0.500  0.047 ms      0.400     0.600  0.021
                conv3  rank 12, input-channel  1.00 kMAC  250 MAC      0.250         0.500         -      0.400         -  0.021
                """);
    }

    private static LayerStats timed(String name, Optional<LayerTimes> times) {
        return new LayerStats(
                new LayerId(name),
                new Change(Choice.of("input-channel", 12)),
                "rank 12",
                new Cost(Map.of(Metric.MAC, 1000L, Metric.MEMORY, 200L, Metric.LATENCY, 50_000L)),
                new Cost(Map.of(Metric.MAC, 250L, Metric.MEMORY, 100L, Metric.LATENCY, 20_000L)),
                OptionalDouble.of(0.0211),
                OptionalDouble.empty(),
                Optional.empty(),
                times,
                Optional.empty());
    }

    @Test
    void aSizeIsShownAsItsSchemeCallsIt() {
        LayerStats cut = new LayerStats(
                new LayerId("fc2"),
                new Change(Choice.of("channel-pruning", 48)),
                "48 of 64 units",
                Cost.of(1000, 200),
                Cost.of(750, 150),
                OptionalDouble.of(0.0211),
                OptionalDouble.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty());

        assertThat(report(List.of(cut)).layers().toString()).isEqualToNormalizingNewlines("""
                layer  decision                               MAC    after  MAC ratio  params ratio  error
                fc2    48 of 64 units, channel-pruning  1.00 kMAC  750 MAC      0.750         0.750  0.021
                """);
    }

    @Test
    void formsOfSeveralRanksAndOtherMetricsAreShown() {
        CompressionReport report = CompressionReport.of(new CompressionStats(
                new Goal(Metric.BYTES, Optional.of(CompressionRatio.of(0.5)), "budget"),
                Optional.empty(),
                cost(1200, 300, 1_200_000),
                cost(450, 200, 400_000),
                Optional.empty(),
                List.of(new LayerStats(
                        new LayerId("conv2"),
                        new Change(new Choice("tucker-2", List.of(16, 24))),
                        cost(1000, 200, 800),
                        cost(250, 100, 400),
                        OptionalDouble.of(0.0211))),
                new Effort(45, SECONDS),
                PROVENANCE));

        assertThat(report.layers().toString()).isEqualToNormalizingNewlines("""
                layer  decision                      MAC    after  MAC ratio  params ratio  bytes ratio  error
                conv2  ranks 16, 24, tucker-2  1.00 kMAC  250 MAC      0.250         0.500        0.500  0.021
                """);
        assertThat(report.totals().toString()).isEqualToNormalizingNewlines("""
                                     before    after               ratio
                MAC               1.20 kMAC  450 MAC               0.375
                params of layers        300      200               0.667
                bytes of layers     1.20 MB   400 kB  0.333 (target 0.5)
                """);
    }

    private static Cost cost(long mac, long memory, long bytes) {
        return new Cost(Map.of(Metric.MAC, mac, Metric.MEMORY, memory, Metric.BYTES, bytes));
    }

    @Test
    void totalsHaveTheTargetBesideTheRatioItLimits() {
        assertThat(report(List.of(DENSE)).totals().toString()).isEqualToNormalizingNewlines("""
                                     before    after               ratio
                MAC               1.20 kMAC  450 MAC  0.375 (target 0.5)
                params of layers        300      200               0.667
                """);
    }

    @Test
    void totalsHaveWhatIsStoredAndTheScoresThatThereAre() {
        Score score = new Score(
                "accuracy",
                OptionalDouble.of(0.9061),
                OptionalDouble.of(0.9002),
                2000,
                Optional.of(new ConfidenceInterval(0.8925, 0.9181)),
                Optional.of(new ConfidenceInterval(0.8863, 0.9126)),
                Optional.of(new ConfidenceInterval(-0.0015, 0.0129)),
                List.of("a", "b", "c", "d"));

        assertThat(report(Optional.of(score), Optional.of(new Parameters(320, 240)), SECONDS)
                        .totals()
                        .toString())
                .isEqualToNormalizingNewlines("""
                                                                              before             after               ratio
                MAC                                                        1.20 kMAC           450 MAC  0.375 (target 0.5)
                params of layers                                                 300               200               0.667
                params of model                                                  320               240               0.750
                accuracy of 'a', 'b', 'c' and 1 more (2000 samples)           0.9061            0.9002
                  95 % interval                                      0.8925 … 0.9181   0.8863 … 0.9126
                  drop, 95 % interval                                                 -0.0015 … 0.0129
                """);
        assertThat(report(
                                Optional.of(new Score("mine", OptionalDouble.empty(), OptionalDouble.of(3), 0)),
                                Optional.empty(),
                                SECONDS)
                        .totals()
                        .toString())
                .isEqualToNormalizingNewlines("""
                                     before    after               ratio
                MAC               1.20 kMAC  450 MAC  0.375 (target 0.5)
                params of layers        300      200               0.667
                mine                      -   3.0000
                """);
    }

    @Test
    void stagesThatWereNotRunAreLeftOut() {
        assertThat(report(List.of()).effort())
                .isEqualTo("45 evaluations; open 0.1 s, decompose 0.4 s, evaluate 9.2 s, select 0.0 s, write 0.1 s");
        assertThat(report(Optional.empty(), Optional.empty(), new Seconds(0.1, 2, 0.4, 9.2, 0, 75, 0.1))
                        .effort())
                .isEqualTo("45 evaluations; open 0.1 s, calibrate 2.0 s, decompose 0.4 s, evaluate 9.2 s, select 0.0 s,"
                        + " fine-tune 1 min 15 s, write 0.1 s");
    }

    private static LayerStats split(OptionalDouble measured) {
        return new LayerStats(
                new LayerId("conv2"),
                new Change(Choice.of("input-channel", 12)),
                "rank 12",
                Cost.of(1000, 200),
                Cost.of(250, 100),
                OptionalDouble.of(0.0211),
                measured,
                Optional.of("layer1.conv2"),
                Optional.empty(),
                Optional.empty());
    }

    private static CompressionReport report(List<LayerStats> layers) {
        return CompressionReport.of(stats(Optional.empty(), Optional.empty(), layers, SECONDS));
    }

    private static CompressionReport report(Optional<Score> score, Optional<Parameters> stored, Seconds seconds) {
        return CompressionReport.of(stats(score, stored, List.of(), seconds));
    }

    private static CompressionStats stats(
            Optional<Score> score, Optional<Parameters> stored, List<LayerStats> layers, Seconds seconds) {
        return new CompressionStats(
                new Goal(Metric.MAC, Optional.of(CompressionRatio.of(0.5)), "greedy"),
                score,
                Cost.of(1200, 300),
                Cost.of(450, 200),
                stored,
                layers,
                new Effort(45, seconds),
                PROVENANCE);
    }
}
