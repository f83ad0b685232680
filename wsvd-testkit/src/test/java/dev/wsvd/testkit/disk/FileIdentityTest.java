package dev.wsvd.testkit.disk;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.jimfs.Configuration;
import com.google.common.jimfs.Jimfs;
import dev.wsvd.domain.file.FileIdentity;
import java.io.IOException;
import java.nio.file.FileSystem;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

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
}
