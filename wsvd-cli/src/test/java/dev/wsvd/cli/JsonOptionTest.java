package dev.wsvd.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** With {@code --json} standard output is one document, of every command. */
class JsonOptionTest {
    private static final JsonMapper MAPPER = JsonMapper.builder()
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    @TempDir
    Path folder;

    @Test
    void compressPrintsItsStats() throws IOException {
        Path stats = folder.resolve("stats.json");
        Call call = Call.of(
                "compress",
                Demo.MODEL,
                "-o",
                folder.resolve("small.onnx"),
                "--layer",
                "fc1=0.5",
                "--stats",
                stats,
                "--json");

        assertThat(document(call, "wsvd-stats")).isEqualTo(MAPPER.readTree(stats.toFile()));
        assertThat(call.out()).isEqualTo(Files.readString(stats));
        assertThat(folder.resolve("small.onnx")).isNotEmptyFile();
    }

    @Test
    void aCurvePrintsItsPoints() {
        Path csv = folder.resolve("curve.csv");
        JsonNode curve =
                document(Call.of("compress", Demo.MODEL, "--pareto", csv, "--candidates", 4, "--json"), "wsvd-pareto");

        assertThat(curve.at("/trials").findValuesAsText("name"))
                .containsExactly("original", "ratio 0.750", "ratio 0.500", "ratio 0.250");
        assertThat(csv).isNotEmptyFile();
    }

    @Test
    void quantizePrintsItsStats() throws IOException {
        Path stats = folder.resolve("stats.json");
        Call call = Call.of(
                "quantize",
                Demo.MODEL,
                "-o",
                folder.resolve("int8.onnx"),
                "--mode",
                "dynamic",
                "--json",
                "--stats",
                stats);

        document(call, "wsvd-quantization");
        assertThat(call.out()).isEqualTo(Files.readString(stats));
    }

    @Test
    void compareAndEvaluatePrintWhatTheyMeasured() {
        JsonNode compared = document(
                Call.of("compare", Demo.MODEL, Demo.MODEL, "--data", Demo.IMAGES, "--samples", 20, "--json"),
                "wsvd-comparison");
        JsonNode evaluated = document(
                Call.of(
                        "evaluate",
                        Demo.MODEL,
                        "--data",
                        Demo.IMAGES,
                        "--labels",
                        Demo.LABELS,
                        "--samples",
                        500,
                        "--json"),
                "wsvd-evaluation");

        assertThat(compared.at("/fidelity/identical").asBoolean()).isTrue();
        assertThat(compared.at("/layers")).hasSize(13);
        assertThat(evaluated.at("/score/name").asText()).isEqualTo("accuracy");
        assertThat(evaluated.at("/score/value").asDouble()).isEqualTo(0.93);
        assertThat(evaluated.at("/score/interval/0").asDouble()).isBetween(0.904, 0.905);
        assertThat(evaluated.at("/samples").asInt()).isEqualTo(500);
        assertThat(evaluated.at("/latency/runs").asInt()).isEqualTo(100);
        assertThat(evaluated.at("/latency/median").asLong())
                .isBetween(
                        evaluated.at("/latency/p10").asLong(),
                        evaluated.at("/latency/p90").asLong());
        assertThat(evaluated.at("/provenance/modelSha256").asText()).hasSize(64);
    }

    @Test
    void inspectPrintsLayersOrCouplings() {
        JsonNode layers = document(Call.of("inspect", Demo.MODEL, "--json"), "wsvd-inspection");
        JsonNode couplings = document(Call.of("inspect", Demo.MODEL, "--couplings", "--json"), "wsvd-couplings");

        assertThat(layers.at("/layers")).hasSize(13);
        assertThat(couplings.at("/couplings").findValuesAsText("name")).contains("fc2");
        assertThat(couplings.at("/couplings/0/writtenBy")).isNotEmpty();
        assertThat(couplings.at("/uncoupled/0/reason").asText()).isNotBlank();
    }

    @Test
    void providersPrintsWhatThereIs() {
        JsonNode providers = document(Call.of("providers", "--json"), "wsvd-providers");

        assertThat(providers.at("/providers").findValuesAsText("id")).contains("ejml", "onnx");
        assertThat(providers.at("/schemes").findValuesAsText("id")).contains("weight-svd", "tucker-2");
        assertThat(providers.at("/metrics").findValuesAsText("unit")).contains("MACs", "ns");
    }

    @Test
    void theDemoPrintsItsStats() throws IOException {
        Call call = Call.of("--json", "--quiet", "demo", "--dir", folder);

        document(call, "wsvd-stats");
        assertThat(call.out()).isEqualTo(Files.readString(folder.resolve("stats.json")));
        assertThat(call.err()).isEmpty();
    }

    @Test
    void afterAFailureThereIsNoDocumentAndTheSentenceAndExitCodeStay() {
        Call.assertRefused(2, "wsvd: There is no file or folder 'no-such.onnx'.", "inspect", "no-such.onnx", "--json");
        Call missed = Call.of(
                "compress", Demo.MODEL, "--dry-run", "--layer", "fc1=0.5", "--target", "0.5", "--json", "--quiet");
        assertThat(missed.exitCode()).isEqualTo(3);
        assertThat(missed.out()).isEmpty();
        assertThat(missed.err()).startsWith("wsvd: The target mac ratio 0.5 is not met");
    }

    @Test
    void theDocumentIsInUtf8WhateverTheTerminalTakes() throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        PrintStream ascii = new PrintStream(out, true, StandardCharsets.US_ASCII);

        WsvdCommand.run(
                ascii, ascii, "inspect", "--json", TinyModel.named(folder, "é").toString());
        assertThat(MAPPER.readTree(out.toByteArray()).at("/layers/0/name").asText())
                .isEqualTo("é");
    }

    @Test
    void helpStaysHelp() {
        assertThat(Call.of("--json").out()).contains("Usage: wsvd", "--json");
        assertThat(Call.of("compare", "--json", "--help").out()).contains("Usage: wsvd compare");
    }

    private static JsonNode document(Call call, String format) {
        assertThat(call.exitCode()).as(call.err()).isZero();
        try {
            JsonNode document = MAPPER.readTree(call.out());
            assertThat(document.at("/format").asText()).isEqualTo(format);
            assertThat(document.at("/version").asInt()).isEqualTo(1);
            return document;
        } catch (JsonProcessingException e) {
            throw new AssertionError(call.out(), e);
        }
    }
}
