package dev.wsvd.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.wsvd.cost.Costs;
import dev.wsvd.domain.cost.Cost;
import dev.wsvd.domain.cost.Metric;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.plan.Choice;
import dev.wsvd.domain.score.ScoreTable;
import dev.wsvd.domain.spi.OpenOptions;
import dev.wsvd.json.JsonPlans;
import dev.wsvd.json.JsonScores;
import dev.wsvd.pipeline.OpenedModel;
import dev.wsvd.pipeline.resolve.Services;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The main job from the command line, on the demo network. */
class CompressCommandTest {
    private static final int SAMPLES = 200;

    @TempDir
    Path folder;

    @Test
    void greedyMeetsItsTargetAndTheFileIsWhatTheReportSays() {
        Path output = folder.resolve("small.onnx");

        Call call = Call.of(compress(output, "--target", "0.5", "--stats", stats()));

        assertThat(call.err()).doesNotContain("wsvd:");
        assertThat(call.exitCode()).isZero();
        JsonNode stats = readStats();
        assertThat(stats.at("/mac/ratio").asDouble()).isLessThanOrEqualTo(0.5).isGreaterThan(0.45);
        assertThat(stats.at("/score/samples").asInt()).isEqualTo(SAMPLES);
        // Greedy on so few samples is noisy; chance is 0.1.
        assertThat(stats.at("/score/compressed").asDouble()).isGreaterThan(0.5);
        Cost written = costOf(output);
        assertThat(written.of(Metric.MAC)).isEqualTo(stats.at("/mac/after").asLong());
        assertThat(written.of(Metric.MEMORY))
                .isEqualTo(stats.at("/memory/after").asLong());
    }

    @Test
    void withCalibrationInputsSelectionIsBudgetedAndNeedsNoScores() {
        Path output = folder.resolve("small.onnx");

        Call call = Call.of(
                "compress",
                Demo.MODEL,
                "-o",
                output,
                "--target",
                "0.3",
                "--calibration",
                Demo.CALIBRATION,
                "--stats",
                stats());

        assertThat(call.err()).doesNotContain("wsvd:");
        assertThat(call.exitCode()).isZero();
        JsonNode stats = readStats();
        assertThat(stats.at("/selection").asText()).isEqualTo("budget");
        assertThat(stats.at("/evaluations").asInt()).isZero();
        assertThat(stats.at("/seconds/calibrate").asDouble()).isPositive();
        assertThat(costOf(output).of(Metric.MAC))
                .isEqualTo(stats.at("/mac/after").asLong());
        Call comparison = Call.of(
                "compare", Demo.MODEL, output, "--data", Demo.IMAGES, "--labels", Demo.LABELS, "--samples", SAMPLES);
        assertThat(comparison.out()).contains("accuracy");
    }

    @Test
    void limitsAreNumbersWithPrefixes() {
        Call call = Call.of(
                "compress", Demo.MODEL, "--dry-run", "--max-macs", "6.5M", "--max-params", "100k", "--stats", stats());

        assertThat(call.exitCode()).isZero();
        JsonNode stats = readStats();
        assertThat(stats.at("/mac/after").asLong()).isLessThanOrEqualTo(6_500_000);
        assertThat(stats.at("/memory/after").asLong()).isBetween(90_000L, 100_000L);
    }

    @Test
    void aSecondRunReusesEveryScoreAndNeedsNoData() {
        Path scores = folder.resolve("scores.json");
        Call.of(compress(
                folder.resolve("first.onnx"), "--target", "0.5", "--scores", scores, "--save-plan", plan("1")));

        Call again = Call.of(
                "compress",
                Demo.MODEL,
                "--target",
                "0.5",
                "--scores",
                scores,
                "--dry-run",
                "--stats",
                stats(),
                "--save-plan",
                plan("2"));

        assertThat(again.exitCode()).isZero();
        assertThat(readStats().at("/evaluations").asInt()).isZero();
        assertThat(readStats().at("/seconds/decompose").asDouble()).isZero();
        assertThat(JsonPlans.read(plan("2")).plan())
                .isEqualTo(JsonPlans.read(plan("1")).plan());
    }

    @Test
    void aPlanGivesTheSameModelAsTheRunThatMadeIt() throws IOException {
        Path first = folder.resolve("first.onnx");
        Path second = folder.resolve("second.onnx");
        Call.of(
                "compress",
                Demo.MODEL,
                "-o",
                first,
                "--layer",
                "stage*=0.5",
                "--layer",
                "fc1=rank:20",
                "--save-plan",
                plan("1"));

        Call call = Call.of("compress", Demo.MODEL, "-o", second, "--plan", plan("1"));

        assertThat(call.exitCode()).isZero();
        assertThat(Files.readAllBytes(second)).isEqualTo(Files.readAllBytes(first));
    }

    @Test
    void aPlanOfAnotherModelIsAppliedWithANote() throws IOException {
        Path plan = Files.writeString(plan("foreign"), """
                { "format": "wsvd-plan", "version": 1, "model": { "name": "other.onnx", "sha256": "00" },
                  "layers": [ { "name": "fc1", "decision": "split", "unfolding": "input-channel", "rank": 20 } ] }
                """);

        Call call = Call.of("compress", Demo.MODEL, "-o", folder.resolve("small.onnx"), "--plan", plan);

        assertThat(call.exitCode()).isZero();
        assertThat(call.err())
                .contains("note: The plan was made for another model, 'other.onnx'; it is applied to"
                        + " 'fashion-resnet.onnx' as it is.");
    }

    @Test
    void scoresThatDoNotSayWhereTheyAreFromStayThatWay() throws IOException {
        Path scores = Files.writeString(folder.resolve("scores.json"), """
                { "format": "wsvd-scores", "version": 1,
                  "layers": { "fc1": [ { "unfolding": "input-channel", "ratio": 0.5, "rank": 59, "score": 0.9 } ] } }
                """);

        Call call = Call.of(
                compress(folder.resolve("small.onnx"), "--target", "0.7", "--candidates", 2, "--scores", scores));

        assertThat(call.err()).contains("note: The saved scores do not say which model they belong to; used as given.");
        assertThat(JsonScores.at(scores).load().orElseThrow().model()).isEmpty();
        assertThat(JsonScores.at(scores).load().orElseThrow().evaluator()).isEmpty();
    }

    @Test
    void killedInTheMiddleItLosesAtMostOneEvaluation() throws Exception {
        Path scores = folder.resolve("scores.json");
        List<String> words = new ArrayList<>();
        for (Object word : compress(folder.resolve("small.onnx"), "--target", "0.5", "--scores", scores)) {
            words.add(word.toString());
        }

        int reported = killAfterEvaluations(words, 5);

        ScoreTable saved = JsonScores.at(scores).load().orElseThrow().table();
        int kept = saved.entries().size() + (saved.baseline().isPresent() ? 1 : 0);
        assertThat(kept).isGreaterThanOrEqualTo(reported);
        assertThat(folder.resolve("small.onnx")).doesNotExist();
        words.addAll(List.of("--stats", stats().toString()));
        Call second = Call.of(words.toArray());
        assertThat(second.exitCode()).isZero();
        ScoreTable all = JsonScores.at(scores).load().orElseThrow().table();
        int everything = all.entries().size() + 1;
        // What is left of the candidates, and the compressed model itself.
        assertThat(readStats().at("/evaluations").asInt()).isEqualTo(everything - kept + 1);
        assertThat(all.entries()).containsAllEntriesOf(saved.entries());
    }

    @Test
    void tarAndMemoryWorkFromTheCommandLine() {
        Call call = Call.of(compress(
                folder.resolve("small.onnx"),
                "--target",
                "0.4",
                "--select",
                "tar",
                "--metric",
                "memory",
                "--stats",
                stats()));

        assertThat(call.exitCode()).isZero();
        assertThat(readStats().at("/memory/ratio").asDouble()).isLessThanOrEqualTo(0.4);
    }

    @Test
    void ignoredLayersStayAndMultiplesAreKept() {
        Call call = Call.of(compress(
                folder.resolve("small.onnx"),
                "--target",
                "0.6",
                "--multiplicity",
                "8",
                "--ignore",
                "fc*",
                "--save-plan",
                plan("1")));

        assertThat(call.exitCode()).isZero();
        var changes = JsonPlans.read(plan("1")).plan().changes();
        assertThat(changes).isNotEmpty();
        assertThat(changes.values()).allMatch(choice -> choice.rank() % 8 == 0);
        assertThat(changes.keySet()).noneMatch(id -> id.name().startsWith("fc"));
    }

    @Test
    void withoutLabelsFidelityIsTheScore() {
        Call call = Call.of(
                "compress",
                Demo.MODEL,
                "-o",
                folder.resolve("small.onnx"),
                "--target",
                "0.7",
                "--data",
                Demo.IMAGES,
                "--samples",
                100,
                "--candidates",
                4);

        assertThat(call.exitCode()).isZero();
        assertThat(call.out()).contains("fidelity (100 samples)");
    }

    private Object[] compress(Path output, Object... more) {
        List<Object> words = new ArrayList<>(List.of(
                "compress",
                Demo.MODEL,
                "-o",
                output,
                "--data",
                Demo.IMAGES,
                "--labels",
                Demo.LABELS,
                "--samples",
                SAMPLES));
        words.addAll(List.of(more));
        return words.toArray();
    }

    private Path stats() {
        return folder.resolve("stats.json");
    }

    private JsonNode readStats() {
        try {
            return new ObjectMapper().readTree(stats().toFile());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void aLimitOnBytesAndATargetInBytesAreMet() {
        Path output = folder.resolve("small.onnx");

        Call limited = Call.of("compress", Demo.MODEL, "-o", output, "--max-bytes", "1M");
        assertThat(limited.exitCode()).as(limited.err()).isZero();
        assertThat(costOf(output).of(Metric.BYTES)).isBetween(990_000L, 1_000_000L);

        Call aimed = Call.of(
                "compress",
                Demo.MODEL,
                "--dry-run",
                "--select",
                "budget",
                "--metric",
                "bytes",
                "--target",
                "0.5",
                "--stats",
                stats());
        assertThat(aimed.exitCode()).as(aimed.err()).isZero();
        assertThat(readStats().at("/bytes/before").asLong())
                .isEqualTo(costOf(Demo.MODEL).of(Metric.BYTES));
        assertThat(aimed.out())
                .containsPattern("bytes of layers +1\\.97 MB +9\\d\\d kB +0\\.\\d{3} \\(target 0\\.5\\)\\R");
    }

    @Test
    void theEnergyRuleNeedsNeitherDataNorATarget() {
        Call call = Call.of(
                "compress",
                Demo.MODEL,
                "--dry-run",
                "--select",
                "energy=0.9",
                "--stats",
                stats(),
                "--save-plan",
                plan("e"));

        assertThat(call.exitCode()).as(call.err()).isZero();
        assertThat(readStats().at("/selection").asText()).isEqualTo("energy");
        assertThat(JsonPlans.read(plan("e")).plan().changes()).isNotEmpty();
        Call more = Call.of("compress", Demo.MODEL, "--dry-run", "--select", "energy=0.99");
        assertThat(more.exitCode()).as(more.err()).isZero();
    }

    @Test
    void withCalibrationTheEnergyIsThatOfOutputs() {
        Call call = Call.of(
                "compress",
                Demo.MODEL,
                "-o",
                folder.resolve("small.onnx"),
                "--select",
                "energy=0.95",
                "--calibration",
                Demo.CALIBRATION,
                "--stats",
                stats());

        assertThat(call.exitCode()).as(call.err()).isZero();
        JsonNode stats = readStats();
        assertThat(stats.at("/seconds/calibrate").asDouble()).isPositive();
        assertThat(stats.at("/layers"))
                .anyMatch(layer -> layer.has("error"))
                .allMatch(layer -> layer.path("error").asDouble() <= Math.sqrt(0.05));
    }

    @Test
    void ranksOfEvbmfAreThoseOfWeightsAloneWithAndWithoutCalibration() {
        Call free = Call.of(
                "compress", Demo.MODEL, "--dry-run", "--select", "evbmf", "--stats", stats(), "--save-plan", plan("a"));
        assertThat(free.exitCode()).as(free.err()).isZero();
        assertThat(readStats().at("/selection").asText()).isEqualTo("evbmf");

        Call calibrated = Call.of(
                "compress",
                Demo.MODEL,
                "-o",
                folder.resolve("small.onnx"),
                "--select",
                "evbmf",
                "--calibration",
                Demo.CALIBRATION,
                "--save-plan",
                plan("b"));
        assertThat(calibrated.exitCode()).as(calibrated.err()).isZero();

        // 32 − 0.8 · (32 − 14), of stage1.0.conv1's 32 input channels.
        assertThat(JsonPlans.read(plan("a")).plan().changes())
                .isEqualTo(JsonPlans.read(plan("b")).plan().changes())
                .containsEntry(new LayerId("stage1.0.conv1"), Choice.of("input-channel", 17));
    }

    @Test
    void withoutWeakeningEvbmfGivesSmallerRanksOfTheUnfoldingAskedFor() {
        Call call = Call.of(
                "compress",
                Demo.MODEL,
                "--dry-run",
                "--select",
                "evbmf",
                "--weakening",
                1,
                "--unfolding",
                "output-channel",
                "--save-plan",
                plan("c"));

        assertThat(call.exitCode()).as(call.err()).isZero();
        assertThat(JsonPlans.read(plan("c")).plan().changes())
                .containsEntry(new LayerId("stage1.0.conv1"), Choice.of("output-channel", 11));
    }

    private Path plan(String name) {
        return folder.resolve("plan" + name + ".json");
    }

    private static Cost costOf(Path model) {
        return Costs.of(Services.schemes())
                .of(OpenedModel.of(model, OpenOptions.DEFAULT).model().layers());
    }

    /** Runs the command in a process of its own and kills it when it has reported so many evaluations. */
    private static int killAfterEvaluations(List<String> words, int evaluations)
            throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                WsvdCommand.class.getName()));
        command.addAll(words);
        Process process = new ProcessBuilder(command)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        int reported = 0;
        try (BufferedReader err =
                new BufferedReader(new InputStreamReader(process.getErrorStream(), StandardCharsets.UTF_8))) {
            for (String line = err.readLine(); line != null && reported < evaluations; line = err.readLine()) {
                if (line.matches("\\d+ %.*: .* scores \\d\\.\\d+")) {
                    reported++;
                }
            }
        } finally {
            process.destroyForcibly();
            process.waitFor();
        }
        assertThat(reported).isEqualTo(evaluations);
        return reported;
    }
}
