package dev.wsvd.cli;

import static org.assertj.core.api.Assertions.assertThat;

import ai.onnx.proto.OnnxMl.ModelProto;
import dev.wsvd.domain.spi.ModelFormatProvider;
import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Models in int8, from the command line. */
class QuantizeCommandTest {
    @TempDir
    Path folder;

    private static Object[] quantize(Path output, Object... more) {
        return Stream.concat(Stream.of("quantize", Demo.MODEL, "-o", output), Stream.of(more))
                .toArray();
    }

    private List<Path> left() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.toList();
        }
    }

    private static String last(String text, int before) {
        List<String> lines = text.lines().toList();
        return lines.get(lines.size() - 1 - before);
    }

    @Test
    void writesASmallerModelThatScoresNearlyAsWell() throws IOException {
        Path output = folder.resolve("int8.onnx");

        Call call = Call.of(quantize(
                output,
                "--calibration",
                Demo.CALIBRATION,
                "--data",
                Demo.IMAGES,
                "--labels",
                Demo.LABELS,
                "--samples",
                500));

        assertThat(call.exitCode()).as(call.err()).isZero();
        assertThat(left()).containsExactly(output);
        assertThat(Files.size(output)).isBetween(400_000L, 600_000L);
        assertThat(call.out().lines().findFirst().orElseThrow().split("  +"))
                .containsExactly("layer", "kind", "weight", "share of MAC", "computes in", "output error", "note");
        assertThat(call.out())
                .containsPattern("\\Rfile +1\\.99 MB +5\\d\\d kB +0\\.2\\d\\d\\R")
                .containsPattern("\\Raccuracy \\(500 samples\\) +0\\.9300 +0\\.9[2-4]\\d{2}\\R");
        assertThat(last(call.out(), 1))
                .matches("13 of 13 layers in int8, 100\\.0 % of the MACs; \\d+ activations with a known range\\.");
        assertThat(last(call.out(), 0)).matches("Wrote " + output + " \\(5\\d\\d kB, was 1\\.99 MB\\)\\.");

        Call inspected = Call.of("inspect", output);
        assertThat(inspected.exitCode()).isZero();
        assertThat(inspected.out()).contains("it is quantised").contains("13 layers, 0 can be split: 12.7 MMAC, ");
    }

    @Test
    void layersThatAreIgnoredStayFloat() {
        Call call = Call.of(quantize(
                folder.resolve("int8.onnx"),
                "--calibration",
                Demo.CALIBRATION,
                "--ignore",
                "stem.*",
                "--ignore",
                "fc*"));

        assertThat(call.exitCode()).as(call.err()).isZero();
        assertThat(call.out())
                .containsPattern("\\Rstem\\.conv .* float32 +ignored\\R")
                .containsPattern("\\Rfc1 .* float32 +ignored\\R");
        assertThat(last(call.out(), 1)).startsWith("10 of 13 layers in int8, ");
    }

    @Test
    void theReportIsWrittenAsJsonToo() throws IOException {
        Path stats = folder.resolve("stats.json");

        Call call = Call.of(quantize(
                folder.resolve("int8.onnx"),
                "--calibration",
                Demo.CALIBRATION,
                "--ignore",
                "fc2",
                "--data",
                Demo.IMAGES,
                "--labels",
                Demo.LABELS,
                "--samples",
                200,
                "--stats",
                stats));

        assertThat(call.exitCode()).as(call.err()).isZero();
        assertThat(Files.readString(stats))
                .contains("\"format\": \"wsvd-quantization\"", "\"mode\": \"static\"", "\"samples\": 200")
                .containsPattern(
                        "\\{ \"name\": \"stem.conv\", \"type\": \"int8\", \"mac\": \\d+, \"outputError\": 0\\.0\\d+ \\}")
                .containsPattern(
                        "\\{ \"name\": \"fc2\", \"type\": \"float32\", \"reason\": \"ignored\", \"mac\": \\d+ \\}");
    }

    @Test
    void theReportNeverGoesWhereTheModelGoes() throws IOException {
        Path output = folder.resolve("int8.onnx");

        Call.assertRefused(
                2,
                "wsvd: Two outputs would go to '" + output + "'. Maybe use another name for one.",
                quantize(output, "--calibration", Demo.CALIBRATION, "--stats", output));
        assertThat(left()).isEmpty();
    }

    @Test
    void aModelWithoutConvolutionsNeedsNoInputs() throws IOException {
        Path model = folder.resolve("model.onnx");
        TinyModel.writeWithExternalData(model, "model.data");
        Path output = folder.resolve("int8.onnx");

        Call call = Call.of("quantize", model, "-o", output);

        assertThat(call.exitCode()).as(call.err()).isZero();
        assertThat(last(call.out(), 1))
                .isEqualTo("2 of 2 layers in int8, 100.0 % of the MACs; ranges of activations are found in each run.");
        ModelProto written = ModelProto.parseFrom(Files.readAllBytes(output));
        assertThat(written.getGraph().getNodeList().stream()
                        .filter(node -> node.getOpType().equals("MatMulInteger")))
                .hasSize(2);
    }

    @ParameterizedTest
    @ValueSource(strings = {"min-max", "percentile", "mse"})
    void rangesAreFoundAsAsked(String ranges) {
        Path output = folder.resolve("int8.onnx");

        Call call = Call.of(quantize(
                output,
                "--calibration",
                Demo.CALIBRATION,
                "--ranges",
                ranges,
                "--no-equalize",
                "--no-correct-bias",
                "--no-reduce-range"));

        assertThat(call.exitCode()).as(call.err()).isZero();
        assertThat(output).isRegularFile();
    }

    @Test
    void stepsCanBeLeftOut() throws IOException {
        Path all = folder.resolve("all.onnx");
        Path none = folder.resolve("none.onnx");
        Call.of(quantize(all, "--calibration", Demo.CALIBRATION, "--reduce-range"));
        Call.of(quantize(none, "--calibration", Demo.CALIBRATION, "--no-reduce-range", "--no-equalize"));

        assertThat(largestWeight(all)).isEqualTo(63);
        assertThat(largestWeight(none)).isEqualTo(127);
    }

    private static int largestWeight(Path model) throws IOException {
        return ModelProto.parseFrom(Files.readAllBytes(model)).getGraph().getInitializerList().stream()
                .filter(tensor -> tensor.getName().endsWith("_weight_quantized"))
                .mapToInt(tensor -> {
                    int largest = 0;
                    for (byte value : tensor.getRawData().toByteArray()) {
                        largest = Math.max(largest, Math.abs(value));
                    }
                    return largest;
                })
                .max()
                .orElseThrow();
    }

    @Test
    void aDropThatIsAllowedKeepsAllLayersInInt8() {
        Call call = Call.of(quantize(
                folder.resolve("int8.onnx"),
                "--calibration",
                Demo.CALIBRATION,
                "--data",
                Demo.IMAGES,
                "--labels",
                Demo.LABELS,
                "--samples",
                500,
                "--max-drop",
                0.02));

        assertThat(call.exitCode()).as(call.err()).isZero();
        assertThat(last(call.out(), 1)).startsWith("13 of 13 layers in int8, ");
    }

    @Test
    void aDropWithoutDataIsRefused() throws IOException {
        Call.assertRefused(
                2,
                "wsvd: --max-drop needs data to score on. Give --data FILE.",
                quantize(folder.resolve("int8.onnx"), "--calibration", Demo.CALIBRATION, "--max-drop", 0.01));
        assertThat(left()).isEmpty();
    }

    @Test
    void theModelIsNeverTheOutput() throws IOException {
        Path model = Files.copy(Demo.MODEL, folder.resolve("model.onnx"));

        Call.assertRefused(
                2,
                "wsvd: The output '" + model
                        + "' is an input of this run; inputs are never overwritten. Maybe use another name.",
                "quantize",
                model,
                "-o",
                model,
                "--calibration",
                Demo.CALIBRATION);
        assertThat(model).hasSameBinaryContentAs(Demo.MODEL);
    }

    @Test
    void convolutionsWithoutInputsAreRefused() throws IOException {
        Call.assertRefused(
                2,
                "wsvd: Static int8 needs calibration inputs, on which ranges are found, and there are none. Maybe add"
                        + " some, or make it dynamic.",
                quantize(folder.resolve("int8.onnx")));
        assertThat(left()).isEmpty();
    }

    @Test
    void aModelInInt8IsRefused() throws IOException {
        Path model = folder.resolve("model.onnx");
        TinyModel.writeWithExternalData(model, "model.data");
        Path output = folder.resolve("int8.onnx");
        Call.of("quantize", model, "-o", output);

        Call.assertRefused(
                2,
                "wsvd: No layer of the model can be int8: its weight is int8.",
                "quantize",
                output,
                "-o",
                folder.resolve("again.onnx"));
        assertThat(folder.resolve("again.onnx")).doesNotExist();
    }

    @Test
    void aFormatWithoutInt8IsRefused() throws IOException {
        Path services = Files.createDirectories(folder.resolve("jar/META-INF/services"));
        Files.writeString(
                services.resolve(ModelFormatProvider.class.getName()), FolderFormat.Provider.class.getName() + "\n");
        Path model = Files.createDirectory(folder.resolve("model"));
        Files.copy(Demo.MODEL, model.resolve(FolderFormat.FILE));
        ClassLoader before = Thread.currentThread().getContextClassLoader();
        try (URLClassLoader classPath = new URLClassLoader(
                new URL[] {folder.resolve("jar").toUri().toURL()}, getClass().getClassLoader())) {
            Thread.currentThread().setContextClassLoader(classPath);

            Call.assertRefused(
                    2,
                    "wsvd: Models of this format are not quantised. Maybe convert the model to ONNX first.",
                    "quantize",
                    model,
                    "-o",
                    folder.resolve("int8"));
        } finally {
            Thread.currentThread().setContextClassLoader(before);
        }
        assertThat(folder.resolve("int8")).doesNotExist();
    }

    /** Also not what was there before, nor anything beside it. */
    @Test
    void aRunThatFailsLeavesWhatWasThere() throws IOException {
        Path output = Files.writeString(folder.resolve("int8.onnx"), "before");

        Call call = Call.of(quantize(
                output,
                "--calibration",
                Demo.CALIBRATION,
                "--data",
                Demo.IMAGES,
                "--labels",
                Demo.LABELS,
                "--samples",
                50,
                "--ignore",
                "*"));

        assertThat(call.exitCode()).isEqualTo(2);
        assertThat(call.refusal()).isEqualTo("wsvd: No layer of the model can be int8: those that could are ignored.");
        assertThat(left()).containsExactly(output);
        assertThat(output).hasContent("before");
    }

    @Test
    void optionsThatWouldDoNothingAreRefused() throws IOException {
        Path model = folder.resolve("model.onnx");
        TinyModel.writeWithExternalData(model, "model.data");

        Call ranges = Call.of("quantize", model, "-o", folder.resolve("a.onnx"), "--ranges", "mse");
        Call equalize = Call.of("quantize", model, "-o", folder.resolve("b.onnx"), "--equalize");

        assertThat(ranges.exitCode()).isEqualTo(2);
        assertThat(ranges.err())
                .contains("Each run finds the ranges of this model; it cannot be combined with --ranges.");
        assertThat(equalize.exitCode()).isEqualTo(2);
        assertThat(equalize.err())
                .contains("There is no --calibration to equalize channels on; it cannot be combined with --equalize.");
    }

    @Test
    void whatIsCompressedCanBecomeInt8() throws IOException {
        Path output = folder.resolve("small.onnx");
        Path stats = folder.resolve("stats.json");

        Call call = Call.of(
                "compress",
                Demo.MODEL,
                "-o",
                output,
                "--target",
                "0.5",
                "--calibration",
                Demo.CALIBRATION,
                "--int8",
                "--data",
                Demo.IMAGES,
                "--labels",
                Demo.LABELS,
                "--samples",
                500,
                "--select",
                "budget",
                "--stats",
                stats);

        assertThat(call.exitCode()).as(call.err()).isZero();
        assertThat(call.out())
                .containsPattern("\\Rlayers in int8 +\\d\\d\\R")
                .containsPattern("\\Raccuracy \\(500 samples\\) +0\\.9300 +0\\.9\\d{3}\\R");
        assertThat(Files.size(output)).isLessThan(400_000L);
        assertThat(Files.readString(stats)).contains("\"int8\": [\"stem.conv\", ");
        assertThat(Call.of("inspect", output).out()).contains("0 can be split");
    }

    @Test
    void whatCannotBecomeInt8IsNotCompressedFirst() {
        Call uncalibrated =
                Call.of("compress", Demo.MODEL, "-o", folder.resolve("a.onnx"), "--layer", "fc1=rank:8", "--int8");

        assertThat(uncalibrated.exitCode()).isEqualTo(2);
        assertThat(uncalibrated.err()).contains("Static int8 needs calibration inputs");
        assertThat(folder).isEmptyDirectory();
    }

    @Test
    void bitsAreAChoiceWhereBytesCount() {
        Call planned = Call.of(
                "compress",
                Demo.MODEL,
                "--dry-run",
                "--metric",
                "bytes",
                "--target",
                "0.4",
                "--calibration",
                Demo.CALIBRATION,
                "--int8");

        assertThat(planned.exitCode()).as(planned.err()).isZero();
        assertThat(planned.out())
                .containsPattern("\\Rfc1 +8 bits, int8 ")
                .containsPattern("\\Rbytes of layers +1\\.97 MB +\\d{3} kB +0\\.[34]\\d\\d \\(target 0\\.4\\)\\R");
    }
}
