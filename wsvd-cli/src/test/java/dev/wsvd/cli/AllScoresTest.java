package dev.wsvd.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wsvd.json.JsonScores;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AllScoresTest {
    @TempDir
    private Path folder;

    @Test
    void everyOtherTargetNeedsNoData() {
        Path scores = folder.resolve("scores.json");
        Call first = Call.of(Demo.compress(
                folder.resolve("first.onnx"),
                "--target",
                "0.9",
                "--candidates",
                3,
                "--scores",
                scores,
                "--all-scores"));
        assertThat(first.exitCode()).isZero();
        int all = JsonScores.at(scores).load().orElseThrow().table().entries().size();
        assertThat(first.out()).contains("\n" + (all + 2) + " evaluations; ");

        Call again =
                Call.of("compress", Demo.MODEL, "--target", "0.5", "--candidates", 3, "--scores", scores, "--dry-run");

        assertThat(again.exitCode()).isZero();
        assertThat(again.out()).contains("\n0 evaluations; ");
    }
}
