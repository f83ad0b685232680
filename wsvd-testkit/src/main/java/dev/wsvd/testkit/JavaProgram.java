package dev.wsvd.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/**
 * A program in a JVM of its own, for what a test's own process cannot be: one without a certain jar, with other options, or
 * one that may crash. It runs on the class path of the tests.
 */
public final class JavaProgram {
    private final Class<?> main;
    private final List<String> classPath;
    private final List<String> options = new ArrayList<>();

    /** @param main has a {@code main} method */
    public JavaProgram(Class<?> main) {
        this.main = main;
        String tests = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
        this.classPath = new ArrayList<>(Arrays.asList(tests.split(File.pathSeparator)));
    }

    /** Leaves out the entries of the class path whose file name is as said. */
    public JavaProgram without(Predicate<String> fileName) {
        classPath.removeIf(entry -> fileName.test(Path.of(entry).getFileName().toString()));
        return this;
    }

    /** Adds an option of the JVM. */
    public JavaProgram option(String option) {
        options.add(option);
        return this;
    }

    /** Gives the program a system property of this process, if it is set here. */
    public JavaProgram inherit(String property) {
        String value = System.getProperty(property);
        return value == null ? this : option("-D" + property + "=" + value);
    }

    /**
     * Runs it to its end and fails the test unless it exits with 0 within five minutes.
     *
     * @param folder where what it prints goes, as {@code output} and {@code errors}
     * @return the lines it printed
     */
    public List<String> run(Path folder, String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(options);
        command.addAll(List.of("-cp", String.join(File.pathSeparator, classPath), main.getName()));
        command.addAll(List.of(arguments));
        Path output = folder.resolve("output");
        Path errors = folder.resolve("errors");
        Process process = new ProcessBuilder(command)
                .redirectError(errors.toFile())
                .redirectOutput(output.toFile())
                .start();
        try {
            assertTrue(process.waitFor(5, TimeUnit.MINUTES), () -> "does not end: " + read(errors));
        } finally {
            process.destroyForcibly();
        }
        assertEquals(0, process.exitValue(), () -> read(errors));
        return Files.readAllLines(output);
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            return e.toString();
        }
    }
}
