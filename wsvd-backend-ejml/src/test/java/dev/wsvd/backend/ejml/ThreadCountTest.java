package dev.wsvd.backend.ejml;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wsvd.domain.linalg.TruncatedSvd;
import dev.wsvd.testkit.MatrixGallery;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The result's bits do not depend on how many threads there are: the common pool's size is fixed per process, so in two. */
final class ThreadCountTest {
    @Test
    void oneThreadAndSeveralGiveTheSameBits(@TempDir Path folder) throws Exception {
        assertThat(digest(0, folder.resolve("one"))).isNotEmpty().isEqualTo(digest(3, folder.resolve("several")));
    }

    private static String digest(int helpers, Path output) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Djava.util.concurrent.ForkJoinPool.common.parallelism=" + helpers,
                        "-cp",
                        System.getProperty("java.class.path"),
                        Digest.class.getName())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .redirectOutput(output.toFile())
                .start();
        try {
            assertThat(process.waitFor(2, TimeUnit.MINUTES)).as("ends").isTrue();
        } finally {
            process.destroyForcibly();
        }
        assertThat(process.exitValue()).isZero();
        return Files.readString(output);
    }

    /** Prints a digest of a decomposition large enough for every step to use all threads. */
    static final class Digest {
        private Digest() {}

        public static void main(String[] args) {
            TruncatedSvd svd =
                    new EjmlLinearAlgebra().svd(MatrixGallery.random(710, 900).matrix(), 400);
            System.out.println(Arrays.hashCode(svd.values()) + " "
                    + Arrays.hashCode(svd.ut().data()) + " "
                    + Arrays.hashCode(svd.svt().data()));
        }
    }
}
