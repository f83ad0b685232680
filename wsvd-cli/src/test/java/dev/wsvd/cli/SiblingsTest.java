package dev.wsvd.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.plan.Choice;
import dev.wsvd.json.JsonPlans;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Queries, keys and values with one first stage, by the command. */
class SiblingsTest {
    private static final Path BERT = Path.of(
            "..",
            "wsvd-adapter-onnx",
            "src",
            "test",
            "resources",
            "dev",
            "wsvd",
            "adapter",
            "onnx",
            "attention",
            "bert-script.onnx");
    private static final String SELF = "/model/encoder/layer.0/attention/self/";

    @TempDir
    Path folder;

    private static Call done(Object... words) {
        Call call = Call.of(words);
        assertThat(call.exitCode()).as(call.err()).isZero();
        return call;
    }

    @Test
    void theyAreListedWithCouplings() {
        assertThat(done("inspect", BERT, "--couplings").out().lines())
                .anyMatch(line -> line.matches("siblings +channels +with"))
                .anyMatch(line ->
                        line.matches(SELF + "query/MatMul +8 +" + SELF + "key/MatMul, " + SELF + "value/MatMul"))
                .contains("3 couplings can be cut, 2 cannot; 1 input is read by siblings");
    }

    @Test
    void aPlanMakesTheSameModelAgain() throws IOException {
        Path small = folder.resolve("small.onnx");
        Path again = folder.resolve("again.onnx");
        Path plan = folder.resolve("plan.json");

        done(
                "compress",
                BERT,
                "-o",
                small,
                "--scheme",
                "sibling-split",
                "--layer",
                SELF + "query/MatMul=0.7",
                "--save-plan",
                plan);
        done("compress", BERT, "-o", again, "--plan", plan);

        assertThat(JsonPlans.read(plan).plan().changes())
                .isEqualTo(Map.of(new LayerId(SELF + "query/MatMul"), Choice.of("sibling-split", 4)));
        assertThat(Files.readAllBytes(again)).isEqualTo(Files.readAllBytes(small));
        assertThat(done("inspect", small).out()).contains(SELF + "query/MatMul_svd_a", SELF + "key/MatMul_svd_b");
        assertThat(done("compare", BERT, small, "--data", tokens(), "--score", "fidelity")
                        .out())
                .contains("same arg-max", SELF + "query/MatMul ", SELF + "key/MatMul ", SELF + "value/MatMul ");
    }

    private Path tokens() throws IOException {
        int samples = 4;
        int length = 8;
        Path data = folder.resolve("tokens.npz");
        try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(data))) {
            for (String name : new String[] {"ids", "mask"}) {
                ByteBuffer values = SequenceModel.bytes(8 * samples * length);
                for (int i = 0; i < samples * length; i++) {
                    values.putLong(name.equals("ids") ? i * 7 % 16 : 1);
                }
                Path array = folder.resolve(name + ".npy");
                SequenceModel.npy(array, "<i8", samples + ", " + length, values);
                zip.putNextEntry(new ZipEntry(name + ".npy"));
                Files.copy(array, zip);
                zip.closeEntry();
            }
        }
        return data;
    }
}
