package dev.wsvd.backend.openblas;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wsvd.domain.spi.LinearAlgebraProvider;
import dev.wsvd.testkit.JavaProgram;
import java.nio.file.Path;
import java.util.ServiceLoader;
import org.bytedeco.javacpp.Loader;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class OpenblasProviderTest {
    @TempDir
    Path folder;

    @Test
    void isFoundByTheServiceLoader() {
        assertThat(ServiceLoader.load(LinearAlgebraProvider.class))
                .singleElement()
                .isInstanceOf(OpenblasProvider.class)
                .satisfies(provider -> {
                    assertThat(provider.id()).isEqualTo("openblas");
                    assertThat(provider.version()).startsWith("0.3.");
                    assertThat(provider.priority()).isEqualTo(200);
                    assertThat(provider.unavailable()).isEmpty();
                    assertThat(provider.create()).isInstanceOf(OpenblasLinearAlgebra.class);
                });
    }

    @Test
    void withoutItsNativeItSaysWhatToAdd() throws Exception {
        String platform = Loader.getPlatform();
        for (String missing : new String[] {"openblas", "javacpp"}) {
            assertThat(new JavaProgram(Unavailable.class)
                            .without(jar -> jar.startsWith(missing + "-") && jar.endsWith(platform + ".jar"))
                            .option("-Dorg.bytedeco.javacpp.cachedir=" + folder.resolve("cache"))
                            .run(folder))
                    .containsExactly("Optional[no native OpenBLAS for " + platform
                            + " on the classpath; add org.bytedeco:openblas"
                            + " and org.bytedeco:javacpp with the classifier " + platform + "]");
        }
    }

    /** Prints why the backend cannot be used. */
    static final class Unavailable {
        private Unavailable() {}

        public static void main(String[] args) {
            System.out.println(new OpenblasProvider().unavailable());
        }
    }
}
