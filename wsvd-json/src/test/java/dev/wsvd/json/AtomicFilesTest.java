package dev.wsvd.json;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wsvd.domain.ModelIdentity;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.plan.Candidate;
import dev.wsvd.domain.plan.Choice;
import dev.wsvd.domain.plan.Plan;
import dev.wsvd.domain.score.ScoreRecord;
import dev.wsvd.domain.score.ScoreTable;
import dev.wsvd.testkit.disk.EveryFault;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whatever goes wrong while a file is replaced, the old one is there whole, or the new one. */
class AtomicFilesTest {
    private static final LayerId FC = new LayerId("fc");

    @TempDir
    Path folder;

    @Test
    void scores() throws IOException {
        assertAtomic(new Replacement() {
            @Override
            public void write(Path file, int rank) {
                ScoreTable table = ScoreTable.empty().with(new Candidate(FC, choice(rank)), 0.5, 0.1 * rank);
                JsonScores.at(file).save(new ScoreRecord(Optional.empty(), Optional.empty(), table));
            }

            @Override
            public Object read(Path file) {
                return JsonScores.at(file).load().orElseThrow();
            }
        });
    }

    @Test
    void plan() throws IOException {
        assertAtomic(new Replacement() {
            @Override
            public void write(Path file, int rank) {
                JsonPlans.write(file, new ModelIdentity("m.onnx", "ab12"), Plan.of(FC, choice(rank)));
            }

            @Override
            public Object read(Path file) {
                return JsonPlans.read(file);
            }
        });
    }

    @Test
    void stats() throws IOException {
        assertAtomic(new Replacement() {
            @Override
            public void write(Path file, int rank) {
                JsonStats.write(file, JsonStatsTest.stats(Optional.empty(), Optional.empty(), 0.1 * rank));
            }

            @Override
            public Object read(Path file) {
                return JsonStats.read(file);
            }
        });
    }

    private interface Replacement {
        void write(Path file, int rank);

        Object read(Path file);
    }

    private void assertAtomic(Replacement replacement) throws IOException {
        List<EveryFault.Row> rows = EveryFault.run(folder, new EveryFault.Trial() {
            @Override
            public void writeOld(Path place) {
                replacement.write(place.resolve("file.json"), 1);
            }

            @Override
            public void writeNew(Path place) {
                replacement.write(place.resolve("file.json"), 2);
            }

            @Override
            public Object read(Path place) {
                return replacement.read(place.resolve("file.json"));
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

    private static Choice choice(int rank) {
        return Choice.of("input-channel", rank);
    }
}
