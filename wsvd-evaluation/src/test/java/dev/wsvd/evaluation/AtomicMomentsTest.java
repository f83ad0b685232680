package dev.wsvd.evaluation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wsvd.domain.layer.Affine;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.linalg.Matrix;
import dev.wsvd.domain.moments.LayerMoments;
import dev.wsvd.domain.moments.PatchMoments;
import dev.wsvd.testkit.disk.EveryFault;
import dev.wsvd.testkit.disk.Fault;
import dev.wsvd.testkit.disk.FaultyFileSystem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whatever goes wrong while moments are written, there are none, or all. */
class AtomicMomentsTest {
    private static final LayerId FC = new LayerId("fc");

    @TempDir
    Path folder;

    @Test
    void momentsAreWrittenAtomically() throws IOException {
        List<EveryFault.Row> rows = EveryFault.run(folder, new EveryFault.Trial() {
            @Override
            public void writeOld(Path place) {
                // There are none.
            }

            @Override
            public void writeNew(Path place) {
                MomentsFile.write(place.resolve("moments.npz"), "ab".repeat(32), "cd".repeat(32), moments(), Map.of());
            }

            @Override
            public Object read(Path place) {
                Path file = place.resolve("moments.npz");
                return Files.exists(file) ? mean(file) : "none";
            }
        });
        assertThat(rows.get(0).changes()).containsExactly("create", "write", "sync", "rename", "sync folder");
        assertThat(rows)
                .extracting(EveryFault.Row::toString)
                .containsExactly(
                        "FAILURE at each of 5 changes: 4 old, 1 new",
                        "DEATH_BEFORE at each of 5 changes: 4 old, 1 new",
                        "DEATH_AFTER at each of 5 changes: 3 old, 2 new",
                        "POWER_CUT at each of 5 changes: 3 old, 2 new");
    }

    @Test
    void momentsAreReadFromAnyFileSystem() {
        Path elsewhere = new FaultyFileSystem(Fault.FAILURE, 0).at(folder).resolve("moments.npz");
        MomentsFile.write(elsewhere, "ab".repeat(32), "cd".repeat(32), moments(), Map.of());
        assertThat(mean(elsewhere)).containsExactly(1.0, 2.0);
    }

    private static Map<LayerId, LayerMoments> moments() {
        return Map.of(
                FC, new LayerMoments(10, List.of(new PatchMoments(new double[] {1, 2}, new Matrix(2, 2, new double[] {
                    3, 1, 1, 3
                })))));
    }

    private static List<Double> mean(Path file) {
        Layer layer = Layer.of(FC, Affine.of(3, 2), List.of(1L, 2L), List.of(1L, 3L));
        double[] mean = MomentsFile.read(file)
                .moments(List.of(layer))
                .get(FC)
                .groups()
                .get(0)
                .mean();
        return List.of(mean[0], mean[1]);
    }
}
