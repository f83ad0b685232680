package dev.wsvd.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What used to go wrong without a word, on a model as PyTorch exports it. */
class NewcomersTest {
    private static final String UNCHANGED =
            "No layer is split, so the model is not smaller. Maybe it already meets the target at"
                    + " the sizes assumed for its inputs, or no layer can be split.";

    @TempDir
    Path folder;

    private Path model;
    private Path data;
    private Path labels;

    @BeforeEach
    void write() throws IOException {
        model = folder.resolve("model.onnx");
        data = folder.resolve("x.npy");
        labels = folder.resolve("y.npy");
        SequenceModel.write(model);
        SequenceModel.writeData(data, labels);
    }

    @Test
    void inspectSaysWhichSizesItTookAndWhatTheModelStores() {
        assertThat(Call.of("inspect", model).out()).isEqualTo("""
                layer                       kind    weight  output      MAC   share  params  max rank  note
                node_MatMul_1 (encoder.fc)  linear  32×4    1×32    128 MAC  50.0 %     128         3
                node_linear (head)          linear  4×32    4       128 MAC  50.0 %     128         3
                2 layers, 2 can be split: 256 MAC, 256 params; the model stores 260
                MACs are for length = 1 (default)
                """);
        assertThat(Call.of("inspect", model, "--data", data).out()).endsWith("""
                2 layers, 2 can be split: 2.18 kMAC, 256 params; the model stores 260
                MACs are for length = 16 (x.npy)
                """);
        Call asked = Call.of("inspect", model, "--data", data, "--dim", "length=8");
        assertThat(asked.out()).endsWith("MACs are for length = 8 (as asked)\n");
        assertThat(asked.err()).isEqualTo("note: MACs are counted for length = 8 as asked; it is 16 in x.npy.\n");
    }

    @Test
    void aLimitIsOnTheMacsOfTheDataGiven() {
        Path small = folder.resolve("small.onnx");
        Call call = Call.of("compress", model, "-o", small, "--max-macs", "2000", "--calibration", data);
        assertThat(call.exitCode()).isZero();
        assertThat(call.out())
                .contains("rank 3, ", "\nMACs are for length = 16 (x.npy)\n")
                .doesNotContain(UNCHANGED);
    }

    @Test
    void aRunThatSplitsNothingSaysSo() {
        Path small = folder.resolve("small.onnx");
        Call call = Call.of("compress", model, "-o", small, "--max-macs", "2000");
        assertThat(call.exitCode()).isZero();
        assertThat(call.err()).contains("note: " + UNCHANGED + "\n");
        assertThat(call.out()).contains("\nMACs are for length = 1 (default)\n" + UNCHANGED + "\n");
    }

    @Test
    void theOutputThatFitsTheLabelsIsScoredAndNamed() throws IOException {
        Call call = Call.of("evaluate", model, "--data", data, "--labels", labels);
        assertThat(call.err()).isEmpty();
        assertThat(call.out()).containsPattern("accuracy of 'logits' +1\\.0000\n");
        Call other = Call.of("evaluate", model, "--data", data, "--labels", labels, "--output-name", "pooled");
        assertThat(other.out()).contains("accuracy of 'pooled' ");
        Path stats = folder.resolve("stats.json");
        Call.of(
                "compress",
                model,
                "--dry-run",
                "--layer",
                "head=rank:3",
                "--data",
                data,
                "--labels",
                labels,
                "--stats",
                stats);
        assertThat(Files.readString(stats))
                .contains("\"score\": { \"name\": \"accuracy\", \"outputs\": [\"logits\"], ")
                .contains("\"parameters\": { \"before\": 260, \"after\": 240, ")
                .contains("\"name\": \"node_linear\", \"path\": \"head\", ");
    }

    @Test
    void fidelityNamesTheOutputsItCompares() {
        Path small = folder.resolve("small.onnx");
        Call compress = Call.of("compress", model, "-o", small, "--layer", "encoder.*=rank:3");
        assertThat(compress.out()).containsPattern("node_MatMul_1 \\(encoder\\.fc\\) +rank 3, input-channel ");
        assertThat(Call.of("compare", model, small, "--data", data).out())
                .contains("\nfidelity of 'pooled', 'logits'\n")
                .containsPattern("\nparams of layers +256 +236 ")
                .containsPattern("\nparams of model +260 +")
                .containsPattern("\nnode_MatMul_1 \\(encoder\\.fc\\) ");
        assertThat(Call.of("compare", model, small, "--data", data, "--output-name", "logits")
                        .out())
                .doesNotContain("fidelity of");
    }
}
