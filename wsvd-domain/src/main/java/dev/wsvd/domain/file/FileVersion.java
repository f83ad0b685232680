package dev.wsvd.domain.file;

import dev.wsvd.domain.error.InvalidInputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.util.Objects;

/**
 * A file as it was at one time, to find out later that it was changed: by its size, its time of modification and, where the
 * file system has such, its identity.
 */
public final class FileVersion {
    private final Path file;
    private final State state;

    private FileVersion(Path file, State state) {
        this.file = file;
        this.state = state;
    }

    private record State(long size, FileTime modified, Object key) {
        static State of(Path file) throws IOException {
            BasicFileAttributes found = Files.readAttributes(file, BasicFileAttributes.class);
            return new State(found.size(), found.lastModifiedTime(), found.fileKey());
        }
    }

    /**
     * The file as it is.
     *
     * @throws InvalidInputException if there is none, or it cannot be looked at
     */
    public static FileVersion of(Path file) {
        try {
            return new FileVersion(file, State.of(file));
        } catch (IOException e) {
            throw new InvalidInputException("'" + file + "' cannot be read: " + FileFailure.reason(e) + ".", e);
        }
    }

    /**
     * Refuses to go on with a file that is another by now.
     *
     * @throws InvalidInputException if the file was changed or is gone
     */
    public void requireUnchanged() {
        State now;
        try {
            now = State.of(file);
        } catch (IOException e) {
            throw new InvalidInputException(
                    "The file '" + file + "' is gone although it is in use: " + FileFailure.reason(e)
                            + ". Maybe run again on a copy of it.",
                    e);
        }
        if (!Objects.equals(state, now)) {
            throw new InvalidInputException(
                    "The file '" + file + "' was changed while it is in use. Maybe run again on a copy of it.");
        }
    }
}
