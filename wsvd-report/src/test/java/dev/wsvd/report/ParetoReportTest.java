package dev.wsvd.report;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wsvd.domain.cost.CompressionRatio;
import dev.wsvd.domain.cost.Cost;
import dev.wsvd.domain.cost.Metric;
import dev.wsvd.domain.plan.Plan;
import dev.wsvd.domain.score.Evaluation;
import dev.wsvd.domain.score.EvaluatorIdentity;
import dev.wsvd.domain.score.SampleOutcomes;
import dev.wsvd.domain.stats.ParetoPoint;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ParetoReportTest {
    private static final ParetoReport SCORED = ParetoReport.of(
            List.of(
                    point(1, Cost.of(12_700_032, 492_576), Optional.of(right(1873))),
                    point(0.5, Cost.of(6_345_678, 200_000), Optional.of(right(1860)))),
            Metric.MAC,
            Optional.of(new EvaluatorIdentity("accuracy", 2000, "ab12", List.of("logits"))));
    private static final ParetoReport COSTS = ParetoReport.of(
            List.of(point(1, Cost.of(0, 300), Optional.empty()), point(0.25, Cost.of(0, 75), Optional.empty())),
            Metric.MEMORY,
            Optional.empty());

    @Test
    void ratiosAreToTheFirstPoint() {
        assertThat(SCORED.table().toString()).isEqualToNormalizingNewlines("""
                  target        MAC  MAC ratio  params  params ratio  accuracy of 'logits'  95 % interval
                original  12.7 MMAC      1.000   493 k         1.000                0.9365  0.9250 … 0.9464
                   0.500  6.35 MMAC      0.500   200 k         0.406                0.9300  0.9180 … 0.9404
                """);
    }

    @Test
    void otherProgramsGetExactCosts() {
        assertThat(SCORED.csv()).isEqualTo("""
                target,mac,mac_ratio,params,params_ratio,score,score_low,score_high
                1.000000,12700032,1.000000,492576,1.000000,0.936500,0.924953,0.946373
                0.500000,6345678,0.499658,200000,0.406029,0.930000,0.917974,0.940377
                """);
    }

    @Test
    void withoutScoresThereAreCostsAlone() {
        assertThat(COSTS.table().toString()).isEqualToNormalizingNewlines("""
                  target    MAC  MAC ratio  params  params ratio  score  95 % interval
                original  0 MAC      1.000     300         1.000      -
                   0.250  0 MAC      1.000      75         0.250      -
                """);
        assertThat(COSTS.csv()).isEqualTo("""
                target,mac,mac_ratio,params,params_ratio,score,score_low,score_high
                1.000000,0,1.000000,300,1.000000,,,
                0.250000,0,1.000000,75,0.250000,,,
                """);
    }

    @Test
    void whatTheTargetsLimitIsShown() {
        ParetoReport report = ParetoReport.of(
                List.of(
                        point(
                                1,
                                new Cost(Map.of(Metric.MAC, 12L, Metric.MEMORY, 300L, Metric.BYTES, 1200L)),
                                Optional.empty()),
                        point(
                                0.5,
                                new Cost(Map.of(Metric.MAC, 6L, Metric.MEMORY, 150L, Metric.BYTES, 600L)),
                                Optional.empty())),
                Metric.BYTES,
                Optional.empty());

        assertThat(report.table().toString()).isEqualToNormalizingNewlines("""
                  target     MAC  MAC ratio  params  params ratio    bytes  bytes ratio  score  95 % interval
                original  12 MAC      1.000     300         1.000  1.20 kB        1.000      -
                   0.500   6 MAC      0.500     150         0.500    600 B        0.500      -
                """);
        assertThat(report.csv()).isEqualTo("""
                target,mac,mac_ratio,params,params_ratio,bytes,bytes_ratio,score,score_low,score_high
                1.000000,12,1.000000,300,1.000000,1200,1.000000,,,
                0.500000,6,0.500000,150,0.500000,600,0.500000,,,
                """);
    }

    private static ParetoPoint point(double target, Cost cost, Optional<Evaluation> evaluation) {
        return new ParetoPoint(CompressionRatio.of(target), Plan.NONE, cost, evaluation);
    }

    private static Evaluation right(int samples) {
        BitSet right = new BitSet();
        right.set(0, samples);
        return Evaluation.of(SampleOutcomes.of(right, 2000));
    }
}
