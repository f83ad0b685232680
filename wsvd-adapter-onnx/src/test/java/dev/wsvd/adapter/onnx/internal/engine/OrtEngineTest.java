package dev.wsvd.adapter.onnx.internal.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wsvd.domain.error.InvalidInputException;
import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** How long a call may take, as the user says it. */
class OrtEngineTest {
    @ParameterizedTest
    @ValueSource(strings = {"abc", "", "0", "-1", "86401", "99999999999", "99999999999999999999", "1.5"})
    void whatIsNoLimitIsRefused(String text) {
        assertThatThrownBy(() -> OrtEngine.limit(text))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage(
                        "The system property wsvd.onnx.seconds takes a whole number of seconds, at least 1 and at most"
                                + " 86400, found '" + text + "'.");
    }

    @ParameterizedTest
    @CsvSource({"1,1", "3600,3600", "86400,86400"})
    void whatIsALimit(String text, long seconds) {
        assertThat(OrtEngine.limit(text)).isEqualTo(Duration.ofSeconds(seconds));
    }
}
