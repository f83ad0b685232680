package dev.wsvd.testkit.disk;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wsvd.domain.error.WsvdException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Whether writing something is atomic: tried with every {@linkplain Fault kind of fault} at the first change to the disk, at the
 * second, and so on to the last.
 *
 * <p>After each, what was there before must be there whole, or else what was to replace it; after one that a living process
 * saw, nothing else may be there; and the next good writing must leave the new, and nothing else.
 */
public final class EveryFault {
    /** What is tried. Paths to write to are those of a {@link FaultyFileSystem}; nothing is written elsewhere. */
    public interface Trial {
        /** Writes what is there before. */
        void writeOld(Path folder) throws IOException;

        /** Writes what is to replace it. */
        void writeNew(Path folder) throws IOException;

        /** Reads what is there, all of it; the old and the new must differ. A mix may be told by any exception. */
        Object read(Path folder) throws IOException;
    }

    /**
     * What became of the trials with one kind of fault.
     *
     * @param changes what writing does to the disk, in words; each of them went wrong once
     * @param old after how many of these faults the old was there
     * @param renewed after how many the new
     */
    public record Row(Fault fault, List<String> changes, int old, int renewed) {
        @Override
        public String toString() {
            return fault + " at each of " + changes.size() + " changes: " + old + " old, " + renewed + " new";
        }
    }

    /** What was replaced may stay if it cannot be deleted, or if its successor's name may not be on the disk. */
    private static final Set<String> MAY_LEAVE_OLD = Set.of("delete", "sync folder");

    private final Path scratch;
    private final Trial trial;
    private final Object oldContent;
    private final Object newContent;
    private final List<String> oldNames;
    private final List<String> newNames;

    private EveryFault(Path scratch, Trial trial) throws IOException {
        this.scratch = scratch;
        this.trial = trial;
        Path folder = begin();
        this.oldContent = trial.read(folder);
        this.oldNames = names(folder);
        trial.writeNew(folder);
        this.newContent = trial.read(folder);
        this.newNames = names(folder);
        assertNotEquals(oldContent, newContent, "the old and the new");
    }

    /**
     * Tries all.
     *
     * @param scratch a folder, for a folder per trial
     * @return a row per kind of fault
     * @throws AssertionError if there is a mix, or a file too many
     */
    public static List<Row> run(Path scratch, Trial trial) throws IOException {
        EveryFault all = new EveryFault(scratch, trial);
        List<Row> rows = new ArrayList<>();
        for (Fault fault : Fault.values()) {
            rows.add(all.run(fault));
        }
        return rows;
    }

    private Row run(Fault fault) throws IOException {
        int old = 0;
        int renewed = 0;
        for (int change = 1; ; change++) {
            Path folder = begin();
            FaultyFileSystem disk = new FaultyFileSystem(fault, change);
            boolean succeeded = writeNew(disk, folder);
            if (disk.changes().size() < change) {
                assertTrue(succeeded, "without a fault it is written");
                return new Row(fault, disk.changes(), old, renewed);
            }
            String kind = disk.changes().get(change - 1);
            String where = fault + " at change " + change + ", " + kind;
            boolean isNew = isNew(folder, where);
            assertTrue(isNew || !succeeded, where + ", was not reported, and the old is there");
            if (isNew) {
                renewed++;
            } else {
                old++;
            }
            if (!disk.processDied() && !MAY_LEAVE_OLD.contains(kind)) {
                assertEquals(isNew ? newNames : oldNames, names(folder), "the files after " + where);
            }
            trial.writeNew(folder);
            assertEquals(newContent, trial.read(folder), "what a good writing leaves after " + where);
            assertEquals(newNames, names(folder), "the files that a good writing leaves after " + where);
        }
    }

    private Path begin() throws IOException {
        Path folder = Files.createTempDirectory(scratch, "trial");
        trial.writeOld(folder);
        return folder;
    }

    private boolean writeNew(FaultyFileSystem disk, Path folder) throws IOException {
        try {
            trial.writeNew(disk.at(folder));
            return true;
        } catch (ProcessDied e) {
            return false;
        } catch (IOException | WsvdException e) {
            assertFalse(e.getMessage().isBlank());
            return false;
        }
    }

    private boolean isNew(Path folder, String where) {
        Object content;
        try {
            content = trial.read(folder);
        } catch (IOException | RuntimeException e) {
            throw new AssertionError("after " + where + ", there is neither the old nor the new", e);
        }
        assertTrue(
                content.equals(oldContent) || content.equals(newContent),
                () -> "after " + where + ", there is neither the old nor the new but " + content);
        return content.equals(newContent);
    }

    /** The files by name, but for numbers and digests in names, which may differ. */
    private static List<String> names(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.map(file -> folder.relativize(file).toString().replaceAll("[0-9a-f]{16}|[0-9]+", "#"))
                    .sorted()
                    .toList();
        }
    }
}
