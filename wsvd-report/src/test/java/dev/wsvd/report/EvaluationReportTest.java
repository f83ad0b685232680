package dev.wsvd.report;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wsvd.domain.score.Evaluation;
import dev.wsvd.domain.score.EvaluatorIdentity;
import dev.wsvd.domain.score.SampleOutcomes;
import java.util.BitSet;
import org.junit.jupiter.api.Test;

class EvaluationReportTest {
    @Test
    void hasARowForEachFigureInTheOrderGiven() {
        BitSet right = new BitSet();
        right.set(0, 9);

        assertThat(new EvaluationReport("small.onnx")
                        .score(
                                new EvaluatorIdentity("accuracy", 10, "ab12"),
                                Evaluation.of(SampleOutcomes.of(right, 10)))
                        .latency(100, 0.412, 0.4, 0.55)
                        .samples(10)
                        .table()
                        .toString())
                .isEqualToNormalizingNewlines("""
                                                  small.onnx
                accuracy                              0.9000
                  95 % interval              0.5958 … 0.9821
                latency, median of 100              0.412 ms
                latency, p10 to p90     0.400 ms to 0.550 ms
                samples                                   10
                """);
    }

    @Test
    void aScoreThatIsNoProportionHasNoInterval() {
        assertThat(new EvaluationReport("small.onnx")
                        .score(new EvaluatorIdentity("fidelity", 10, "ab12"), Evaluation.of(31.5))
                        .table()
                        .toString())
                .isEqualToNormalizingNewlines("""
                          small.onnx
                fidelity     31.5000
                """);
    }
}
