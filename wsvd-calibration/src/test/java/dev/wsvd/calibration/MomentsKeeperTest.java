package dev.wsvd.calibration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wsvd.domain.error.WsvdException;
import dev.wsvd.domain.file.UnnamedFile;
import dev.wsvd.domain.linalg.Matrix;
import dev.wsvd.domain.moments.LayerMoments;
import dev.wsvd.domain.moments.PatchMoments;
import java.util.List;
import java.util.Random;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class MomentsKeeperTest {
    private static LayerMoments moments(int groups, int size, long seed) {
        Random random = new Random(seed);
        return new LayerMoments(
                seed,
                IntStream.range(0, groups)
                        .mapToObj(group -> new PatchMoments(
                                random.doubles(2L * size).toArray(),
                                Matrix.ofUpperTriangle(
                                        size, random.doubles((long) size * size).toArray())))
                        .toList());
    }

    private static void assertSame(LayerMoments found, LayerMoments kept) {
        assertThat(found.patches()).isEqualTo(kept.patches());
        assertThat(found.groups()).hasSameSizeAs(kept.groups());
        for (int g = 0; g < kept.groups().size(); g++) {
            PatchMoments group = found.groups().get(g);
            assertThat(group.mean()).isEqualTo(kept.groups().get(g).mean());
            assertThat(group.covariance().rows())
                    .isEqualTo(kept.groups().get(g).covariance().rows());
            assertThat(group.covariance().data())
                    .isEqualTo(kept.groups().get(g).covariance().data());
        }
    }

    @Test
    void covariancesThatDoNotFitIntoMemoryAreTheSameFromTheFile() {
        // The second is larger than what is written at once.
        List<LayerMoments> all = List.of(moments(1, 3, 1), moments(2, 300, 2), moments(3, 1, 3), moments(1, 2, 4));
        try (UnnamedFile file = new UnnamedFile()) {
            MomentsKeeper keeper = new MomentsKeeper(100, file);

            List<Supplier<LayerMoments>> kept = all.stream().map(keeper::keep).toList();

            assertThat(kept.get(0).get()).isSameAs(all.get(0));
            assertThat(kept.get(1).get()).isNotSameAs(all.get(1));
            assertThat(kept.get(2).get()).isSameAs(all.get(2));
            assertThat(kept.get(3).get()).isNotSameAs(all.get(3));
            for (int again = 0; again < 2; again++) {
                for (int i = all.size() - 1; i >= 0; i--) {
                    assertSame(kept.get(i).get(), all.get(i));
                }
            }
        }
    }

    @Test
    void theFileHoldsUpperTrianglesOnly() {
        long bytes = Double.BYTES * (2 * 300 * 301 / 2);
        LayerMoments moments = moments(2, 300, 1);

        assertThat(keptIn(new UnnamedFile(bytes), moments)).isNotSameAs(moments);
        assertThat(keptIn(new UnnamedFile(bytes - 1), moments)).isSameAs(moments);
    }

    private static LayerMoments keptIn(UnnamedFile file, LayerMoments moments) {
        try (file) {
            return new MomentsKeeper(0, file).keep(moments).get();
        }
    }

    @Test
    void whereTheFileHasNoRoomTheyStayInMemory() {
        List<LayerMoments> all = List.of(moments(1, 3, 1), moments(1, 300, 2), moments(1, 2, 3));
        try (UnnamedFile file = new UnnamedFile(1000)) {
            MomentsKeeper keeper = new MomentsKeeper(0, file);

            List<Supplier<LayerMoments>> kept = all.stream().map(keeper::keep).toList();

            assertSame(kept.get(0).get(), all.get(0));
            assertThat(kept.get(0).get()).isNotSameAs(all.get(0));
            assertThat(kept.get(1).get()).isSameAs(all.get(1));
            assertThat(kept.get(2).get()).isSameAs(all.get(2));
        }
    }

    @Test
    void nothingIsReadFromAFileThatIsClosed() {
        UnnamedFile file = new UnnamedFile();
        Supplier<LayerMoments> kept = new MomentsKeeper(0, file).keep(moments(1, 2, 1));
        file.close();

        assertThatThrownBy(kept::get)
                .isInstanceOf(WsvdException.class)
                .hasMessage("A temporary file cannot be read: ClosedChannelException.");
    }
}
