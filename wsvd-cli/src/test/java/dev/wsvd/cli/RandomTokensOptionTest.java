package dev.wsvd.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code --random-tokens} on a small transformer and its tokenizer. */
class RandomTokensOptionTest {
    @TempDir
    Path folder;

    private Path model;
    private Path calibration;
    private Path data;

    @BeforeEach
    void write() throws IOException {
        model = folder.resolve("encoder.onnx");
        TextModel.writeEncoder(model, 0);
        TextModel.writeTokenizer(folder.resolve("tokenizer.json"));
        calibration = Files.write(folder.resolve("calibration.txt"), TextsTest.sentences(60, 1));
        data = Files.write(folder.resolve("data.txt"), TextsTest.sentences(50, 2));
    }

    @Test
    void calibrationTextsAreUsedOnceMoreAndThoseThatScoreAreNot() throws IOException {
        Path plan = folder.resolve("plan.json");

        Call with = compress("a.onnx", "--save-plan", plan, "--random-tokens", 0.3);
        Call again = compress("b.onnx", "--random-tokens", 0.3);

        assertThat(with.exitCode()).as(with.err()).isZero();
        assertThat(with.err())
                .contains(
                        "note: calibration.txt: 60 texts, by tokenizer.json at most 10 tokens; none cut at the longest"
                                + " length, 512; each once more with 30 % of its tokens random.\n")
                .contains(
                        "note: data.txt: 50 texts, by tokenizer.json at most 10 tokens; none cut at the longest length,"
                                + " 512.\n");
        assertThat(Files.readString(plan)).contains("\"samples\": 120");
        assertThat(again.exitCode()).as(again.err()).isZero();
        assertThat(folder.resolve("b.onnx")).hasSameBinaryContentAs(folder.resolve("a.onnx"));
    }

    @Test
    void byDefaultTextsAreUsedAsTheyAre() throws IOException {
        Path byDefault = folder.resolve("default.json");
        Path none = folder.resolve("none.json");

        Call asGiven = compress("a.onnx", "--save-plan", byDefault);
        Call without = compress("b.onnx", "--save-plan", none, "--random-tokens", 0);

        assertThat(List.of(asGiven.exitCode(), without.exitCode())).containsOnly(0);
        assertThat(asGiven.err()).doesNotContain("random");
        assertThat(Files.readString(byDefault)).contains("\"samples\": 60").isEqualTo(Files.readString(none));
    }

    @Test
    void momentsAreOfOneShareOnly() {
        Path moments = folder.resolve("moments.npz");
        assertThat(compress("a.onnx", "--moments", moments, "--random-tokens", 0.3)
                        .exitCode())
                .isZero();

        Call other = compress("b.onnx", "--moments", moments, "--random-tokens", 0.4);

        assertThat(other.exitCode()).isEqualTo(2);
        assertThat(other.err())
                .endsWith("wsvd: The moments in " + moments
                        + " were learnt from other inputs. Maybe use another file.\n");
    }

    @Test
    void otherSharesAndOtherInputsAreRefused() {
        Call tooMany = compress("a.onnx", "--random-tokens", 50);
        Call images = Call.of(
                "compress",
                Demo.MODEL,
                "-o",
                folder.resolve("b.onnx"),
                "--target",
                0.5,
                "--calibration",
                Demo.CALIBRATION,
                "--random-tokens",
                0.5);

        assertThat(tooMany.refusal()).isEqualTo("wsvd: --random-tokens must be 0 … 1, found 50.");
        assertThat(images.refusal())
                .isEqualTo("wsvd: --random-tokens is for calibration texts (.txt, .csv, .tsv), found "
                        + Demo.CALIBRATION + ".");
        assertThat(List.of(tooMany.exitCode(), images.exitCode())).containsOnly(2);
    }

    private Call compress(String output, Object... more) {
        return Call.of(Stream.concat(
                        Stream.of(
                                "compress",
                                model,
                                "-o",
                                folder.resolve(output),
                                "--target",
                                0.6,
                                "--calibration",
                                calibration,
                                "--data",
                                data),
                        Stream.of(more))
                .toArray());
    }
}
