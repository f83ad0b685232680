package dev.wsvd.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What commands print. */
class OutputTest {
    @TempDir
    Path folder;

    @Test
    void inspectListsTheDemoNetworkWithTheCostsItsReadmeGives() {
        Call call = Call.of("inspect", Demo.MODEL);

        assertThat(call.exitCode()).isZero();
        assertThat(call.err()).isEmpty();
        assertThat(call.out().lines().findFirst().orElseThrow().split("  +"))
                .containsExactly("layer", "kind", "weight", "output", "MAC", "share", "params", "max rank", "note");
        assertThat(call.out())
                .contains("stem.conv")
                .contains("no input-channel rank saves memory")
                .contains("64×64×3×3");
        assertThat(call.out().lines().reduce((a, b) -> b).orElseThrow())
                .matches("13 layers, 1\\d can be split: 12\\.7 MMAC, 493 k params; the model stores 496 k");
    }

    @Test
    void inspectLooksAtTheUnfoldingAskedFor() {
        Call call = Call.of("inspect", Demo.MODEL, "--unfolding", "output-channel");

        assertThat(call.out()
                        .lines()
                        .filter(line -> line.startsWith("stem.conv"))
                        .findFirst()
                        .orElseThrow())
                .matches(".* 14");
    }

    @Test
    void inspectPrintsJson() {
        Call call = Call.of("inspect", Demo.MODEL, "--json");

        assertThat(call.exitCode()).isZero();
        assertThat(call.out()).contains("\"total\"").contains("12700032").contains("492576");
    }

    @Test
    void providersListsTheBackendAndTheFormatInside() {
        Call call = Call.of("providers");

        assertThat(call.exitCode()).isZero();
        assertThat(call.out().lines().map(line -> line.replaceAll(" +", " ")))
                .anyMatch(line -> line.matches("backend ejml \\S+ \\d+ available"))
                .anyMatch(line -> line.matches("format onnx \\S+ \\d+ available"));
    }

    @Test
    void providersListsWhatOptionsOfCompressTake() {
        assertThat(Call.of("providers").out())
                .containsPattern("scheme +unfoldings\\R")
                .containsPattern("\\Rweight-svd +input-channel, output-channel\\R")
                .containsPattern("\\Rspatial-svd +spatial\\R")
                .endsWith("""

                metric   counts
                mac      MACs
                memory   parameters
                bytes    bytes
                latency  ns
                """);
    }

    @Test
    void evaluateAndCompareMeasureRealModels() {
        Path small = folder.resolve("small.onnx");
        Call.of("compress", Demo.MODEL, "-o", small, "--layer", "stage*=0.5");

        Call evaluated =
                Call.of("evaluate", Demo.MODEL, "--data", Demo.IMAGES, "--labels", Demo.LABELS, "--samples", 500);
        Call compared =
                Call.of("compare", Demo.MODEL, small, "--data", Demo.IMAGES, "--labels", Demo.LABELS, "--samples", 500);

        assertThat(evaluated.exitCode()).isZero();
        assertThat(evaluated.err())
                .as("nothing is suspicious of bytes for a model that scales them")
                .isEmpty();
        assertThat(evaluated.out())
                .containsPattern("accuracy +0\\.9300\\R  95 % interval +0\\.9042 … 0\\.9492\\R")
                .containsPattern("latency.* ms");
        assertThat(compared.exitCode()).isZero();
        assertThat(compared.out())
                .containsPattern("accuracy \\(500 samples\\) +0\\.9300 +0\\.\\d{4}\\R"
                        + "  95 % interval +0\\.9042 … 0\\.9492 +0\\.\\d{4} … 0\\.\\d{4}\\R"
                        + "  drop, 95 % interval +-?0\\.\\d{4} … 0\\.\\d{4}\\R")
                .contains("same arg-max")
                .contains("SQNR")
                .containsPattern("MAC +12\\.7 MMAC");
    }

    @Test
    void compareShowsErrorsBesideThosePredictedAndTimesOfSplitLayers() {
        Path small = folder.resolve("small.onnx");
        Path stats = folder.resolve("stats.json");
        Object[] measured = {"--data", Demo.IMAGES, "--samples", 200};
        Call compressed = Call.of(concat(
                new Object[] {"compress", Demo.MODEL, "-o", small, "--layer", "stage1.0.conv1=0.5", "--layer", "fc1=0.5"
                },
                "--calibration",
                Demo.CALIBRATION,
                "--stats",
                stats,
                measured));

        Call plain = Call.of(concat(new Object[] {"compare", Demo.MODEL, small}, measured));
        Call beside = Call.of(concat(new Object[] {"compare", Demo.MODEL, small}, "--stats", stats, measured));

        assertThat(plain.out())
                .containsPattern("changed layer +output error, measured in network +latency before +measured after\\R"
                        + "stage1\\.0\\.conv1 +0\\.0\\d\\d +[0-9.]+ ms +[0-9.]+ ms\\R"
                        + "fc1 +0\\.\\d{3} +[0-9.]+ ms +[0-9.]+ ms\\R$")
                .doesNotContain("95 %");
        assertThat(beside.out())
                .containsPattern(
                        "changed layer +output error, predicted in isolation +output error, measured in network +latency before"
                                + " +measured after\\Rstage1\\.0\\.conv1 +0\\.0\\d\\d +0\\.0\\d\\d .* ms\\R"
                                + "fc1 +0\\.\\d{3} +0\\.\\d{3} .* ms\\R$");
        // What compress measured at the end is what compare measures.
        List<String> rows = beside.out().lines().toList();
        String[] fc1 = rows.get(rows.size() - 1).split(" +");
        assertThat(compressed.out()).containsPattern("fc1 .* " + fc1[1] + " +" + fc1[2] + "\\R");
        assertThat(compressed.out()).containsPattern("stem\\.conv .* 1\\.000 +1\\.000\\R");
    }

    @Test
    void theReportOnAnotherModelIsRefused() throws IOException {
        Path stats = folder.resolve("stats.json");
        Files.writeString(stats, """
                { "format": "wsvd-stats", "version": 1, "layers": [], "provenance": { "modelSha256": "ab12" } }
                """);

        Call.assertRefused(
                2,
                "wsvd: " + stats
                        + " is the report of another model than 'fashion-resnet.onnx'. Maybe give the one that was written"
                        + " with " + Demo.MODEL + ".",
                "compare",
                Demo.MODEL,
                Demo.MODEL,
                "--data",
                Demo.IMAGES,
                "--stats",
                stats);
    }

    @Test
    void compressGivesTheIntervalsOfItsScores() throws IOException {
        Path stats = folder.resolve("stats.json");
        Call call = Call.of(Demo.compress(
                folder.resolve("small.onnx"), "--samples", 500, "--layer", "stage*=0.5", "--stats", stats));

        assertThat(call.out())
                .containsPattern("accuracy \\(500 samples\\) +0\\.9300 +0\\.\\d{4}\\R"
                        + "  95 % interval +0\\.9042 … 0\\.9492 +0\\.\\d{4} … 0\\.\\d{4}\\R"
                        + "  drop, 95 % interval +-?0\\.\\d{4} … 0\\.\\d{4}\\R");
        assertThat(Files.readString(stats))
                .contains("\"baselineInterval\": [0.904")
                .contains("\"compressedInterval\": [0.")
                .contains("\"dropInterval\": [")
                .contains("\"outputError\": 0.");
    }

    private static Object[] concat(Object[] words, Object... more) {
        return Stream.concat(
                        Arrays.stream(words),
                        Arrays.stream(more)
                                .flatMap(w -> w instanceof Object[] list ? Arrays.stream(list) : Stream.of(w)))
                .toArray();
    }

    @ParameterizedTest
    @ValueSource(strings = {"inspect", "compress", "evaluate", "compare", "providers", "demo"})
    void everyCommandHasHelpWithAnExample(String command) {
        Call call = Call.of(command, "--help");

        assertThat(call.exitCode()).isZero();
        assertThat(call.out())
                .contains("Usage: wsvd " + command)
                .contains("Example")
                .contains("  wsvd " + command);
    }

    @Test
    void withoutACommandItShowsTheHelp() {
        assertThat(Call.of().out()).contains("Usage: wsvd").contains("Exit codes:");
    }
}
