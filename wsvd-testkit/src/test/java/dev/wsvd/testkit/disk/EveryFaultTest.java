package dev.wsvd.testkit.disk;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The trials find what is not atomic. */
class EveryFaultTest {
    @TempDir
    Path folder;

    @Test
    void aFileThatIsWrittenInPlace() {
        assertFound(
                place -> Files.writeString(place.resolve("file"), "new"),
                "after FAILURE at change 2, write, there is neither the old nor the new but n");
    }

    @Test
    void aTemporaryFileThatIsLeft() {
        assertFound(
                place -> {
                    Path temporary = Files.writeString(place.resolve("temporary"), "new");
                    Files.move(temporary, place.resolve("file"), StandardCopyOption.REPLACE_EXISTING);
                },
                "the files after FAILURE at change 2, write");
    }

    @Test
    void aRenameBeforeTheContentIsOnTheDisk() {
        assertFound(
                place -> {
                    Path temporary = place.resolve("temporary");
                    try {
                        Files.writeString(temporary, "new");
                        Files.move(temporary, place.resolve("file"), StandardCopyOption.REPLACE_EXISTING);
                    } finally {
                        Files.deleteIfExists(temporary);
                    }
                },
                "after POWER_CUT at change 3, rename, there is neither the old nor the new but ");
    }

    private interface Writing {
        void to(Path place) throws IOException;
    }

    private void assertFound(Writing writing, String message) {
        assertThatThrownBy(() -> EveryFault.run(folder, new EveryFault.Trial() {
                    @Override
                    public void writeOld(Path place) throws IOException {
                        Files.writeString(place.resolve("file"), "old");
                    }

                    @Override
                    public void writeNew(Path place) throws IOException {
                        writing.to(place);
                    }

                    @Override
                    public Object read(Path place) throws IOException {
                        return Files.readString(place.resolve("file"));
                    }
                }))
                .isInstanceOf(AssertionError.class)
                .hasMessageStartingWith(message);
    }
}
