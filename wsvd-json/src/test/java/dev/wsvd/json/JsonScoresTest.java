package dev.wsvd.json;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.wsvd.domain.CalibrationIdentity;
import dev.wsvd.domain.ModelIdentity;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.plan.Candidate;
import dev.wsvd.domain.plan.Choice;
import dev.wsvd.domain.score.Evaluation;
import dev.wsvd.domain.score.EvaluatorIdentity;
import dev.wsvd.domain.score.SampleOutcomes;
import dev.wsvd.domain.score.ScoreRecord;
import dev.wsvd.domain.score.ScoreTable;
import dev.wsvd.domain.score.ScoredPlan;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JsonScoresTest {
    private static final LayerId CONV2 = new LayerId("conv2");
    private static final LayerId FC = new LayerId("fc \"1\"");

    @TempDir
    Path folder;

    @Test
    void theFileIsAsDesigned() throws IOException {
        Path file = folder.resolve("scores.json");
        JsonScores.at(file).save(full());

        assertThat(Files.readString(file)).isEqualTo("""
                {
                  "format": "wsvd-scores",
                  "version": 1,
                  "model": { "name": "resnet18.onnx", "sha256": "ab12" },
                  "evaluator": { "name": "accuracy", "samples": 2000, "sha256": "cd34" },
                  "baseline": 0.9061,
                  "layers": {
                    "conv2": [
                      { "unfolding": "input-channel", "ratio": 0.1, "rank": 3, "score": 0.7123 },
                      { "unfolding": "output-channel", "ratio": 0.2, "rank": 6, "score": 0.75 }
                    ],
                    "fc \\"1\\"": [
                      { "unfolding": "input-channel", "ratio": 0.5, "rank": 40, "score": -1.0E-7 }
                    ]
                  }
                }
                """);
    }

    @Test
    void whatWasSavedIsLoaded() {
        JsonScores store = JsonScores.at(folder.resolve("scores.json"));
        store.save(full());
        assertThat(store.load()).contains(full());

        ScoreRecord byHand = new ScoreRecord(Optional.empty(), Optional.empty(), ScoreTable.empty());
        store.save(byHand);
        assertThat(store.load()).contains(byHand);
    }

    @Test
    void wholeNetworksAreInItWithTheSamplesThatTheyGetRight() throws IOException {
        Path file = folder.resolve("scores.json");
        JsonScores.at(file).save(ofPlans());

        assertThat(Files.readString(file))
                .contains(
                        "\n  \"calibration\": { \"samples\": 500, \"sha256\": \"ef56\" },\n  \"layers\": {},\n  \"plans\": [");
        ScoreRecord loaded = JsonScores.at(file).load().orElseThrow();
        assertThat(loaded).isEqualTo(ofPlans());
        assertThat(loaded.plans().keySet())
                .containsExactlyElementsOf(ofPlans().plans().keySet());
    }

    @Test
    void outcomesThatAreNotThoseOfTheScoreAreRefused() throws IOException {
        String half = "\"quick\": true, \"layers\": {}, \"score\": 0.5";
        refuses(
                half + ", \"samples\": 4, \"right\": \"AQ==\"",
                "field 'plans[0].right' says 1 right samples of 4, the score is 0.5.");
        refuses(
                half + ", \"samples\": 4, \"right\": \"GA==\"",
                "field 'plans[0].right' says 2 right samples of 4, the score is 0.5.");
        refuses(half + ", \"samples\": 4, \"right\": \"?\"", "field 'plans[0].right' is not Base64.");
        refuses(half + ", \"samples\": 4", "field 'plans[0].right' is missing.");
        refuses(half + ", \"right\": \"AQ==\"", "field 'plans[0].samples' is missing.");
        refuses(half + " }, { " + half, "field 'plans[1]' scores a plan a second time.");
    }

    private void refuses(String plan, String problem) throws IOException {
        Path file = folder.resolve("bad.json");
        Files.writeString(
                file,
                "{ \"format\": \"wsvd-scores\", \"version\": 1, \"layers\": {}, \"plans\": [ { " + plan + " } ] }");
        assertThatThrownBy(() -> JsonScores.at(file).load())
                .isInstanceOf(InvalidInputException.class)
                .hasMessageEndingWith(problem);
    }

    @Test
    void anEvaluatorThatKnowsOnlyItsNameKeepsIt() throws IOException {
        Path file = folder.resolve("scores.json");
        ScoreRecord scores = new ScoreRecord(
                Optional.empty(), Optional.of(new EvaluatorIdentity("mine", 0, "")), ScoreTable.empty());
        JsonScores.at(file).save(scores);

        assertThat(Files.readString(file)).isEqualTo("""
                {
                  "format": "wsvd-scores",
                  "version": 1,
                  "evaluator": { "name": "mine" },
                  "layers": {}
                }
                """);
        assertThat(JsonScores.at(file).load()).contains(scores);
    }

    @Test
    void aFileThatDoesNotExistIsEmpty() {
        assertThat(JsonScores.at(folder.resolve("none.json")).load()).isEmpty();
        assertThat(JsonScores.at(folder.resolve("none/none.json")).load()).isEmpty();
    }

    @Test
    void aHandMadeFileInAnyLayoutIsLoaded() throws IOException {
        Path file = folder.resolve("hand.json");
        Files.writeString(file, """
                \uFEFF{"layers":{"conv2":[{"score":1,"rank":3,
                "ratio":1e-1,"unfolding":"input-channel"}]},"version":1,"format":"wsvd-scores"}""");

        assertThat(JsonScores.at(file).load())
                .contains(new ScoreRecord(
                        Optional.empty(),
                        Optional.empty(),
                        ScoreTable.empty().with(new Candidate(CONV2, Choice.of("input-channel", 3)), 0.1, 1)));
    }

    @Test
    void aScoreThatIsNotFiniteIsRefusedAndTheFileStays() throws IOException {
        Path file = folder.resolve("scores.json");
        JsonScores store = JsonScores.at(file);
        store.save(full());
        ScoreTable table =
                ScoreTable.empty().with(new Candidate(CONV2, Choice.of("input-channel", 3)), 0.1, Double.NaN);

        assertThatThrownBy(() -> store.save(new ScoreRecord(Optional.empty(), Optional.empty(), table)))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("Field 'layers.conv2[0].score' is NaN, which JSON cannot hold; only finite numbers can.");
        assertThat(store.load()).contains(full());
    }

    @Test
    void nothingIsLeftBesideTheFile() throws IOException {
        JsonScores store = JsonScores.at(folder.resolve("scores.json"));
        for (int i = 0; i < 5; i++) {
            store.save(full());
        }
        try (var files = Files.list(folder)) {
            assertThat(files.map(f -> f.getFileName().toString())).containsExactly("scores.json");
        }
    }

    @Test
    void aLinkStaysALink() throws IOException {
        Path real = Files.createDirectory(folder.resolve("real")).resolve("scores.json");
        Files.writeString(real, "old");
        Path link = Files.createSymbolicLink(folder.resolve("link.json"), real);
        JsonScores.at(link).save(full());

        assertThat(Files.isSymbolicLink(link)).isTrue();
        assertThat(JsonScores.at(real).load()).contains(full());
    }

    @Test
    void aPathThatCannotBeWrittenIsRefused() throws IOException {
        Path inNothing = folder.resolve("none/scores.json");
        assertThatThrownBy(() -> JsonScores.at(inNothing).save(full()))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("Cannot write '" + inNothing + "': its folder does not exist.");

        assertThatThrownBy(() -> JsonScores.at(folder).save(full()))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("Cannot write '" + folder + "': it is a folder.");
    }

    @Test
    void aDeviceIsNeitherWrittenToNorReplaced() {
        Path device = Path.of("/dev/null");
        assumeTrue(Files.exists(device));
        assertThatThrownBy(() -> JsonScores.at(device).save(full()))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("Cannot write '/dev/null': it is a device or a pipe, not a file.");
        assertThat(Files.isRegularFile(device)).isFalse();
    }

    private static ScoreRecord ofPlans() {
        Map<LayerId, Choice> changes = new LinkedHashMap<>();
        changes.put(CONV2, Choice.of("input-channel", 3));
        changes.put(FC, new Choice("tucker-2", List.of(16, 24)));
        BitSet right = new BitSet();
        right.set(0, 9);
        Map<ScoredPlan, Evaluation> plans = new LinkedHashMap<>();
        plans.put(ScoredPlan.ORIGINAL, Evaluation.of(SampleOutcomes.of(right, 12)));
        plans.put(new ScoredPlan(changes, true, false, false), Evaluation.of(SampleOutcomes.of(new BitSet(), 12)));
        plans.put(new ScoredPlan(changes, false, true, false), Evaluation.of(0.1));
        plans.put(new ScoredPlan(changes, false, true, true), Evaluation.of(-3));
        return new ScoreRecord(
                Optional.empty(),
                Optional.empty(),
                Optional.of(new CalibrationIdentity(500, "ef56")),
                ScoreTable.empty(),
                plans);
    }

    private static ScoreRecord full() {
        ScoreTable table = ScoreTable.empty()
                .withBaseline(0.9061)
                .with(new Candidate(CONV2, Choice.of("input-channel", 3)), 0.1, 0.7123)
                .with(new Candidate(FC, Choice.of("input-channel", 40)), 0.5, -1e-7)
                .with(new Candidate(CONV2, Choice.of("output-channel", 6)), 0.2, 0.75);
        return new ScoreRecord(
                Optional.of(new ModelIdentity("resnet18.onnx", "ab12")),
                Optional.of(new EvaluatorIdentity("accuracy", 2000, "cd34")),
                table);
    }
}
