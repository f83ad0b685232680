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
        List<String> counted = counted(call);
        assertThat(counted.get(0)).isEqualTo("1/14  original: 0.9300");
        assertThat(counted.get(1)).startsWith("2/14  ratio 0.87");
        assertThat(counted.get(2)).startsWith("3/14  ratio 0.75");
        int all = counted.size();
        assertThat(counted.get(all - 1)).startsWith(all + "/" + all + "  compressed model: ");
        assertThat(call.out()).contains("\n" + all + " evaluations; ");
        assertThat(call.err())
                .containsPattern(
                        "note: The smallest ratio found that keeps the score is 0\\.\\d+ \\(score 0\\.\\d{4}\\); the"
                                + " next larger tried is 0\\.\\d+ \\(score 0\\.\\d{4}\\); the next smaller tried is 0\\.\\d+"
                                + " \\(score 0\\.\\d{4}\\), too low\\.");
    }

    @Test
    void otherRunsCountTheLastEvaluationToo() {
        Call call = Call.of(Demo.compress(folder.resolve("small.onnx"), "--samples", 100, "--layer", "fc1=0.5"));

        assertThat(counted(call))
                .satisfiesExactly(
                        line -> assertThat(line).startsWith("1/2  original: 0."),
                        line -> assertThat(line).startsWith("2/2  compressed model: 0."));
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

    private static List<String> counted(Call call) {
        return call.err().lines().filter(line -> line.matches("\\d+/\\d+  .*")).toList();
    }
}
