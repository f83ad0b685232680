package dev.wsvd.report;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wsvd.domain.cost.Metric;
import dev.wsvd.domain.score.ConfidenceInterval;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class UnitsTest {
    @ParameterizedTest
    @CsvSource({
        "0, 0 MAC",
        "999, 999 MAC",
        "1000, 1.00 kMAC",
        "1819066368, 1.82 GMAC",
        "999999, 1.00 MMAC",
        "15500000000, 15.5 GMAC",
        "9223372036854775807, 9223 PMAC"
    })
    void costsHaveThreeDigitsAndAUnit(long macs, String text) {
        assertThat(Units.cost(Metric.MAC, macs)).isEqualTo(text);
    }

    @Test
    void countsHaveNoUnitAndSizesHaveBytes() {
        assertThat(Units.count(12)).isEqualTo("12");
        assertThat(Units.count(12_345_678)).isEqualTo("12.3 M");
        assertThat(Units.bytes(1_990_000)).isEqualTo("1.99 MB");
    }

    @Test
    void costsHaveTheUnitOfTheirMetric() {
        assertThat(Units.cost(Metric.MEMORY, 12_345_678)).isEqualTo("12.3 M");
        assertThat(Units.cost(Metric.BYTES, 1_990_000)).isEqualTo("1.99 MB");
        assertThat(Units.cost(new Metric("energy", "joules"), 1_200)).isEqualTo("1.20 k joules");
    }

    @Test
    void sharesRatiosAndScoresHaveTheirDecimals() {
        assertThat(Units.percent(0.4987)).isEqualTo("49.9 %");
        assertThat(Units.ratio(0.4987)).isEqualTo("0.499");
        assertThat(Units.score(0.90614)).isEqualTo("0.9061");
        assertThat(Units.interval(new ConfidenceInterval(-0.00105, 0.01294))).isEqualTo("-0.0011 … 0.0129");
    }

    @ParameterizedTest
    @CsvSource({"0.04123, 0.041 ms", "4.123, 4.12 ms", "41.23, 41.2 ms", "412.3, 412 ms"})
    void runsTakeMilliseconds(double millis, String text) {
        assertThat(Units.millis(millis)).isEqualTo(text);
    }

    @ParameterizedTest
    @CsvSource({"4.21, 4.2 s", "59.94, 59.9 s", "60, 1 min 00 s", "187.4, 3 min 07 s"})
    void stagesTakeSecondsAndMinutes(double seconds, String text) {
        assertThat(Units.seconds(seconds)).isEqualTo(text);
    }

    @ParameterizedTest
    @CsvSource({"0, 0 s", "59, 59 s", "187, 3 min 07 s", "3599, 59 min 59 s", "7500, 2 h 05 min"})
    void expectedTimesAreInWholeSeconds(long seconds, String text) {
        assertThat(Units.wholeSeconds(seconds)).isEqualTo(text);
    }
}
