package dev.wsvd.selection;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.plan.Candidate;
import dev.wsvd.domain.plan.Choice;
import dev.wsvd.domain.score.ScoreTable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NoiseFloorTest {
    @Test
    void scoresWithinOneStandardErrorCountAsTheBaseline() {
        // The standard error of 184 right of 200 is 0.0198, so 180.03 right and more count as 184.
        ScoreTable told = NoiseFloor.applied(table(0.92, 0.5, 0.9, 0.905, 0.92, 0.935), 200);

        assertThat(told.baseline()).hasValue(0.92);
        assertThat(scores(told)).containsExactly(0.5, 0.9, 0.92, 0.92, 0.92);
        assertThat(told.entries().values()).allMatch(entry -> entry.ratio() == 0.1);
    }

    @Test
    void moreSamplesShowSmallerDifferences() {
        assertThat(scores(NoiseFloor.applied(table(0.92, 0.915, 0.91), 2000))).containsExactly(0.92, 0.91);
    }

    @Test
    void aBaselineWithoutMistakesIsUncertainToo() {
        assertThat(scores(NoiseFloor.applied(table(1, 0.99, 0.9), 100))).containsExactly(1, 0.9);
    }

    @ParameterizedTest
    @ValueSource(doubles = {0.9177, -0.5, 1.5, Double.NaN})
    void whatIsNoProportionOfTheSamplesStaysAsItIs(double score) {
        ScoreTable scores = table(0.92, 0.915, score);
        assertThat(NoiseFloor.applied(scores, 200)).isSameAs(scores);
    }

    @Test
    void anUnknownNumberOfSamplesOrBaselineLeavesScoresAsTheyAre() {
        ScoreTable scores = table(0.92, 0.915);
        assertThat(NoiseFloor.applied(scores, 0)).isSameAs(scores);
        ScoreTable alone = ScoreTable.empty().with(candidate(1), 0.1, 0.915);
        assertThat(NoiseFloor.applied(alone, 200)).isSameAs(alone);
    }

    @Test
    void proportionsInSinglePrecisionAreProportions() {
        ScoreTable scores = table((float) (2767 / 3000.0), (float) (2760 / 3000.0));
        assertThat(scores(NoiseFloor.applied(scores, 3000))).containsExactly((double) (float) (2767 / 3000.0));
    }

    private static ScoreTable table(double baseline, double... scores) {
        ScoreTable table = ScoreTable.empty().withBaseline(baseline);
        for (int i = 0; i < scores.length; i++) {
            table = table.with(candidate(i + 1), 0.1, scores[i]);
        }
        return table;
    }

    private static Candidate candidate(int rank) {
        return new Candidate(new LayerId("layer"), Choice.of("input-channel", rank));
    }

    private static double[] scores(ScoreTable table) {
        return table.entries().values().stream()
                .mapToDouble(ScoreTable.Entry::score)
                .toArray();
    }
}
