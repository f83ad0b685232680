package dev.wsvd.domain.score;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.BitSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ConfidenceIntervalTest {
    /**
     * Rows two to five are table I of R. G. Newcombe, "Two-Sided Confidence Intervals for the Single Proportion", 1998, with
     * more digits: the roots q of (p − q)² = z² q (1 − q) / n, at 40 digits.
     */
    @ParameterizedTest
    @CsvSource({
        "1873, 2000, 0.9249532738540492, 0.9463731438694170",
        "81, 263, 0.2552885198782742, 0.3662095769828000",
        "15, 148, 0.0623863995307363, 0.1604872417233031",
        "0, 20, 0, 0.1611251580528194",
        "1, 29, 0.0061132142927628, 0.1717552187932029",
        "20, 20, 0.8388748419471806, 1"
    })
    void wilsonsIntervalHasTheKnownEnds(int right, int samples, double low, double high) {
        ConfidenceInterval interval = ConfidenceInterval.wilson((double) right / samples, samples);

        assertThat(interval.low()).isCloseTo(low, within(1e-14));
        assertThat(interval.high()).isCloseTo(high, within(1e-14));
        assertThat(interval.halfWidth()).isCloseTo((high - low) / 2, within(1e-14));
    }

    @Test
    void whatIsNoProportionIsRefused() {
        assertThatThrownBy(() -> ConfidenceInterval.wilson(1.5, 10))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("There is no proportion 1.5 of 10 samples.");
        assertThatThrownBy(() -> ConfidenceInterval.wilson(Double.NaN, 10))
                .hasMessage("There is no proportion NaN of 10 samples.");
        assertThatThrownBy(() -> ConfidenceInterval.wilson(0.5, 0))
                .hasMessage("There is no proportion 0.5 of 0 samples.");
        assertThatThrownBy(() -> new ConfidenceInterval(0.2, 0.1))
                .hasMessage("The interval 0.2 … 0.1 ends before it begins.");
    }

    /** The ends worked out by hand from the formula, at 40 digits. */
    @ParameterizedTest
    @CsvSource({
        "14, 9, 2000, -0.0023962897649940, 0.0073912947599990",
        "3, 1, 10, -0.2221372921698462, 0.5554706255031795",
        "0, 0, 100, -0.0271745847911702, 0.0271745847911702",
        "10, 0, 10, 0.5205795584958712, 1",
        "0, 10, 10, -1, -0.5205795584958712"
    })
    void theDropOfPairedProportionsHasTheKnownEnds(int lost, int won, int samples, double low, double high) {
        BitSet before = new BitSet();
        BitSet after = new BitSet();
        before.set(0, lost);
        after.set(lost, lost + won);
        int common = samples - lost - won;
        // Half of the samples that both judge alike are right in both.
        before.set(lost + won, lost + won + common / 2);
        after.set(lost + won, lost + won + common / 2);

        SampleOutcomes first = SampleOutcomes.of(before, samples);
        ConfidenceInterval drop = first.dropTo(SampleOutcomes.of(after, samples));

        assertThat(drop.low()).isCloseTo(low, within(1e-14));
        assertThat(drop.high()).isCloseTo(high, within(1e-14));
    }

    @Test
    void outcomesAreAProportionOfTheirSamplesAndStayAsTheyWere() {
        BitSet right = new BitSet();
        right.set(0, 3);
        SampleOutcomes outcomes = SampleOutcomes.of(right, 4);
        right.clear();

        assertThat(outcomes.samples()).isEqualTo(4);
        assertThat(outcomes.proportion()).isEqualTo(0.75);
        assertThat(outcomes.interval()).isEqualTo(ConfidenceInterval.wilson(0.75, 4));
    }

    @Test
    void outcomesThatCannotBeAreRefused() {
        BitSet right = new BitSet();
        right.set(5);
        assertThatThrownBy(() -> SampleOutcomes.of(right, 5))
                .hasMessage("There are no outcomes of 5 samples with the last right one at 5.");
        assertThatThrownBy(() -> SampleOutcomes.of(new BitSet(), 0))
                .hasMessage("There are no outcomes of 0 samples with the last right one at -1.");
        assertThatThrownBy(() -> SampleOutcomes.of(new BitSet(), 5).dropTo(SampleOutcomes.of(new BitSet(), 6)))
                .hasMessage("Outcomes of 5 and of 6 samples are not paired.");
    }
}
