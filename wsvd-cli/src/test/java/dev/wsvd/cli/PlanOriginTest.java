package dev.wsvd.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wsvd.json.JsonPlans;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A plan says what it was made with, and a run that lacks that says so. */
class PlanOriginTest {
    private static final String DIGEST = "[0-9a-f]{12}…";

    @TempDir
    Path folder;

    private Path plan;

    @BeforeEach
    void madeWithInputsAndCorrection() {
        plan = folder.resolve("plan.json");
        Call made = dryRun(
                "--target",
                0.5,
                "--multiplicity",
                8,
                "--calibration",
                Demo.CALIBRATION,
                "--correct",
                "--save-plan",
                plan);
        assertThat(made.exitCode()).as(made.err()).isZero();
    }

    @Test
    void itIsInTheFile() {
        assertThat(JsonPlans.read(plan).origin().orElseThrow()).satisfies(origin -> {
            assertThat(origin.calibration().orElseThrow().samples()).isEqualTo(500);
            assertThat(origin.calibration().orElseThrow().sha256()).hasSize(64);
            assertThat(origin.corrected()).isTrue();
            assertThat(origin.wsvd()).isNotBlank();
        });
    }

    @Test
    void withoutEitherItIsSaid() {
        assertThat(notes("--plan", plan))
                .satisfiesExactly(
                        note -> assertThat(note)
                                .matches("note: The plan was made with calibration inputs \\(500 samples, sha256 "
                                        + DIGEST
                                        + "\\), and this run has none; the model may score much lower\\. Maybe add them"
                                        + " \\(--calibration\\)\\."),
                        note -> assertThat(note)
                                .isEqualTo(
                                        "note: The plan was made with correction, and this run makes none; the model may"
                                                + " score much lower. Maybe add it (--correct)."));
    }

    @Test
    void withOtherInputsItIsSaid() {
        assertThat(notes("--plan", plan, "--calibration", Demo.IMAGES, "--correct"))
                .singleElement()
                .asString()
                .matches("note: The plan was made with other calibration inputs \\(500 samples, sha256 " + DIGEST
                        + "\\) than this run's \\(2000 samples, sha256 " + DIGEST
                        + "\\); the model may score lower\\. Maybe use the same ones\\.");
    }

    @Test
    void withTheSameNothingIsSaid() {
        assertThat(notes("--plan", plan, "--calibration", Demo.CALIBRATION, "--correct"))
                .isEmpty();
    }

    private static List<String> notes(Object... more) {
        Call call = dryRun(more);
        assertThat(call.exitCode()).as(call.err()).isZero();
        return call.err().lines().filter(line -> line.startsWith("note:")).toList();
    }

    private static Call dryRun(Object... more) {
        return Call.of(Stream.concat(Stream.of("compress", Demo.MODEL, "--dry-run"), Stream.of(more))
                .toArray());
    }
}
