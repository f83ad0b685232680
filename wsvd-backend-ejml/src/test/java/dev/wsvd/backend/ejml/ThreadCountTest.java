package dev.wsvd.backend.ejml;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wsvd.domain.linalg.TruncatedSvd;
import dev.wsvd.testkit.JavaProgram;
import dev.wsvd.testkit.MatrixGallery;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The result's bits do not depend on how many threads there are: the common pool's size is fixed per process, so in two. */
final class ThreadCountTest {
    @TempDir
    Path folder;

    @Test
    void oneThreadAndSeveralGiveTheSameBits() throws Exception {
        assertThat(digest(0)).hasSize(3).isEqualTo(digest(3));
    }

    private List<String> digest(int helpers) throws Exception {
        return new JavaProgram(Digest.class)
                .option("-Djava.util.concurrent.ForkJoinPool.common.parallelism=" + helpers)
                .run(folder);
    }

    /** Prints a digest of a decomposition large enough for every step to use all threads. */
    static final class Digest {
        private Digest() {}

        public static void main(String[] args) {
            TruncatedSvd svd =
                    new EjmlLinearAlgebra().svd(MatrixGallery.random(710, 900).matrix(), 400);
            System.out.println(Arrays.hashCode(svd.values()));
            System.out.println(Arrays.hashCode(svd.ut().data()));
            System.out.println(Arrays.hashCode(svd.svt().data()));
        }
    }
}
