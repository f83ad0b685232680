package dev.wsvd.adapter.djl;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Programs in a process of their own, for what a test's own process cannot be. */
final class Programs {
    /** What the tests run on. */
    static final List<String> CLASS_PATH =
            Arrays.asList(System.getProperty("surefire.test.class.path").split(File.pathSeparator));

    private Programs() {}

    /** The lines a program printed. */
    static List<String> run(
            Path folder, List<String> classPath, List<String> options, Class<?> program, String... arguments)
            throws Exception {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        for (String property : List.of("ai.djl.offline", "DJL_CACHE_DIR", "OPT_OUT_TRACKING")) {
            command.add("-D" + property + "=" + System.getProperty(property));
        }
        command.addAll(options);
        command.addAll(List.of("-cp", String.join(File.pathSeparator, classPath), program.getName()));
        command.addAll(List.of(arguments));
        Path output = folder.resolve("output");
        Path errors = folder.resolve("errors");
        Process process = new ProcessBuilder(command)
                .redirectError(errors.toFile())
                .redirectOutput(output.toFile())
                .start();
        try {
            assertThat(process.waitFor(5, TimeUnit.MINUTES)).as("ends").isTrue();
        } finally {
            process.destroyForcibly();
        }
        assertThat(process.exitValue()).as(Files.readString(errors)).isZero();
        return Files.readAllLines(output);
    }
}
