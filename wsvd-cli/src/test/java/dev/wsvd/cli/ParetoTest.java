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

/** The curve of cost against score. */
class ParetoTest {
    @TempDir
    Path folder;

    @Test
    void isPrintedAndWritten() throws IOException {
        Path csv = folder.resolve("curve.csv");
        Call call = Call.of(curve(
                csv,
                "--candidates",
                4,
                "--calibration",
                Demo.CALIBRATION,
                "--data",
                Demo.IMAGES,
                "--labels",
                Demo.LABELS));

        assertThat(call.exitCode()).as(call.err()).isZero();
        List<String> lines = Files.readAllLines(csv);
        assertThat(lines.get(0)).isEqualTo("target,mac,mac_ratio,params,params_ratio,score,score_low,score_high");
        List<double[]> points = lines.stream().skip(1).map(ParetoTest::numbers).toList();
        assertThat(points).hasSize(4);
        assertThat(points.get(0)).startsWith(1, 12_700_032, 1, 492_576, 1, 0.9365);
        assertThat(points).extracting(point -> point[0]).containsExactly(1.0, 0.75, 0.5, 0.25);
        for (int i = 1; i < 4; i++) {
            double[] point = points.get(i);
            assertThat(point[2]).isBetween(point[0] - 0.02, point[0]);
            assertThat(point[5]).isBetween(0.85, 0.94).isBetween(point[6], point[7]);
        }
        assertThat(points.get(3)[5]).isLessThan(points.get(1)[5]);
        assertThat(call.out().lines().toList()).hasSize(6).last().isEqualTo("Wrote " + csv + ".");
        assertThat(call.out())
                .containsPattern("original +12\\.7 MMAC +1\\.000 +493 k +1\\.000 +0\\.9365 +0\\.9250 … 0\\.9464");
    }

    @Test
    void withoutDataHasCostsAlone() throws IOException {
        Path csv = folder.resolve("curve.csv");
        Call call = Call.of(curve(csv, "--target", 0.8));

        assertThat(call.exitCode()).isZero();
        assertThat(Files.readAllLines(csv))
                .hasSize(4)
                .allMatch(line -> line.endsWith(",,") || line.startsWith("target"));
    }

    @Test
    void doesNotGoWithWhatItWouldLeaveOut() {
        Path csv = folder.resolve("curve.csv");
        Call.assertRefused(
                2,
                "wsvd: --pareto writes a curve and no model; it cannot be combined with -o.",
                curve(csv, "-o", folder.resolve("small.onnx")));
        Call.assertRefused(
                2,
                "wsvd: --pareto chooses ranks by budgeted selection at each ratio; it cannot be combined with --max-macs.",
                curve(csv, "--max-macs", "2M"));
        Call.assertRefused(
                2,
                "wsvd: --pareto chooses ranks by budgeted selection at each ratio; it cannot be combined with --select greedy.",
                curve(csv, "--select", "greedy"));
        Call.assertRefused(
                2, "wsvd: No ratio i/10 below 1 is as large as --target 0.95.", curve(csv, "--target", 0.95));
        Call.assertRefused(2, "wsvd: --candidates must be at least 2, found 1.", curve(csv, "--candidates", 1));
        assertThat(csv).doesNotExist();
    }

    private static double[] numbers(String line) {
        return Arrays.stream(line.split(",")).mapToDouble(Double::parseDouble).toArray();
    }

    private static Object[] curve(Path csv, Object... more) {
        return Stream.concat(
                        Stream.of("compress", Demo.MODEL, "--pareto", csv, "--multiplicity", "8"), Arrays.stream(more))
                .toArray();
    }
}
