package dev.wsvd.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wsvd.domain.error.InvalidInputException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class NumberOptionTest {
    @ParameterizedTest
    @CsvSource({
        "25000, 25000",
        "200M, 200000000",
        "1.5G, 1500000000",
        "0.25k, 250",
        "1.0009k, 1000",
        "9.2P, 9200000000000000",
        "' 4T ', 4000000000000"
    })
    void takesPrefixesOfPowersOfAThousand(String text, long value) {
        assertThat(NumberOption.parse("--max-macs", text)).hasValue(value);
    }

    @Test
    void isEmptyWhereTheOptionWasNotGiven() {
        assertThat(NumberOption.parse("--max-macs", null)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "M", "many", "2m", "0", "-1M", "10000P", "1MM"})
    void refusesWhatIsNoNumberAboveZero(String text) {
        assertThatThrownBy(() -> NumberOption.parse("--max-macs", text))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("--max-macs takes a number above 0, such as 200M or 25000, found '" + text + "'.");
    }
}
