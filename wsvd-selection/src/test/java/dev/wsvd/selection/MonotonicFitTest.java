package dev.wsvd.selection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.wsvd.domain.error.InvalidInputException;
import java.util.Arrays;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

class MonotonicFitTest {
    @Test
    void whatNeverFallsStaysAsItIs() {
        assertThat(MonotonicFit.of(new double[] {0.1, 0.1, 0.1, 0.3, 0.7})).containsExactly(0.1, 0.1, 0.1, 0.3, 0.7);
        assertThat(MonotonicFit.of(new double[0])).isEmpty();
    }

    @Test
    void violatorsArePooled() {
        assertThat(MonotonicFit.of(new double[] {1, 3, 2, 4})).containsExactly(1, 2.5, 2.5, 4);
        assertThat(MonotonicFit.of(new double[] {4, 3, 2, 1})).containsExactly(2.5, 2.5, 2.5, 2.5);
        assertThat(MonotonicFit.of(new double[] {2, 3, 1, 6})).containsExactly(2, 2, 2, 6);
    }

    @Test
    void scoresWithoutAMeanAreRefused() {
        assertThatThrownBy(() -> MonotonicFit.of(new double[] {1, Double.NaN, 2}))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("Scores without a mean cannot be fitted, found [1.0, NaN, 2.0].");
        assertThatThrownBy(() -> MonotonicFit.of(new double[] {Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY}))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("Scores without a mean cannot be fitted, found [Infinity, -Infinity].");
        assertThat(MonotonicFit.of(new double[] {1, Double.POSITIVE_INFINITY, 2}))
                .containsExactly(1, Double.POSITIVE_INFINITY, Double.POSITIVE_INFINITY);
    }

    /** f[i] = max over j ≤ i of min over k ≥ i of the mean of scores[j … k]. */
    @Property
    void equalsTheMinMaxFormula(@ForAll("scores") double[] scores) {
        double[] fitted = MonotonicFit.of(scores);

        for (int i = 0; i < scores.length; i++) {
            double max = Double.NEGATIVE_INFINITY;
            for (int j = 0; j <= i; j++) {
                double min = Double.POSITIVE_INFINITY;
                for (int k = i; k < scores.length; k++) {
                    min = Math.min(
                            min, Arrays.stream(scores, j, k + 1).average().orElseThrow());
                }
                max = Math.max(max, min);
            }
            assertThat(fitted[i]).isCloseTo(max, within(1e-11));
        }
    }

    /**
     * The projection on the cone of never-falling sequences: f is in it, the residual is orthogonal to f, and makes no acute
     * angle with any of the cone's generators (± a constant, and every step up).
     */
    @Property
    void isTheLeastSquaresProjection(@ForAll("scores") double[] scores) {
        double[] fitted = MonotonicFit.of(scores);

        double along = 0;
        double suffix = 0;
        for (int i = scores.length - 1; i >= 0; i--) {
            double residual = scores[i] - fitted[i];
            along += residual * fitted[i];
            suffix += residual;
            assertThat(suffix).isLessThanOrEqualTo(1e-11);
            assertThat(fitted[i]).isGreaterThanOrEqualTo(i == 0 ? Double.NEGATIVE_INFINITY : fitted[i - 1]);
        }
        assertThat(suffix).isCloseTo(0, within(1e-11));
        assertThat(along).isCloseTo(0, within(1e-11));
    }

    /** Multiples of 1/64, so that many are equal. */
    @Provide
    Arbitrary<double[]> scores() {
        return Arbitraries.integers()
                .between(-64, 64)
                .map(n -> n / 64.0)
                .array(Double[].class)
                .ofMinSize(1)
                .ofMaxSize(16)
                .map(scores -> Arrays.stream(scores).mapToDouble(x -> x).toArray());
    }
}
