package dev.wsvd.testkit.disk;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.jimfs.Configuration;
import com.google.common.jimfs.Jimfs;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.file.FileIdentity;
import dev.wsvd.domain.file.WholeFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystem;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** Whether two paths are one file, by the rules of the file system they are on. */
class FileIdentityTest {
    @Test
    void namesThatDifferByCaseAreOneFileWhereTheFileSystemSaysSo() throws IOException {
        assertThat(isSameButForCase(Configuration.osX())).isTrue();
        assertThat(isSameButForCase(Configuration.windows())).isTrue();
        assertThat(isSameButForCase(Configuration.unix())).isFalse();
    }

    /** Files that are not there yet. */
    private static boolean isSameButForCase(Configuration configuration) throws IOException {
        try (FileSystem system = Jimfs.newFileSystem(configuration)) {
            Path folder = Files.createDirectories(system.getPath("Work"));
            return FileIdentity.isSame(folder.resolve("stats.json"), folder.resolve("Stats.JSON"));
        }
    }

    @Test
    void aDifferenceOfCaseIsOneAlsoWhereOnlyOneIsThere() throws IOException {
        try (FileSystem system = Jimfs.newFileSystem(Configuration.unix())) {
            Path folder = Files.createDirectories(system.getPath("work"));
            Path there = Files.createFile(folder.resolve("stats.json"));
            assertThat(FileIdentity.isSame(there, folder.resolve("Stats.json"))).isFalse();
        }
        try (FileSystem system = Jimfs.newFileSystem(Configuration.osX())) {
            Path folder = Files.createDirectories(system.getPath("work"));
            Path there = Files.createFile(folder.resolve("stats.json"));
            assertThat(FileIdentity.isSame(there, folder.resolve("Stats.json"))).isTrue();
        }
    }

    @Test
    void linksAreFollowedAlsoToWhatIsNotThereYet() throws IOException {
        try (FileSystem system = Jimfs.newFileSystem(Configuration.unix())) {
            Path folder = Files.createDirectories(system.getPath("work"));
            Path there = Files.createFile(folder.resolve("there"));
            Path later = folder.resolve("later");
            Path hard = Files.createLink(folder.resolve("hard"), there);
            Path soft = Files.createSymbolicLink(folder.resolve("soft"), system.getPath("there"));
            Path dangling = Files.createSymbolicLink(folder.resolve("dangling"), system.getPath("later"));
            Path chain = Files.createSymbolicLink(folder.resolve("chain"), system.getPath("dangling"));
            Path round = Files.createSymbolicLink(system.getPath("round"), system.getPath("work"));
            assertThat(FileIdentity.isSame(there, hard)).isTrue();
            assertThat(FileIdentity.isSame(there, soft)).isTrue();
            assertThat(FileIdentity.isSame(there, round.resolve("soft"))).isTrue();
            assertThat(FileIdentity.isSame(later, chain)).isTrue();
            assertThat(FileIdentity.isSame(round.resolve("later"), chain)).isTrue();
            assertThat(FileIdentity.isSame(there, later)).isFalse();
            assertThat(FileIdentity.isInside(folder, round.resolve("new").resolve("file")))
                    .isTrue();
            assertThat(FileIdentity.isInside(folder, system.getPath("workshop")))
                    .isFalse();
        }
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void aPipeIsWhereItsLinkIs() throws Exception {
        Process shell = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        Pipe.class.getName())
                .redirectErrorStream(true)
                .start();
        String said = new String(shell.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(said).isEqualTo("/dev/fd/0 false Cannot write '/dev/fd/0': it is a device or a pipe, not a file.");
    }

    /** Its input is a pipe. */
    static final class Pipe {
        public static void main(String[] args) {
            Path pipe = Path.of("/dev/fd/0");
            System.out.print(FileIdentity.real(pipe) + " " + FileIdentity.isSame(pipe, Path.of("new")) + " ");
            try {
                WholeFile.requireWritable(pipe);
            } catch (InvalidInputException e) {
                System.out.print(e.getMessage());
            }
        }
    }
}
