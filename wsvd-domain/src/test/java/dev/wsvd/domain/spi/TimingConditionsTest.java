package dev.wsvd.domain.spi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wsvd.domain.error.InvalidInputException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Numbers of threads and samples, as they are taken and as people read them. */
class TimingConditionsTest {
    @Test
    void withoutMoreOneThreadComputesOneSample() {
        assertThat(TimingConditions.DEFAULT).isEqualTo(new TimingConditions(1, 1));
    }

    @ParameterizedTest
    @CsvSource({"0, 1", "1, 0", "-1, 4", "4, -2147483648"})
    void fewerThanOneAreRefused(int threads, int batch) {
        assertThatThrownBy(() -> new TimingConditions(threads, batch))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("Timing takes at least 1 thread and 1 sample per run, found " + threads + " and " + batch
                        + ".");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            1 | 1  | 1 thread, batch of 1
            1 | 16 | 1 thread, batch of 16
            4 | 1  | 4 threads, batch of 1
            """)
    void peopleReadThem(int threads, int batch, String text) {
        assertThat(new TimingConditions(threads, batch)).hasToString(text);
    }
}
