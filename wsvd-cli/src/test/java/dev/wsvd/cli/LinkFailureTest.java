package dev.wsvd.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wsvd.domain.spi.ModelFormatProvider;
import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A format of a stranger, compiled for the test, whose own dependency is not on the classpath. */
class LinkFailureTest {
    private static final String MESSAGE =
            "wsvd: The model format 'odd' misses a jar: there is no class gone.Reader. Maybe add the jar that holds it to the"
                    + " classpath.";

    @TempDir
    Path folder;

    private final ClassLoader before = Thread.currentThread().getContextClassLoader();

    @AfterEach
    void restore() {
        Thread.currentThread().setContextClassLoader(before);
    }

    @Test
    void whenAModelIsOpened() throws IOException {
        Path model = Files.writeString(folder.resolve("model.odd"), "odd");
        install("return path.toString().endsWith(\".odd\");");

        Call.assertRefused(2, MESSAGE, "inspect", model);
    }

    @Test
    void whenItIsAskedWhetherItKnowsAModelUnlessAnotherDoes() throws IOException {
        Path model = Files.writeString(folder.resolve("model.odd"), "odd");
        install("return new gone.Reader().reads();");

        Call.assertRefused(2, MESSAGE, "inspect", model);
        assertThat(Call.of("inspect", Demo.MODEL).exitCode()).isZero();
    }

    private void install(String accepts) throws IOException {
        Path sources = Files.createDirectories(folder.resolve("src"));
        Path classes = Files.createDirectories(folder.resolve("classes"));
        List<Path> files = List.of(
                Files.writeString(sources.resolve("Reader.java"), """
                        package gone;
                        public class Reader { public boolean reads() { return true; } }
                        """),
                Files.writeString(sources.resolve("OddFormat.java"), """
                        package odd;
                        import dev.wsvd.domain.spi.*;
                        import dev.wsvd.domain.tensor.Predictor;
                        import java.nio.file.Path;
                        public final class OddFormat implements ModelFormat<String> {
                            public String id() { return "odd"; }
                            public boolean accepts(Path path) { %s }
                            public CompressibleModel<String> open(Path path, OpenOptions options) {
                                new gone.Reader().reads();
                                return null;
                            }
                            public Predictor predictor(String model) { return null; }
                        }
                        """.formatted(accepts)),
                Files.writeString(sources.resolve("OddProvider.java"), """
                        package odd;
                        public final class OddProvider implements dev.wsvd.domain.spi.ModelFormatProvider {
                            public String id() { return "odd"; }
                            public String version() { return "1"; }
                            public int priority() { return 1000; }
                            public dev.wsvd.domain.spi.ModelFormat<?> create() { return new OddFormat(); }
                        }
                        """));
        List<String> arguments = new java.util.ArrayList<>(
                List.of("-proc:none", "-cp", System.getProperty("java.class.path"), "-d", classes.toString()));
        files.forEach(file -> arguments.add(file.toString()));
        assertThat(ToolProvider.getSystemJavaCompiler().run(null, null, null, arguments.toArray(String[]::new)))
                .isZero();
        Files.delete(classes.resolve("gone").resolve("Reader.class"));
        Path services = Files.createDirectories(classes.resolve("META-INF").resolve("services"));
        Files.writeString(services.resolve(ModelFormatProvider.class.getName()), "odd.OddProvider\n");
        Thread.currentThread()
                .setContextClassLoader(
                        new URLClassLoader(new URL[] {classes.toUri().toURL()}, before));
    }
}
