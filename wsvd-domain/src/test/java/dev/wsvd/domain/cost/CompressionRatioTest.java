package dev.wsvd.domain.cost;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wsvd.domain.error.InvalidInputException;
import java.math.BigDecimal;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CompressionRatioTest {
    @Test
    void aDecimalIsExactlyTheFractionItReadsAs() {
        assertThat(CompressionRatio.of(0.1)).isEqualTo(new CompressionRatio(1, 10));
        assertThat(CompressionRatio.of(1)).isEqualTo(new CompressionRatio(1, 1));
        assertThat(CompressionRatio.of(new BigDecimal("0.123456789012345678")))
                .isEqualTo(new CompressionRatio(123456789012345678L, 1_000_000_000_000_000_000L));
    }

    @Test
    void fractionsAreReduced() {
        assertThat(new CompressionRatio(4, 10)).isEqualTo(new CompressionRatio(2, 5));
    }

    @Test
    void admitsIsExactAtTheBoundaryWhereDoublesAreNot() {
        // 0.7 · 10 is 7 exactly; in doubles 0.1 · 3 · 10 and the like fall on either side.
        assertThat(CompressionRatio.of(0.7).admits(7, 10)).isTrue();
        assertThat(CompressionRatio.of(0.7).admits(8, 11)).isFalse();
        long huge = Long.MAX_VALUE / 10 * 10;
        assertThat(CompressionRatio.of(0.3).admits(huge / 10 * 3, huge)).isTrue();
        assertThat(CompressionRatio.of(0.3).admits(huge / 10 * 3 + 1, huge)).isFalse();
    }

    @Test
    void ordersByValue() {
        assertThat(new CompressionRatio(1, 3)).isGreaterThan(CompressionRatio.of(0.333333333333333));
        assertThat(CompressionRatio.of(0.25)).isEqualByComparingTo(new CompressionRatio(2, 8));
    }

    @ParameterizedTest
    @ValueSource(doubles = {0, -0.1, 1.0000001, 2})
    void refusesWhatIsOutside(double ratio) {
        assertThatThrownBy(() -> CompressionRatio.of(ratio))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("A compression ratio must be above 0 and at most 1, found "
                        + BigDecimal.valueOf(ratio).toPlainString() + ".");
    }

    @Test
    void refusesWhatIsNotANumber() {
        assertThatThrownBy(() -> CompressionRatio.of(Double.NaN))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("A compression ratio must be above 0 and at most 1, found NaN.");
    }
}
