package dev.wsvd.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Budgets and calibration that make no sense get one sentence and exit code 2, and nothing is written. */
class BudgetRefusalsTest {
    @TempDir
    Path folder;

    @Test
    void budgetsThatMeanNothing() {
        refused(
                2,
                "wsvd: Budgeted selection needs --target, --max-macs, --max-params, --max-bytes, --max-latency or --max-drop.",
                compress("--calibration", Demo.CALIBRATION));
        refused(
                2,
                "wsvd: --max-macs takes a number above 0, such as 200M or 25000, found 'many'.",
                compress("--max-macs", "many"));
        refused(
                2,
                "wsvd: --max-bytes takes a number above 0, such as 200M or 25000, found '0'.",
                compress("--max-bytes", "0"));
        refused(
                2,
                "wsvd: The largest drop of the score must be a number of at least 0, found -0.1.",
                compress("--max-drop", "-0.1"));
        refused(
                2,
                "wsvd: --max-params is for --select budget, found --select greedy.",
                compress("--select", "greedy", "--target", "0.5", "--max-params", "2M"));
        refused(
                2,
                "wsvd: Budgeted selection considers every rank of every unfolding; it cannot be combined with --candidates.",
                compress("--select", "budget", "--target", "0.5", "--candidates", "5"));
        refused(
                2,
                "wsvd: --plan determines all ranks; it cannot be combined with --max-macs.",
                compress("--plan", "plan.json", "--max-macs", "2M"));
    }

    @Test
    void inputsThatAreLearntFromAndScore(@TempDir Path elsewhere) throws IOException {
        Path images = Path.of(String.valueOf(Demo.IMAGES)).toAbsolutePath();
        Path link = Files.createSymbolicLink(elsewhere.resolve("images.npy"), images);
        for (Object calibration : List.of(Demo.IMAGES, link)) {
            refused(
                    2,
                    "wsvd: --calibration and --data are the same file, " + Demo.IMAGES
                            + "; a score on calibration data is too high. Maybe split it into two files.",
                    compress("--target", "0.5", "--calibration", calibration));
        }
    }

    @Test
    void scoresOfABudgetThatComparesNoNetworks() {
        refused(
                2,
                "wsvd: --scores keeps the scores of networks that are compared; --select budget compares none without"
                        + " --max-drop.",
                compress("--select", "budget", "--target", "0.5", "--scores", folder.resolve("scores.json")));
    }

    private Object[] compress(Object... more) {
        return Demo.compress(folder.resolve("out.onnx"), more);
    }

    private void refused(int exitCode, String message, Object... words) {
        Call.assertRefused(exitCode, message, words);
        assertThat(folder.resolve("out.onnx")).doesNotExist();
    }
}
