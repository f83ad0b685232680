package dev.wsvd.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The smallest model that keeps the score, from the command line. */
class MaxDropTest {
    @TempDir
    Path folder;

    @Test
    void theSearchComesFromTheOriginalAndCountsEveryEvaluation() {
        Call call = Call.of(Demo.compress(folder.resolve("small.onnx"), "--samples", 500, "--max-drop", 0.02));

        assertThat(call.exitCode()).as(call.err()).isZero();
        List<String> scores = scores(call);
        assertThat(scores.get(0)).isEqualTo("original scores 0.9300");
        assertThat(scores.get(1)).startsWith("ratio 0.87");
        assertThat(scores.get(2)).startsWith("ratio 0.75");
        int all = scores.size();
        assertThat(scores.get(all - 1)).startsWith("compressed model scores ");
        assertThat(call.out()).contains("\n" + all + " evaluations; ");
        assertThat(call.err())
                .containsPattern(
                        "note: The smallest ratio found that keeps the score is 0\\.\\d+ \\(score 0\\.\\d{4}\\); the"
                                + " next larger tried is 0\\.\\d+ \\(score 0\\.\\d{4}\\); the next smaller tried is 0\\.\\d+"
                                + " \\(score 0\\.\\d{4}\\), too low\\.");
    }

    @Test
    void otherRunsTellTheLastEvaluationToo() {
        Call call = Call.of(Demo.compress(folder.resolve("small.onnx"), "--samples", 100, "--layer", "fc1=0.5"));

        assertThat(scores(call))
                .satisfiesExactly(
                        line -> assertThat(line).startsWith("original scores 0."),
                        line -> assertThat(line).startsWith("compressed model scores 0."));
        assertThat(call.out()).contains("\n2 evaluations; ");
    }

    @Test
    void aLimitInNumbersThatCannotBeMetIsAnsweredInNumbers() {
        Call call = Call.of("compress", Demo.MODEL, "--dry-run", "--max-macs", "100k");

        assertThat(call.exitCode()).isEqualTo(3);
        assertThat(call.err())
                .endsWith(
                        "wsvd: At most 100000 MACs cannot be met: the fewest reachable are 177422. Maybe raise the limit or"
                                + " ignore fewer layers." + System.lineSeparator());
    }

    private static List<String> scores(Call call) {
        return call.err()
                .lines()
                .filter(line -> line.matches("\\d+ %.*: .* scores \\d\\.\\d+"))
                .map(line -> line.substring(line.indexOf(": ") + 2))
                .toList();
    }
}
