package dev.wsvd.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LayerGlobTest {
    @ParameterizedTest
    @CsvSource({
        "conv1, conv1, true",
        "conv1, conv12, false",
        "conv*, conv, true",
        "*, conv1, true",
        "*, '', true",
        "?, '', false",
        "conv?, conv1, true",
        "conv?, conv12, false",
        "*.weight, a.b.weight, true",
        "*.weight, a.b.weights, false",
        "*ab*ab, abab, true",
        "*ab*ab, abcab, true",
        "*ab*ab, ab, false",
        "a*b?c*d, aXXbYcZZd, true",
        "a*b?c*d, aXXbcZZd, false",
        "**?**, x, true",
        "?, 😀, true",
        "a.c, abc, false"
    })
    void starStandsForAnyCharactersAndAQuestionMarkForOne(String glob, String name, boolean matches) {
        assertThat(new LayerGlob(glob).matches(name)).isEqualTo(matches);
    }

    /** Tried in every way it could match, this would take longer than the universe is old. */
    @Test
    @Timeout(value = 60, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void aGlobThatAlmostMatchesInManyWaysIsDecidedAtOnce() {
        assertThat(new LayerGlob("*a".repeat(30) + "*b").matches("a".repeat(100_000)))
                .isFalse();
    }
}
