package dev.wsvd.adapter.onnx;

import static org.assertj.core.api.Assertions.assertThat;

import ai.onnx.proto.OnnxMl.ModelProto;
import dev.wsvd.adapter.onnx.internal.file.ModelWriter;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.OpenOptions;
import dev.wsvd.testkit.disk.EveryFault;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whatever goes wrong while a model replaces another, one of them is there whole, with its weights. */
class AtomicSaveTest {
    private final OnnxFormat whole = new OnnxFormat();
    private final OnnxFormat withData = new OnnxFormat(new ModelWriter(1000));

    @TempDir
    Path folder;

    @Test
    void aModelInOneFile() throws IOException {
        List<EveryFault.Row> rows = rows(whole, whole);
        assertThat(rows.get(0).changes())
                .containsExactly(
                        "create", "delete", "create", "write", "write", "write", "sync", "rename", "sync folder");
        assertThat(rows)
                .extracting(EveryFault.Row::toString)
                .containsExactly(
                        "FAILURE at each of 9 changes: 8 old, 1 new",
                        "DEATH_BEFORE at each of 9 changes: 8 old, 1 new",
                        "DEATH_AFTER at each of 9 changes: 7 old, 2 new",
                        "POWER_CUT at each of 9 changes: 7 old, 2 new");
    }

    @Test
    void aModelWithExternalData() throws IOException {
        assertThat(rows(withData, withData))
                .extracting(EveryFault.Row::toString)
                .containsExactly(
                        "FAILURE at each of 18 changes: 15 old, 3 new",
                        "DEATH_BEFORE at each of 18 changes: 16 old, 2 new",
                        "DEATH_AFTER at each of 18 changes: 15 old, 3 new",
                        "POWER_CUT at each of 18 changes: 15 old, 3 new");
    }

    @Test
    void aModelWithExternalDataInThePlaceOfOneWithout() throws IOException {
        assertThat(rows(whole, withData))
                .extracting(EveryFault.Row::toString)
                .containsExactly(
                        "FAILURE at each of 17 changes: 15 old, 2 new",
                        "DEATH_BEFORE at each of 17 changes: 16 old, 1 new",
                        "DEATH_AFTER at each of 17 changes: 15 old, 2 new",
                        "POWER_CUT at each of 17 changes: 15 old, 2 new");
    }

    @Test
    void aModelWithoutExternalDataInThePlaceOfOneWith() throws IOException {
        assertThat(rows(withData, whole))
                .extracting(EveryFault.Row::toString)
                .containsExactly(
                        "FAILURE at each of 10 changes: 8 old, 2 new",
                        "DEATH_BEFORE at each of 10 changes: 8 old, 2 new",
                        "DEATH_AFTER at each of 10 changes: 7 old, 3 new",
                        "POWER_CUT at each of 10 changes: 7 old, 3 new");
    }

    private List<EveryFault.Row> rows(OnnxFormat before, OnnxFormat after) throws IOException {
        CompressibleModel<OnnxModel> old = open(before);
        CompressibleModel<OnnxModel> replacing = FullRank.splitAll(open(after), "output-channel");
        return EveryFault.run(folder, new EveryFault.Trial() {
            @Override
            public void writeOld(Path place) {
                old.save(place.resolve("model.onnx"));
            }

            @Override
            public void writeNew(Path place) {
                replacing.save(place.resolve("model.onnx"));
            }

            @Override
            public Object read(Path place) {
                CompressibleModel<OnnxModel> model = whole.open(place.resolve("model.onnx"), OpenOptions.DEFAULT);
                return model.layers().stream()
                        .map(layer -> layer.id() + " "
                                + Arrays.hashCode(model.weights(layer.id()).all()))
                        .toList();
            }
        });
    }

    private static CompressibleModel<OnnxModel> open(OnnxFormat format) {
        ModelProto model = new ModelBuilder()
                .input("x", "n", 20)
                .weight("w1", 20, 30)
                .weight("w2", 20, 30)
                .node("MatMul", "first", List.of("x", "w1"), "t")
                .node("Gemm", "second", List.of("t", "w2"), "y", ModelBuilder.attribute("transB", 1))
                .output("y")
                .build();
        return format.of(model, "model", OpenOptions.DEFAULT);
    }
}
