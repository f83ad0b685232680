package dev.wsvd.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wsvd.domain.error.InvalidInputException;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A run that a signal ends, and one whose files are changed under it. */
class EndedProcessTest {
    @TempDir
    Path folder;

    @ParameterizedTest
    @CsvSource({"INT, 130", "TERM, 143"})
    void aSignalEndsItWithItsCodeNoMessageAndNoTemporaryFiles(String signal, int exitCode) throws Exception {
        Process process = compress();
        List<String> lines = new ArrayList<>();
        try (BufferedReader err = process.errorReader(StandardCharsets.UTF_8)) {
            while (lines.stream().filter(EndedProcessTest::isEvaluation).count() < 3) {
                lines.add(err.readLine());
            }
            new ProcessBuilder("kill", "-" + signal, String.valueOf(process.pid()))
                    .start()
                    .waitFor();
            err.lines().forEach(lines::add);
        }
        assertThat(process.waitFor()).isEqualTo(exitCode);
        assertThat(lines)
                .filteredOn(line -> !isEvaluation(line))
                .allMatch(line -> line.matches("\\d+ %.*: \\w+ing .*"));
        try (Stream<Path> files = Files.list(folder)) {
            assertThat(files).extracting(file -> file.getFileName().toString()).containsExactly("scores.json");
        }
    }

    private static boolean isEvaluation(String line) {
        return line.matches("\\d+ %.*: .* scores \\d\\.\\d+");
    }

    private Process compress() throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                WsvdCommand.class.getName()));
        for (Object word : Demo.compress(
                folder.resolve("small.onnx"),
                "--target",
                "0.5",
                "--samples",
                500,
                "--scores",
                folder.resolve("scores.json"))) {
            command.add(word.toString());
        }
        return new ProcessBuilder(command)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
    }

    @Test
    void aFileThatChangesDuringTheWorkIsNamedWhateverCameOfIt() throws IOException {
        Path file = Files.writeString(folder.resolve("data.npy"), "some");
        String changed = "The file '" + file + "' was changed while it is in use. Maybe run again on a copy of it.";
        FilesInUse inUse = new FilesInUse(List.of(file));
        assertThat(inUse.during(() -> 5)).isEqualTo(5);
        assertThatThrownBy(() -> inUse.during(() -> write(file, "other")))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage(changed);
        FilesInUse again = new FilesInUse(List.of(file));
        assertThatThrownBy(() -> again.during(() -> {
                    write(file, "short");
                    write(file, "");
                    throw new InternalError("a fault occurred in an unsafe memory access operation");
                }))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage(changed);
        assertThatThrownBy(() -> new FilesInUse(List.of(file)).during(() -> {
                    throw new IllegalStateException("another cause");
                }))
                .hasMessage("another cause");
    }

    private static void write(Path file, String text) {
        try {
            Files.writeString(file, text);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }
}
