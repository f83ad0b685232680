package dev.wsvd.domain.error;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PrintableTest {
    private static final int MEGABYTE = 1 << 20;

    @ParameterizedTest
    @ValueSource(strings = {"", "conv1", "é 中 ß 😀 עברית ไทย", "it's \"quoted\" … × %s \\n", "a/b:c#2"})
    void whatIsVisibleStays(String text) {
        assertThat(Printable.escaped(text)).isSameAs(text);
        assertThat(Printable.name(text)).isEqualTo(text);
        assertThat(Printable.message(text)).isEqualTo(text);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            001b | escape
            0007 | bell
            0000 | nothing
            000a | line feed
            000d | carriage return
            0009 | tab
            007f | delete
            009b | control sequence in one byte
            00ad | soft hyphen
            200b | no width
            200e | left to right
            202e | right to left override
            2066 | isolate
            2028 | line separator
            2029 | paragraph separator
            feff | byte order mark
            d800 | half a character
            """)
    void whatActsOnATerminalIsEscaped(String hex, String name) {
        String text = "a" + (char) Integer.parseInt(hex, 16) + "b";
        assertThat(Printable.escaped(text)).as(name).isEqualTo("a\\u" + hex + "b");
        assertThat(Printable.message(text)).as(name).isEqualTo("a\\u" + hex + "b");
        assertThat(new WsvdException(text)).as(name).hasMessage("a\\u" + hex + "b");
    }

    @Test
    void aTagBeyondTheFirstPlaneIsEscapedAsJsonDoesIt() {
        assertThat(Printable.escaped(Character.toString(0xE0041))).isEqualTo("\\udb40\\udc41");
    }

    @Test
    void aNameIsCutAtALengthThatNamesHave() {
        assertThat(Printable.name("n".repeat(255))).isEqualTo("n".repeat(255));
        assertThat(Printable.name("n".repeat(MEGABYTE))).isEqualTo("n".repeat(234) + "…" + "n".repeat(20));
        assertThat(Printable.name("\u001b".repeat(MEGABYTE)))
                .hasSize(255)
                .startsWith("\\u001b\\u001b")
                .endsWith("\\u001b");
        assertThat(Printable.name("😀".repeat(200))).isEqualTo("😀".repeat(117) + "…" + "😀".repeat(10));
        assertThat(Printable.name("n" + "😀".repeat(200) + "n"))
                .isEqualTo("n" + "😀".repeat(116) + "…" + "😀".repeat(9) + "n");
    }

    @Test
    void aNameInAMessageIsCutAndTheRestOfTheMessageStays() {
        assertThat(new WsvdException("Layer '" + "n".repeat(MEGABYTE) + "' cannot be split."))
                .hasMessage("Layer '" + "n".repeat(378) + "…" + "n".repeat(19) + "' cannot be split.");
        String folder = "/folder".repeat(100);
        assertThat(new WsvdException("There is no file '" + folder + "'."))
                .hasMessage("There is no file '" + folder + "'.");
    }

    @ParameterizedTest
    @ValueSource(strings = {"/", " ", "\\", "\n", "ab ", "\u202e/"})
    void aMessageIsCutWhateverItConsistsOf(String part) {
        assertThat(new WsvdException("'" + part.repeat(MEGABYTE) + "'")
                        .getMessage()
                        .length())
                .isLessThanOrEqualTo(2000);
    }

    @Test
    void noMessageAtAll() {
        assertThat(new WsvdException(null)).hasMessage(null);
    }
}
