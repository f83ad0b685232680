package dev.wsvd.json;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wsvd.domain.CalibrationIdentity;
import dev.wsvd.domain.ModelIdentity;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.file.WholeFile;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.plan.Choice;
import dev.wsvd.domain.plan.Decision;
import dev.wsvd.domain.plan.Plan;
import dev.wsvd.domain.plan.PlanOrigin;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JsonPlansTest {
    private static final ModelIdentity MODEL = new ModelIdentity("résnet.onnx", "ab12");

    @TempDir
    Path folder;

    @Test
    void theFileIsAsDesignedAndIsReadBackInOrder() throws IOException {
        Path file = folder.resolve("plan.json");
        JsonPlans.write(file, MODEL, plan("ignored"));

        assertThat(Files.readString(file)).isEqualTo("""
                {
                  "format": "wsvd-plan",
                  "version": 1,
                  "model": { "name": "résnet.onnx", "sha256": "ab12" },
                  "layers": [
                    { "name": "conv2", "decision": "split", "unfolding": "input-channel", "rank": 12 },
                    { "name": "fc2", "decision": "dense" },
                    { "name": "a/b", "decision": "split", "unfolding": "output-channel", "rank": 1 }
                  ]
                }
                """);
        PlanFile read = JsonPlans.read(file);
        assertThat(read).isEqualTo(new PlanFile(Optional.of(MODEL), Optional.empty(), plan("dense in the plan")));
        assertThat(read.plan().decisions().keySet())
                .containsExactly(new LayerId("conv2"), new LayerId("fc2"), new LayerId("a/b"));
    }

    @Test
    void aPlanSaysWhatItWasMadeWith() throws IOException {
        Path file = folder.resolve("plan.json");
        PlanOrigin learnt = new PlanOrigin("0.1.0", Optional.of(new CalibrationIdentity(500, "cd34")), true);
        JsonPlans.write(file, MODEL, learnt, plan("ignored"));

        assertThat(Files.readString(file)).contains("""
                  "madeWith": {
                    "wsvd": "0.1.0",
                    "calibration": { "samples": 500, "sha256": "cd34" },
                    "corrected": true
                  },
                """);
        assertThat(JsonPlans.read(file).origin()).contains(learnt);
        PlanOrigin free = new PlanOrigin("0.1.0", Optional.empty(), false);
        JsonPlans.write(file, MODEL, free, plan("ignored"));
        assertThat(JsonPlans.read(file).origin()).contains(free);
        PlanOrigin int8 = new PlanOrigin("0.1.0", Optional.empty(), false, true);
        JsonPlans.write(file, MODEL, int8, plan("ignored"));
        assertThat(Files.readString(file)).contains("\"int8\": true");
        assertThat(JsonPlans.read(file).origin()).contains(int8);
    }

    @Test
    void severalRanksAreAList() throws IOException {
        Path file = folder.resolve("plan.json");
        Plan plan = Plan.of(new LayerId("conv2"), new Choice("tucker-2", List.of(16, 24)));
        JsonPlans.write(file, MODEL, plan);

        assertThat(Files.readString(file)).contains("""
                    { "name": "conv2", "decision": "split", "unfolding": "tucker-2", "ranks": [16, 24] }
                """);
        assertThat(JsonPlans.read(file).plan()).isEqualTo(plan);
    }

    @Test
    void aPlanOfWeightsSaysWhatStandsInALayersPlace() {
        Path file = folder.resolve("plan.json");
        PlanFile saved = new PlanFile(
                Optional.of(MODEL),
                Optional.empty(),
                plan("dense in the plan"),
                Optional.of("a-0000.params"),
                Map.of(
                        new LayerId("conv2"),
                        List.of(
                                new StageShape(24, 2, List.of(2)),
                                new StageShape(24, 1, List.of(2, 3)),
                                new StageShape(32, 1, List.of()))),
                Map.of());
        WholeFile.write(file, JsonPlans.toJson(saved));

        assertThat(file).content().contains("""
                  "parameters": "a-0000.params",
                  "layers": [
                    {
                      "name": "conv2",
                      "decision": "split",
                      "unfolding": "input-channel",
                      "rank": 12,
                      "stages": [
                        { "out": 24, "groups": 2, "axes": [2] },
                        { "out": 24, "axes": [2, 3] },
                        { "out": 32 }
                      ]
                    },
                    { "name": "fc2", "decision": "dense" },
                """);
        assertThat(JsonPlans.read(file)).isEqualTo(saved);
    }

    @Test
    void aPlanOfWeightsSaysWhatCutsLeft() {
        Path file = folder.resolve("plan.json");
        PlanFile saved = new PlanFile(
                Optional.of(MODEL),
                Optional.empty(),
                plan("dense in the plan"),
                Optional.of("a-0000.params"),
                Map.of(),
                Map.of(new LayerId("conv2"), new CutShape(32, true), new LayerId("fc2"), new CutShape(24, false)));
        WholeFile.write(file, JsonPlans.toJson(saved));

        assertThat(file).content().contains("""
                    {
                      "name": "conv2",
                      "decision": "split",
                      "unfolding": "input-channel",
                      "rank": 12,
                      "cut": { "out": 32, "bias": true }
                    },
                    {
                      "name": "fc2",
                      "decision": "dense",
                      "cut": { "out": 24 }
                    },
                """);
        assertThat(JsonPlans.read(file)).isEqualTo(saved);
    }

    @Test
    void anOriginThatSaysNothingIsRefused() throws IOException {
        Path file = folder.resolve("plan.json");
        Files.writeString(
                file,
                "{\"format\":\"wsvd-plan\",\"version\":1,\"layers\":[],\n"
                        + "\"madeWith\":{\"wsvd\":\"1\",\"corrected\":null}}");
        assertThatThrownBy(() -> JsonPlans.read(file))
                .isExactlyInstanceOf(InvalidInputException.class)
                .hasMessage(
                        file + ", line 2, column 36: field 'madeWith.corrected' must be true or false, found null.");
    }

    @Test
    void aHandMadePlanNeedsNoModel() throws IOException {
        Path file = folder.resolve("plan.json");
        Files.writeString(file, "{\"format\":\"wsvd-plan\",\"version\":1,\"layers\":[]}");
        assertThat(JsonPlans.read(file)).isEqualTo(new PlanFile(Optional.empty(), Optional.empty(), Plan.NONE));
    }

    @Test
    void malformedPlansAreRefused() throws IOException {
        refused(
                "{\"name\": \"a\", \"decision\": \"keep\"}",
                "column 29: field 'layers[0].decision' must be \"split\" or \"dense\", found \"keep\".");
        refused(
                "{\"name\": \"a\", \"decision\": \"dense\", \"rank\": 3}",
                "column 46: field 'layers[0].rank' is unknown; allowed: name, decision, cut.");
        refused(
                "{\"name\": \"a\", \"decision\": \"split\", \"rank\": 3}",
                "column 3: field 'layers[0].unfolding' is missing.");
        refused(
                "{\"name\": \"a\", \"decision\": \"split\", \"unfolding\": \" \", \"rank\": 3}",
                "column 51: field 'layers[0].unfolding' must be a text that is not blank, found \" \".");
        refused(
                "{\"name\": \"a\", \"decision\": \"split\", \"unfolding\": \"x\"}",
                "column 3: field 'layers[0].rank' is missing.");
        refused(
                "{\"name\": \"a\", \"decision\": \"split\", \"unfolding\": \"x\", \"rank\": 3, \"ranks\": [3, 4]}",
                "column 76: field 'layers[0].ranks' cannot be there beside 'rank'.");
        refused(
                "{\"name\": \"a\", \"decision\": \"split\", \"unfolding\": \"x\", \"ranks\": []}",
                "column 65: field 'layers[0].ranks' must hold a rank.");
        refused(
                "{\"name\": \"a\", \"decision\": \"split\", \"unfolding\": \"x\", \"ranks\": [3, 0]}",
                "column 69: field 'layers[0].ranks[1]' must be a whole number of at least 1, found 0.");
        refused(
                "{\"name\": \"a\", \"decision\": \"split\", \"unfolding\": \"x\", \"ranks\": [3, null]}",
                "column 69: field 'layers[0].ranks[1]' must be a whole number of at least 1, found null.");
        refused(
                "{\"name\": \"a\", \"decision\": \"split\", \"unfolding\": \"x\", \"ranks\": 3}",
                "column 65: field 'layers[0].ranks' must be a list, found 3.");
        refused(
                "{\"name\": \"a\", \"decision\": \"split\", \"unfolding\": \"x\", \"rank\": 3, \"stages\": [null]}",
                "column 78: field 'layers[0].stages[0]' must be an object, found null.");
        refused(
                "{\"name\": \"a\", \"decision\": \"split\", \"unfolding\": \"x\", \"rank\": 3, \"stages\": [{}]}",
                "column 78: field 'layers[0].stages[0].out' is missing.");
        refused(
                "{\"name\": \"a\", \"decision\": \"dense\", \"cut\": {\"bias\": true}}",
                "column 45: field 'layers[0].cut.out' is missing.");
        refused(
                "{\"name\": \"a\", \"decision\": \"dense\"}, {\"name\": \"a\", \"decision\": \"dense\"}",
                "column 48: field 'layers[1].name' names layer 'a' a second time.");
        refused(
                "{\"name\": \" \", \"decision\": \"dense\"}",
                "column 12: field 'layers[0].name' must be a text that is not blank, found \" \".");
        refused("\"conv2\"", "column 3: field 'layers[0]' must be an object, found \"conv2\".");
    }

    @Test
    void aPlanThatDoesNotExistIsRefused() {
        Path file = folder.resolve("none.json");
        assertThatThrownBy(() -> JsonPlans.read(file))
                .isExactlyInstanceOf(InvalidInputException.class)
                .hasMessage("The file " + file + " does not exist.");
    }

    private void refused(String layer, String message) throws IOException {
        Path file = folder.resolve("plan.json");
        Files.writeString(file, "{\"format\": \"wsvd-plan\", \"version\": 1, \"layers\":\n[ " + layer + "]}");
        assertThatThrownBy(() -> JsonPlans.read(file))
                .isExactlyInstanceOf(InvalidInputException.class)
                .hasMessage(file + ", line 2, " + message);
    }

    private static Plan plan(String reason) {
        Map<LayerId, Decision> decisions = new LinkedHashMap<>();
        decisions.put(new LayerId("conv2"), new Decision.Change(Choice.of("input-channel", 12)));
        decisions.put(new LayerId("fc2"), new Decision.Keep(reason));
        decisions.put(new LayerId("a/b"), new Decision.Change(Choice.of("output-channel", 1)));
        return new Plan(decisions);
    }
}
