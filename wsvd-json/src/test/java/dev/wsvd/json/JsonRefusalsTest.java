package dev.wsvd.json;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wsvd.domain.error.InvalidInputException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Every way a file can be wrong, with the whole message. */
class JsonRefusalsTest {
    private static final String START = "{\"format\": \"wsvd-scores\", \"version\": 1, \"layers\": {\"conv2\": [\n";
    private static final String SCORE =
            "  {\"unfolding\": \"input-channel\", \"ratio\": 0.1, \"rank\": 3, \"score\": 0.5}";

    @TempDir
    Path folder;

    private Path file;

    @BeforeEach
    void name() {
        file = folder.resolve("scores.json");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            "three" | line 2, column 56: field 'layers.conv2[0].rank' must be a whole number of at least 1, found "three".
            0       | line 2, column 56: field 'layers.conv2[0].rank' must be a whole number of at least 1, found 0.
            -3      | line 2, column 56: field 'layers.conv2[0].rank' must be a whole number of at least 1, found -3.
            3.0     | line 2, column 56: field 'layers.conv2[0].rank' must be a whole number of at least 1, found 3.0.
            1e999   | line 2, column 56: field 'layers.conv2[0].rank' must be a whole number of at least 1, found 1e999.
            null    | line 2, column 56: field 'layers.conv2[0].rank' must be a whole number of at least 1, found null.
            true    | line 2, column 56: field 'layers.conv2[0].rank' must be a whole number of at least 1, found true.
            [3]     | line 2, column 56: field 'layers.conv2[0].rank' must be a whole number of at least 1, found a list.
            {}      | line 2, column 56: field 'layers.conv2[0].rank' must be a whole number of at least 1, found an object.
            2147483648 | line 2, column 56: field 'layers.conv2[0].rank' must be a whole number of at most 2147483647, found 2147483648.
            12345678901234567890123456789012345678901234567890 | line 2, column 56: field 'layers.conv2[0].rank' must be a whole number of at most 2147483647, found 1234567890123456789012345678901234567890….
            """)
    void aRankIsAWholeNumber(String rank, String message) {
        refused(START + SCORE.replace("\"rank\": 3", "\"rank\": " + rank) + "]}}", message);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            "0.5" | line 2, column 68: field 'layers.conv2[0].score' must be a finite number, found "0.5".
            1e999 | line 2, column 68: field 'layers.conv2[0].score' must be a finite number, found 1e999.
            NaN   | line 2, column 71: not valid JSON: a number must be finite.
            nan   | line 2, column 68: not valid JSON: unexpected "nan". Maybe a comma, a quote or a bracket before it is missing or too many.
            """)
    void aScoreIsAFiniteNumber(String score, String message) {
        refused(START + SCORE.replace("0.5", score) + "]}}", message);
    }

    @Test
    void whatIsNotJsonIsRefused() throws IOException {
        refused(
                "scores: 1",
                "line 1, column 1: not valid JSON: unexpected \"scores\". Maybe a comma, a quote or a bracket"
                        + " before it is missing or too many.");
        refused(
                START + SCORE + "\n" + SCORE + "]}}",
                "line 3, column 3: not valid JSON: unexpected \"{\". Maybe a comma,"
                        + " a quote or a bracket before it is missing or too many.");
        refused(
                START + SCORE + "}",
                "line 2, column 72: not valid JSON: unexpected \"}\". Maybe a comma, a quote or a"
                        + " bracket before it is missing or too many.");
        refused(
                "{\"format\": \"wsvd-scores\", \"version\": \"1\u0000\"}",
                "line 1, column 40: not valid JSON: unexpected \"\\u0000\". Maybe a comma, a quote or a bracket before it is"
                        + " missing or too many.");
        refused(START + SCORE + "]}} {}", "line 2, column 76: there is more after the end of the JSON text.");
        refused(
                "[".repeat(40),
                "line 1, column 34: a value is longer or deeper (over 32 levels) than any wsvd writes.");
        refused("[1, 2]", "line 1, column 1: the whole file must be an object, found a list.");
    }

    @Test
    void aTruncatedFileIsRefusedWhereverItEnds() throws IOException {
        refused(START + SCORE, "line 2, column 72: the JSON text ends too early. Maybe the file was cut off.");
        String whole = START + SCORE + "]}}";
        for (int length = 0; length < whole.length(); length++) {
            Files.writeString(file, whole.substring(0, length));
            assertThatThrownBy(() -> JsonScores.at(file).load())
                    .isInstanceOf(InvalidInputException.class)
                    .hasMessageStartingWith(file.toString())
                    .message()
                    .doesNotContain("jackson", "Jackson", "Source", "Exception", "`");
        }
    }

    @Test
    void anEmptyFileIsRefused() throws IOException {
        Files.writeString(file, " \n");
        assertThatThrownBy(() -> JsonScores.at(file).load())
                .isInstanceOf(InvalidInputException.class)
                .hasMessage(file + " is empty; a JSON object was expected.");
    }

    @Test
    void bytesThatAreNotTextAreRefused() throws IOException {
        Files.write(file, new byte[] {'{', (byte) 0xff, '}'});
        assertThatThrownBy(() -> JsonScores.at(file).load())
                .isInstanceOf(InvalidInputException.class)
                .hasMessage(file + " is not a JSON file: its bytes are not UTF-8 text.");
    }

    @Test
    void aDirectoryIsRefused() {
        assertThatThrownBy(() -> JsonScores.at(folder).load())
                .isInstanceOf(InvalidInputException.class)
                .hasMessage(folder + " is a directory, not a JSON file.");
    }

    @Test
    void aPipeOrADeviceIsRefusedUnread() throws Exception {
        Path pipe = folder.resolve("pipe");
        assertThat(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor())
                .isZero();
        for (Path endless : List.of(pipe, Path.of("/dev/zero"))) {
            List<ThrowingCallable> readers = List.of(
                    () -> JsonScores.at(endless).load(), () -> JsonPlans.read(endless), () -> JsonStats.read(endless));
            readers.forEach(reader -> assertThatThrownBy(reader)
                    .isInstanceOf(InvalidInputException.class)
                    .hasMessage(endless + " is a device or a pipe, not a JSON file."));
        }
    }

    @Test
    void aFileLargerThanAnyIsRefusedUnread() throws IOException {
        try (var sparse = Files.newByteChannel(
                file, java.nio.file.StandardOpenOption.CREATE_NEW, java.nio.file.StandardOpenOption.WRITE)) {
            sparse.position(64L << 20).write(StandardCharsets.UTF_8.encode("x"));
        }
        assertThatThrownBy(() -> JsonScores.at(file).load())
                .isInstanceOf(InvalidInputException.class)
                .hasMessage(file + " has 67108865 bytes; a JSON file may have at most 67108864.");
    }

    @Test
    void anotherKindOrVersionIsRefused() throws IOException {
        refused(
                "{\"format\": \"wsvd-plan\", \"version\": 1}",
                "line 1, column 12: field 'format' must be \"wsvd-scores\", found \"wsvd-plan\". Maybe the file was given in"
                        + " the place of another.");
        refused(
                "{\"format\": \"other\"}",
                "line 1, column 12: field 'format' must be \"wsvd-scores\", found \"other\".");
        refused(
                "{\"format\": \"wsvd-scores\", \"version\": 2, \"more\": 1}",
                "line 1, column 38: field 'version' must be 1, found 2. Maybe a newer wsvd wrote the file.");
        refused("{\"version\": 1}", "line 1, column 1: field 'format' is missing.");
        refused("{\"format\": \"wsvd-scores\"}", "line 1, column 1: field 'version' is missing.");
    }

    @Test
    void aMissingFieldIsNamed() throws IOException {
        refused(
                START + SCORE.replace("\"rank\": 3, ", "") + "]}}",
                "line 2, column 3: field 'layers.conv2[0].rank' is" + " missing.");
        refused("{\"format\": \"wsvd-scores\", \"version\": 1}", "line 1, column 1: field 'layers' is missing.");
    }

    @Test
    void ranksAreSaidOnce() throws IOException {
        refused(
                START + SCORE.replace("\"rank\": 3", "\"rank\": 3, \"ranks\": [3]") + "]}}",
                "line 2, column 68: field 'layers.conv2[0].ranks' cannot be there beside 'rank'.");
    }

    @Test
    void anUnknownFieldIsNamedWithANearOne() throws IOException {
        refused(
                "{\"format\": \"wsvd-scores\", \"version\": 1, \"basline\": 0.9, \"layers\": {}}",
                "line 1, column 52: field 'basline' is unknown; allowed: format, version, model, evaluator, calibration,"
                        + " baseline, layers, plans. Maybe 'baseline' was meant.");
        refused(
                START + SCORE.replace("}", ", \"comment\": \"x\"}") + "]}}",
                "line 2, column 84: field 'layers.conv2[0].comment' is unknown; allowed: unfolding, ratio, rank, ranks, score.");
    }

    @Test
    void aRepeatedFieldIsRefused() throws IOException {
        refused(START + SCORE + "], \"conv2\": []}}", "line 2, column 75: field 'layers.conv2' is there twice.");
    }

    @Test
    void aRepeatedScoreIsRefused() throws IOException {
        refused(
                START + SCORE + ",\n" + SCORE + "]}}",
                "line 3, column 3: field 'layers.conv2[1]' scores input-channel rank 3 a second time.");
        String several = SCORE.replace("\"rank\": 3", "\"ranks\": [3, 4]");
        refused(
                START + several + ",\n" + several + "]}}",
                "line 3, column 3: field 'layers.conv2[1]' scores input-channel ranks 3, 4 a second time.");
    }

    @Test
    void theWrongShapeIsRefused() throws IOException {
        refused(
                START.replace("[\n", "\n") + SCORE + "}}",
                "line 2, column 3: field 'layers.conv2' must be a list, found an object.");
        refused(
                START + SCORE.replace("input-channel", " ") + "]}}",
                "line 2, column 17: field 'layers.conv2[0].unfolding' must be a text that is not blank, found \" \".");
        refused(
                "{\"format\": \"wsvd-scores\", \"version\": 1, \"layers\": {\" \": []}}",
                "line 1, column 57: field 'layers. ' belongs to a layer whose name is blank.");
        refused(
                "{\"format\": \"wsvd-scores\", \"version\": 1, \"layers\": {}, \"model\": {\"name\": \"a\", \"sha256\": \"\"}}",
                "line 1, column 88: field 'model.sha256' must be a text that is not blank, found \"\".");
        refused(
                "{\"format\": \"wsvd-scores\", \"version\": 1, \"layers\": {}, \"model\": {\"name\": 3, \"sha256\": \"a\"}}",
                "line 1, column 73: field 'model.name' must be a text, found 3.");
    }

    private void refused(String text, String message) {
        try {
            Files.writeString(file, text);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
        assertThatThrownBy(() -> JsonScores.at(file).load())
                .isExactlyInstanceOf(InvalidInputException.class)
                .hasMessage(file + ", " + message);
    }

    @Test
    void aFileThatMayNotBeReadIsRefused() throws IOException {
        Files.writeString(file, "{}");
        org.junit.jupiter.api.Assumptions.assumeTrue(file.toFile().setReadable(false) && !Files.isReadable(file));
        assertThatThrownBy(() -> JsonScores.at(file).load())
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("The file " + file + " cannot be read.");
        assertThat(Files.exists(file)).isTrue();
    }
}
