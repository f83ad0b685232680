package dev.wsvd.adapter.djl;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Model;
import ai.djl.ndarray.types.Shape;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.OpenOptions;
import dev.wsvd.testkit.ExactFactors;
import dev.wsvd.testkit.ExactForm;
import dev.wsvd.testkit.disk.EveryFault;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whatever goes wrong while a folder is written, the old model is there whole, or the new one. */
class AtomicFolderTest {
    @TempDir
    Path folder;

    private Model model;
    private CompressibleModel<Model> one;
    private CompressibleModel<Model> two;

    @BeforeEach
    void splitInTwoWays() {
        model = Networks.model(Networks::mixed, new Shape(2, 4, 8, 8));
        CompressibleModel<Model> opened = DjlModels.of(model, Networks::mixed);
        one = rank(opened, 1);
        two = rank(opened, 2);
    }

    @AfterEach
    void close() {
        one.close();
        two.close();
        model.close();
    }

    @Test
    void aFolderThatWsvdWroteIsReplaced() throws IOException {
        assertThat(rows(place -> one.save(place.resolve("model"))))
                .extracting(EveryFault.Row::toString)
                .containsExactly(
                        "FAILURE at each of 12 changes: 9 old, 3 new",
                        "DEATH_BEFORE at each of 12 changes: 10 old, 2 new",
                        "DEATH_AFTER at each of 12 changes: 9 old, 3 new",
                        "POWER_CUT at each of 12 changes: 9 old, 3 new");
    }

    @Test
    void aNewFolder() throws IOException {
        assertThat(rows(place -> {}))
                .extracting(EveryFault.Row::toString)
                .containsExactly(
                        "FAILURE at each of 16 changes: 12 old, 4 new",
                        "DEATH_BEFORE at each of 16 changes: 14 old, 2 new",
                        "DEATH_AFTER at each of 16 changes: 13 old, 3 new",
                        "POWER_CUT at each of 16 changes: 13 old, 3 new");
    }

    private interface Old {
        void write(Path place) throws IOException;
    }

    private List<EveryFault.Row> rows(Old old) throws IOException {
        return EveryFault.run(folder, new EveryFault.Trial() {
            @Override
            public void writeOld(Path place) throws IOException {
                old.write(place);
            }

            @Override
            public void writeNew(Path place) {
                two.save(place.resolve("model"));
            }

            @Override
            public Object read(Path place) {
                return Files.exists(place.resolve("model")) ? weights(place.resolve("model")) : "none";
            }
        });
    }

    /** Digest of the weights; opening compares them with the plan. */
    private static String weights(Path path) {
        try (CompressibleModel<Model> model = new DjlFormat(Networks::mixed).open(path, OpenOptions.DEFAULT)) {
            return model.identity().sha256();
        }
    }

    private static CompressibleModel<Model> rank(CompressibleModel<Model> model, int rank) {
        return model.with(model.layers().stream()
                .filter(Layer::supported)
                .map(l -> ExactFactors.truncated(
                        ExactFactors.of(l, model.weights(l.id()), ExactForm.INPUT_CHANNEL), rank))
                .toList());
    }
}
