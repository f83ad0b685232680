package dev.wsvd.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The options of a run in a file. */
class ConfigFileTest {
    @TempDir
    Path folder;

    private Path config;
    private Path plan;

    @BeforeEach
    void nameFiles() {
        config = folder.resolve("run.json");
        plan = folder.resolve("plan.json");
    }

    @Test
    void aSavedRunIsRepeatedWithTheSamePlan() throws IOException {
        Path again = folder.resolve("again.json");
        Call first = Call.of(
                "compress",
                Demo.MODEL,
                "--target=0.50",
                "--select",
                "budget",
                "--multiplicity",
                8,
                "--ignore",
                "fc*",
                "--ignore",
                "stem.conv",
                "--no-never-slower",
                "--dry-run",
                "-q",
                "--save-plan",
                plan,
                "--save-config",
                config);
        Call second = Call.of("compress", "--config", config, "--save-plan", again);

        assertThat(first.exitCode()).as(first.err()).isZero();
        assertThat(second.exitCode()).as(second.err()).isZero();
        assertThat(config).content().isEqualTo("""
                {
                  "format": "wsvd-config",
                  "version": 1,
                  "command": "compress",
                  "model": "%s",
                  "target": "0.50",
                  "select": "budget",
                  "multiplicity": "8",
                  "ignore": ["fc*", "stem.conv"],
                  "never-slower": false,
                  "save-plan": "%s",
                  "dry-run": true,
                  "quiet": true
                }
                """.formatted(Demo.MODEL, plan));
        assertThat(Files.readAllBytes(again)).isEqualTo(Files.readAllBytes(plan));
    }

    @Test
    void whatIsTypedTakesPrecedence() throws IOException {
        Files.writeString(config, """
                { "format": "wsvd-config", "model": "no-such.onnx", "layer": ["fc1=0.5", "fc2=0.5"], "dry-run": true,
                  "never-slower": true }
                """);
        Path saved = folder.resolve("saved.json");
        Call call = Call.of(
                "compress",
                Demo.MODEL,
                "--layer",
                "stage*=0.5",
                "--no-never-slower",
                "--config",
                config,
                "--save-config",
                saved);

        assertThat(call.exitCode()).as(call.err()).isZero();
        assertThat(call.out())
                .containsPattern("fc1 +dense")
                .containsPattern("stage1.0.conv1 +rank 14")
                .contains("Dry run");
        assertThat(saved)
                .content()
                .contains("\"model\": \"" + Demo.MODEL + "\"")
                .contains("\"layer\": [\"stage*=0.5\"]")
                .contains("\"never-slower\": false")
                .contains("\"dry-run\": true");
    }

    @Test
    void aFlagOfTheFileIsTurnedOffByTyping() throws IOException {
        write("{ \"format\": \"wsvd-config\", \"dry-run\": true, \"quiet\": true, \"layer\": \"fc1=0.5\" }");

        Call.assertRefused(
                2,
                "wsvd: No output is given. Give -o OUT, or --dry-run to write no model.",
                "compress",
                Demo.MODEL,
                "--config",
                config,
                "--dry-run=false");
        assertThat(Call.of("--quiet=false", "compress", Demo.MODEL, "--config", config)
                        .exitCode())
                .isZero();
    }

    @Test
    void withoutACommandItIsRefused() throws IOException {
        write("{ \"format\": \"wsvd-config\", \"command\": \"compress\" }");

        Call.assertRefused(
                2,
                "wsvd: --config " + config
                        + " holds the options of a command, and none is given. Maybe add it, such as compress.",
                "--config",
                config);
    }

    @Test
    void parametersOfTheFileComeBehindThoseThatAreTyped() throws IOException {
        Files.writeString(config, """
                { "format": "wsvd-config", "command": "compare", "compressed": "%s", "original": "no-such.onnx",
                  "data": "%s", "samples": 10 }
                """.formatted(Demo.MODEL, Demo.IMAGES));

        assertThat(Call.of("compare", "--config", config, Demo.MODEL).out()).containsPattern("SQNR +identical");
        Call.assertRefused(
                2, "wsvd: There is no file or folder 'no-such.onnx'.", "compare", "--config", config, "--samples", 5);
    }

    @Test
    void whatTheFileHoldsIsCheckedAsIfItWereTyped() throws IOException {
        Call missing = Call.of("quantize", "--config", write("{ \"format\": \"wsvd-config\" }"));
        assertThat(missing.err()).startsWith("wsvd: Missing required option").contains("'--output=OUT'");
        Call.assertRefused(
                2,
                "wsvd: --candidates must be at least 2, found 1.",
                "compress",
                Demo.MODEL,
                "--config",
                write("{ \"format\": \"wsvd-config\", \"target\": 0.5, \"select\": \"budget\", \"pareto\": \"c.csv\","
                        + " \"dry-run\": false, \"candidates\": 1 }"));
    }

    @Test
    void anUnknownKeyIsRefused() throws IOException {
        String message = refusal("{ \"format\": \"wsvd-config\",\n  \"trget\": 0.5 }", "compress");

        assertThat(message)
                .startsWith("wsvd: " + config + ", line 2, column 12: field 'trget' is no option of compress; allowed: "
                        + "all-scores, backend, batch, calibration, ")
                .contains(", model, ", ", target, ")
                .doesNotContain("save-config", "help")
                .endsWith(". Maybe 'target' was meant.");
    }

    @Test
    void aWrongTypeIsRefused() throws IOException {
        assertThat(refusal("{ \"format\": \"wsvd-config\", \"target\": \"half\" }", "compress"))
                .isEqualTo("wsvd: " + config + ", line 1, column 38: field 'target' must be a number, found \"half\".");
        assertThat(refusal("{ \"format\": \"wsvd-config\", \"correct\": \"yes\" }", "compress"))
                .isEqualTo("wsvd: " + config
                        + ", line 1, column 39: field 'correct' must be true or false, found \"yes\".");
        assertThat(refusal("{ \"format\": \"wsvd-config\", \"output\": true }", "compress"))
                .isEqualTo("wsvd: " + config
                        + ", line 1, column 38: field 'output' must be a text or a number, found true.");
        assertThat(refusal("{ \"format\": \"wsvd-config\", \"ignore\": [\"fc1\", null] }", "compress"))
                .isEqualTo("wsvd: " + config
                        + ", line 1, column 46: field 'ignore[1]' must be a text or a number, found null.");
        assertThat(refusal("{ \"format\": \"wsvd-config\", \"output\": [\"a.onnx\"] }", "compress"))
                .isEqualTo("wsvd: " + config
                        + ", line 1, column 38: field 'output' must be a text or a number, found a list.");
    }

    @Test
    void aKeyGivenTwiceAFileOfAnotherCommandAndNoFileAreRefused() throws IOException {
        assertThat(refusal("{ \"format\": \"wsvd-config\", \"target\": 0.5, \"target\": 0.4 }", "compress"))
                .isEqualTo("wsvd: " + config + ", line 1, column 43: field 'target' is there twice.");
        assertThat(refusal("{ \"format\": \"wsvd-config\", \"command\": \"quantize\" }", "compress"))
                .isEqualTo("wsvd: " + config + ", line 1, column 39: field 'command' must be \"compress\", found"
                        + " \"quantize\". Maybe the file is for another command.");
        Files.delete(config);
        Call.assertRefused(2, "wsvd: The file " + config + " does not exist.", "compress", "--config", config);
    }

    @Test
    void aFileThatIsUsedForSomethingElseIsRefused() throws IOException {
        Files.writeString(config, "{ \"format\": \"wsvd-config\", \"dry-run\": true }");

        Call.assertRefused(
                2,
                "wsvd: --config and --stats name the same file, '" + config + "'. Maybe use another name for one.",
                "compress",
                Demo.MODEL,
                "--config",
                config,
                "--stats",
                config);
        Call.assertRefused(
                2,
                "wsvd: --save-config and MODEL name the same file, '" + config + "'. Maybe use another name for one.",
                "inspect",
                config,
                "--save-config",
                config);
        assertThat(config).content().contains("dry-run");
    }

    @Test
    void aFileOfTheModelIsNotOverwritten() throws IOException {
        Path model = folder.resolve("model.onnx");
        Path weights = folder.resolve("model.data");
        TinyModel.writeWithExternalData(model, "model.data");

        Call.assertRefused(
                2,
                "wsvd: The output '" + weights
                        + "' belongs to the model that is read; inputs are never overwritten. Maybe use another name.",
                "inspect",
                model,
                "--save-config",
                weights);
        assertThat(weights).hasSize(19_200);
    }

    @Test
    void aRunThatFailsSavesNothing() {
        Call.of("inspect", "no-such.onnx", "--save-config", config);

        assertThat(config).doesNotExist();
    }

    @Test
    void argumentsMayComeFromAFileOfWords() throws IOException {
        Path words = Files.writeString(folder.resolve("args"), """
                # a comment
                --layer fc1=0.5
                --dry-run
                "--stats=%s"
                """.formatted(folder.resolve("stats of a run.json")));
        Call call = Call.of("compress", Demo.MODEL, "@" + words);

        assertThat(call.exitCode()).as(call.err()).isZero();
        assertThat(folder.resolve("stats of a run.json"))
                .content()
                .contains("\"command\": \"wsvd compress " + Demo.MODEL + " --layer fc1=0.5 --dry-run '--stats=");
    }

    @Test
    void aFileOfWordsMayNameAConfig() throws IOException {
        write("{ \"format\": \"wsvd-config\", \"data\": \"@odd.npy\" }");
        Path words = Files.writeString(folder.resolve("args"), "--config " + config);

        Call.assertRefused(2, "wsvd: The file @odd.npy does not exist.", "inspect", Demo.MODEL, "@" + words);
    }

    private Path write(String text) throws IOException {
        return Files.writeString(config, text);
    }

    private String refusal(String text, Object... words) throws IOException {
        write(text);
        Call call = Call.of(Stream.concat(Arrays.stream(words), Stream.of("--config", config))
                .toArray());
        assertThat(call.exitCode()).isEqualTo(2);
        assertThat(call.out()).isEmpty();
        return call.refusal();
    }
}
