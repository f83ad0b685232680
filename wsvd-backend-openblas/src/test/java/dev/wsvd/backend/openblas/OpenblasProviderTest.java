package dev.wsvd.backend.openblas;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wsvd.domain.spi.LinearAlgebraProvider;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.ServiceLoader;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
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
            assertThat(unavailableWithout(missing + "-", platform))
                    .isEqualTo("Optional[no native OpenBLAS for " + platform
                            + " on the classpath; add org.bytedeco:openblas"
                            + " and org.bytedeco:javacpp with the classifier " + platform + "]");
        }
    }

    private String unavailableWithout(String artifact, String platform) throws Exception {
        String classPath = Arrays.stream(
                        System.getProperty("surefire.test.class.path").split(File.pathSeparator))
                .filter(entry -> {
                    String name = Path.of(entry).getFileName().toString();
                    return !(name.startsWith(artifact) && name.endsWith(platform + ".jar"));
                })
                .collect(Collectors.joining(File.pathSeparator));
        Path output = folder.resolve("output");
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Dorg.bytedeco.javacpp.cachedir=" + folder.resolve("cache"),
                        "-cp",
                        classPath,
                        Unavailable.class.getName())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .redirectOutput(output.toFile())
                .start();
        try {
            assertThat(process.waitFor(1, TimeUnit.MINUTES)).as("ends").isTrue();
        } finally {
            process.destroyForcibly();
        }
        return Files.readString(output).strip();
    }

    /** Prints why the backend cannot be used. */
    static final class Unavailable {
        private Unavailable() {}

        public static void main(String[] args) {
            System.out.println(new OpenblasProvider().unavailable());
        }
    }
}
