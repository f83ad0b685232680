package dev.wsvd.domain.cost;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.junit.jupiter.api.Test;

class CostTest {
    private static final Metric MICROSECONDS = new Metric("time", "µs");

    @Test
    void isCountedInAnyMetrics() {
        Cost cost = new Cost(Map.of(MICROSECONDS, 12L, Metric.BYTES, 4L));

        assertThat(cost.of(MICROSECONDS)).isEqualTo(12);
        assertThat(cost.metrics()).containsExactlyInAnyOrder(MICROSECONDS, Metric.BYTES);
        assertThat(Cost.of(3, 2)).isEqualTo(new Cost(Map.of(Metric.MEMORY, 2L, Metric.MAC, 3L)));
        assertThat(Cost.of(3, 2).metrics()).containsExactly(Metric.MAC, Metric.MEMORY);
    }

    @Test
    void isNotKnownInOtherMetrics() {
        assertThatThrownBy(() -> Cost.of(3, 2).of(Metric.BYTES))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("There is no cost in bytes, only in [mac, memory].");
    }

    @Test
    void addsUpMetricByMetric() {
        assertThat(Cost.of(3, 2).plus(Cost.of(10, 20))).isEqualTo(Cost.of(13, 22));
        assertThatThrownBy(() -> Cost.of(3, Long.MAX_VALUE).plus(Cost.of(1, 1)))
                .isInstanceOf(ArithmeticException.class);
        Cost other = new Cost(Map.of(MICROSECONDS, 1L));
        assertThatThrownBy(() -> Cost.of(3, 2).plus(other))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("Costs in [mac, memory] and in [time] cannot be added.");
    }

    @Test
    void isAtMostAnotherThatIsLowerNowhere() {
        assertThat(Cost.of(3, 2).isAtMost(Cost.of(3, 2))).isTrue();
        assertThat(Cost.of(3, 2).isAtMost(Cost.of(4, 2))).isTrue();
        assertThat(Cost.of(3, 2).isAtMost(Cost.of(4, 1))).isFalse();
        assertThat(Cost.of(3, 2).isAtMost(Cost.of(2, 3))).isFalse();
    }

    @Test
    void theRatioToNothingIsOne() {
        assertThat(Cost.of(3, 2).ratioTo(Cost.of(4, 8), Metric.MAC)).isEqualTo(0.75);
        assertThat(Cost.of(3, 2).ratioTo(Cost.of(4, 8), Metric.MEMORY)).isEqualTo(0.25);
        assertThat(Cost.of(0, 2).ratioTo(Cost.of(0, 8), Metric.MAC)).isEqualTo(1);
        assertThat(Cost.of(3, 2).ratioTo(Cost.of(0, 8), Metric.MAC)).isInfinite();
    }
}
