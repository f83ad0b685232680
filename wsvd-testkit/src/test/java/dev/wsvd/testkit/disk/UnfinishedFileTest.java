package dev.wsvd.testkit.disk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wsvd.domain.error.WsvdException;
import dev.wsvd.domain.file.UnfinishedFile;
import dev.wsvd.domain.file.WholeFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files that are being written: those of the living stay, those of the dead go. */
class UnfinishedFileTest {
    @TempDir
    Path folder;

    /** Begins a file, says so, and waits for its end. */
    static final class Writer {
        public static void main(String[] args) throws IOException {
            UnfinishedFile file = UnfinishedFile.beside(Path.of(args[0]));
            file.stream().write(1);
            System.out.println(file.path());
            System.in.read();
            file.replace(Path.of(args[0]));
        }
    }

    @Test
    void whatAnotherProcessIsWritingIsLeftToItAsLongAsItLives() throws Exception {
        Path target = folder.resolve("target");
        Process writer = start(target);
        try {
            Path unfinished = Path.of(firstLine(writer));
            WholeFile.write(target, "mine");
            assertThat(unfinished).exists();
            writer.getOutputStream().write(1);
            writer.getOutputStream().close();
            assertThat(writer.waitFor()).isZero();
            assertThat(target).hasBinaryContent(new byte[] {1});
        } finally {
            writer.destroyForcibly();
        }
    }

    @Test
    void whatAKilledProcessLeftIsDeletedByTheNextThatWritesThere() throws Exception {
        Path target = folder.resolve("target");
        Process writer = start(target);
        Path unfinished = Path.of(firstLine(writer));
        writer.destroyForcibly().waitFor();
        assertThat(unfinished).exists();
        WholeFile.write(folder.resolve("other"), "other");
        assertThat(unfinished).exists();
        WholeFile.write(target, "mine");
        assertThat(names()).containsExactly("other", "target");
    }

    /** Takes a file for abandoned whenever it can, and deletes it a moment later. */
    static final class Deleter {
        public static void main(String[] args) throws IOException {
            Path file = Path.of(args[0]);
            System.out.println("ready");
            while (System.in.available() == 0) {
                UnfinishedFile.deleteIfAbandoned(file, () -> {
                    LockSupport.parkNanos(200_000);
                    return true;
                });
            }
        }
    }

    @Test
    void aFileThatAnotherProcessIsAboutToDeleteIsNotBegun() throws Exception {
        Path file = folder.resolve("file");
        Process deleter = start(Deleter.class, file);
        try {
            assertThat(firstLine(deleter)).isEqualTo("ready");
            for (int i = 0; i < 1000; i++) {
                try (UnfinishedFile begun = UnfinishedFile.at(file)) {
                    LockSupport.parkNanos(500_000);
                    assertThat(begun.path()).exists();
                }
            }
        } finally {
            deleter.destroyForcibly().waitFor();
        }
    }

    @Test
    void whatRefersToAFileThatIsGoneReplacesNothing() throws IOException {
        Path target = Files.writeString(folder.resolve("target"), "old");
        try (UnfinishedFile companion = UnfinishedFile.at(folder.resolve("companion"));
                UnfinishedFile file = UnfinishedFile.beside(target)) {
            Files.delete(companion.path());
            assertThatThrownBy(() -> file.replace(target, List.of(companion)))
                    .isInstanceOf(IOException.class)
                    .hasMessage("another program deleted 'companion', which was being written");
        }
        assertThat(target).hasContent("old");
        assertThat(names()).containsExactly("target");
    }

    @Test
    void theCauseIsNotHiddenByAFailureToDelete() throws IOException {
        Path target = folder.resolve("target");
        assertThatThrownBy(() -> WholeFile.write(target, out -> {
                    Path unfinished = folder.resolve(names().get(0));
                    Files.delete(unfinished);
                    Files.createDirectories(unfinished.resolve("in the way"));
                    throw new IOException("the cause");
                }))
                .isInstanceOf(WsvdException.class)
                .hasMessage("Writing the file '" + target + "' failed: the cause.")
                .cause()
                .satisfies(cause -> assertThat(cause.getSuppressed())
                        .hasSize(1)
                        .hasOnlyElementsOfType(DirectoryNotEmptyException.class));
    }

    private static Process start(Path target) throws IOException {
        return start(Writer.class, target);
    }

    private static Process start(Class<?> program, Path target) throws IOException {
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        program.getName(),
                        target.toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
    }

    private static String firstLine(Process process) throws IOException {
        return process.inputReader(StandardCharsets.UTF_8).readLine();
    }

    private List<String> names() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }
}
