package dev.wsvd.backend.nd4j;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wsvd.domain.error.WsvdException;
import dev.wsvd.domain.spi.LinearAlgebraProvider;
import dev.wsvd.testkit.JavaProgram;
import java.nio.file.Path;
import java.util.List;
import java.util.ServiceLoader;
import java.util.function.Predicate;
import org.bytedeco.javacpp.Loader;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class Nd4jProviderTest {
    private static final String PLATFORM = Loader.getPlatform();

    @TempDir
    Path folder;

    @Test
    void isFoundByTheServiceLoader() {
        assertThat(ServiceLoader.load(LinearAlgebraProvider.class))
                .singleElement()
                .isInstanceOf(Nd4jProvider.class)
                .satisfies(provider -> {
                    assertThat(provider.id()).isEqualTo("nd4j");
                    assertThat(provider.version()).isEqualTo("1.0.0-M2.1");
                    assertThat(provider.priority()).isEqualTo(50);
                    assertThat(provider.unavailable()).isEmpty();
                    assertThat(provider.create()).isInstanceOf(Nd4jLinearAlgebra.class);
                });
    }

    @Test
    void withoutABackendOfNd4jItSaysWhatToAdd() throws Exception {
        assertThat(startWithout(jar -> jar.startsWith("nd4j-native")))
                .containsExactly(
                        "Optional[ND4J has no backend on the classpath; add org.nd4j:nd4j-native:1.0.0-M2.1"
                                + " without a classifier and with the classifier " + PLATFORM + "]",
                        "ND4J does not start: org.nd4j.linalg.factory.Nd4jBackend$NoAvailableBackendException: Please ensure that"
                                + " you have an nd4j backend on your classpath. Please see: https://deeplearning4j.konduit.ai/nd4j/backend");
    }

    @Test
    void withoutItsNativeItSaysWhatToAdd() throws Exception {
        assertThat(startWithout(jar -> jar.startsWith("nd4j-native-1") && jar.endsWith(PLATFORM + ".jar")))
                .containsExactly(
                        "Optional[no native ND4J for " + PLATFORM
                                + " on the classpath; add org.nd4j:nd4j-native:1.0.0-M2.1"
                                + " without a classifier and with the classifier " + PLATFORM + "]",
                        "ND4J does not start: java.lang.UnsatisfiedLinkError: Could not find jnind4jcpu in class, module, and"
                                + " library paths.");
    }

    private List<String> startWithout(Predicate<String> jar) throws Exception {
        return new JavaProgram(Start.class)
                .without(jar)
                .inherit("org.bytedeco.javacpp.cachedir")
                .run(folder);
    }

    /** Prints why the backend cannot be used, and what happens when it is used all the same. */
    static final class Start {
        private Start() {}

        public static void main(String[] args) {
            System.out.println(new Nd4jProvider().unavailable());
            try {
                System.out.println(new Nd4jProvider().create());
            } catch (WsvdException e) {
                System.out.println(e.getMessage());
            }
        }
    }
}
