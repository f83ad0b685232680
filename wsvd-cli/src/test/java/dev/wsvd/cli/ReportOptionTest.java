package dev.wsvd.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Reports as pages. */
class ReportOptionTest {
    private static final Pattern DATA =
            Pattern.compile("<script type=\"application/json\" id=\"data\">(.*?)</script>", Pattern.DOTALL);

    @TempDir
    Path folder;

    @Test
    void compressWritesWhatItsStatsSayAndHowToMakeThemAgain() throws IOException {
        Path page = folder.resolve("a page.html");
        Path stats = folder.resolve("stats.json");
        done(
                "compress",
                Demo.MODEL,
                "--dry-run",
                "--select",
                "budget",
                "--target",
                "0.5",
                "--stats",
                stats,
                "--report",
                page);

        assertThat(json(page))
                .isEqualTo(Files.readString(stats).replace(">", "\\u003e"))
                .contains(
                        "\"command\": \"wsvd compress ../demo/fashion-resnet.onnx --dry-run --select budget --target 0.5 --stats "
                                + stats + " --report '" + page + "'\"")
                .contains("\"candidates\": [", "\"spectrum\": {");
    }

    @Test
    void compareWritesBothModelsAndEveryLayer() throws IOException {
        Path small = folder.resolve("small.onnx");
        Path page = folder.resolve("page.html");
        done("compress", Demo.MODEL, "-o", small, "--layer", "stage1.0.conv1=0.5");
        done(
                "compare",
                Demo.MODEL,
                small,
                "--data",
                Demo.IMAGES,
                "--labels",
                Demo.LABELS,
                "--samples",
                50,
                "--report",
                page);

        assertThat(json(page))
                .contains("\"format\": \"wsvd-comparison\"", "\"latencies\": [", "\"fidelity\": {", "\"score\": {")
                .containsPattern(
                        "\"name\": \"stage1\\.0\\.conv1\"[^}]*\"decision\": \"split\"[^}]*\"mac\": \\[1806336, \\d{6}\\]")
                .contains("\"name\": \"fc2\"");
    }

    @Test
    void compareTellsTheBytesOfALayerThatIsInInt8() throws IOException {
        Path small = folder.resolve("small.onnx");
        Path page = folder.resolve("page.html");
        done("quantize", Demo.MODEL, "-o", small, "--calibration", Demo.CALIBRATION);
        done("compare", Demo.MODEL, small, "--data", Demo.IMAGES, "--samples", 20, "--report", page);

        assertThat(json(page))
                .containsPattern(
                        "\"name\": \"stage1\\.0\\.conv1\"[^}]*\"decision\": \"dense\"[^}]*\"bytes\": \\[36864, 9216\\]");
    }

    @Test
    void theCurveAndTheInspectionHavePagesToo() throws IOException {
        Path page = folder.resolve("page.html");
        done("compress", Demo.MODEL, "--pareto", folder.resolve("curve.csv"), "--target", "0.8", "--report", page);
        assertThat(json(page)).contains("\"format\": \"wsvd-pareto\"", "\"name\": \"ratio 0.900\"");

        done("inspect", Demo.MODEL, "--report", page);
        assertThat(json(page))
                .contains(
                        "\"format\": \"wsvd-inspection\"",
                        "\"name\": \"stem.conv\"",
                        "\"model\": \"fashion-resnet.onnx\"");
    }

    @Test
    void nothingElseIsOverwritten() {
        Call.assertRefused(
                2,
                "wsvd: The output '" + Demo.MODEL
                        + "' is an input of this run; inputs are never overwritten. Maybe use another name.",
                "inspect",
                Demo.MODEL,
                "--report",
                Demo.MODEL);
        Call.assertRefused(
                2,
                "wsvd: --couplings lists no layers; it cannot be combined with --report.",
                "inspect",
                Demo.MODEL,
                "--couplings",
                "--report",
                folder.resolve("page.html"));
    }

    private static void done(Object... words) {
        Call call = Call.of(words);
        assertThat(call.exitCode()).as(call.err()).isZero();
    }

    private static String json(Path page) throws IOException {
        Matcher found = DATA.matcher(Files.readString(page));
        assertThat(found.find()).isTrue();
        return found.group(1);
    }
}
