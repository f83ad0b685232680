package dev.wsvd.domain.score;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.BitSet;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class EvaluationTest {
    private static final SampleOutcomes THREE_OF_FOUR = outcomes(4, 0, 1, 3);
    private static final SampleOutcomes ONE_OF_FOUR = outcomes(4, 1);

    private static SampleOutcomes outcomes(int samples, int... right) {
        BitSet bits = new BitSet();
        for (int sample : right) {
            bits.set(sample);
        }
        return SampleOutcomes.of(bits, samples);
    }

    @Test
    void ofOutcomesTheScoreIsTheirProportionAndHasIntervals() {
        Evaluation before = Evaluation.of(THREE_OF_FOUR);
        Evaluation after = Evaluation.of(ONE_OF_FOUR);

        assertThat(before.score()).isEqualTo(0.75);
        assertThat(before.interval()).contains(ConfidenceInterval.wilson(0.75, 4));
        assertThat(before.dropTo(after)).contains(THREE_OF_FOUR.dropTo(ONE_OF_FOUR));
    }

    @Test
    void ofAScoreAloneNothingMoreIsKnown() {
        Evaluation known = Evaluation.of(THREE_OF_FOUR);
        Evaluation alone = Evaluation.of(0.75);

        assertThat(alone.interval()).isEmpty();
        assertThat(alone.dropTo(known)).isEmpty();
        assertThat(known.dropTo(alone)).isEmpty();
    }

    @Test
    void itIsAValue() {
        assertThat(Evaluation.of(THREE_OF_FOUR))
                .isEqualTo(Evaluation.of(outcomes(4, 0, 1, 3)))
                .hasSameHashCodeAs(Evaluation.of(outcomes(4, 0, 1, 3)))
                .isNotEqualTo(Evaluation.of(outcomes(4, 0, 1, 2)))
                .isNotEqualTo(Evaluation.of(0.75))
                .hasToString("Evaluation[score=0.75, outcomes=Optional[3 of 4 right]]");
        assertThat(outcomes(4, 1)).isNotEqualTo(outcomes(5, 1));
    }

    @Test
    void aScoreThatIsNotTheProportionIsRefused() {
        assertThatThrownBy(() -> new Evaluation(0.5, Optional.of(THREE_OF_FOUR)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("The score 0.5 is not the proportion of the right samples, 0.75.");
    }
}
