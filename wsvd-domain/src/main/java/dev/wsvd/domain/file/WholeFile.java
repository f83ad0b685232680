package dev.wsvd.domain.file;

import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.error.WsvdException;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.concurrent.ThreadLocalRandom;

/** Writes files whole or not at all: to a temporary file beside the target, then moved. */
public final class WholeFile {
    private WholeFile() {}

    /** Fills a file. */
    public interface Content {
        /** @param file where to write; it may exist and be anything that can be written to */
        void writeTo(Path file) throws IOException;
    }

    /**
     * Writes a file, replacing what was there.
     *
     * @throws InvalidInputException if the path cannot be written
     * @throws WsvdException if writing fails, for instance on a full disk
     */
    public static void write(Path file, Content content) {
        try {
            Path target = target(file);
            if (Files.exists(target) && !Files.isRegularFile(target)) {
                // A pipe or device: nothing to replace, so nothing to move.
                content.writeTo(target);
            } else {
                replace(target, content);
            }
        } catch (AccessDeniedException e) {
            throw new InvalidInputException("The file " + file + " cannot be written: permission denied.", e);
        } catch (IOException e) {
            throw new WsvdException("Writing the file " + file + " failed: " + e.getMessage() + ".", e);
        }
    }

    /** Moves a file over another, in one step where the file system can. */
    public static void move(Path from, Path to) throws IOException {
        try {
            Files.move(from, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (AtomicMoveNotSupportedException e) {
            Files.move(from, to, StandardCopyOption.REPLACE_EXISTING);
        }
    }

    private static Path target(Path file) throws IOException {
        if (Files.isDirectory(file)) {
            throw new InvalidInputException("The file " + file + " cannot be written: it is a directory.");
        }
        Path folder = file.toAbsolutePath().getParent();
        if (folder == null || !Files.isDirectory(folder)) {
            throw new InvalidInputException(
                    "The file " + file + " cannot be written: its folder " + folder + " does not exist.");
        }
        // Behind a link the real file is replaced, not the link.
        return Files.exists(file) ? file.toRealPath() : file.toAbsolutePath();
    }

    private static void replace(Path target, Content content) throws IOException {
        Path temporary = target.resolveSibling("." + target.getFileName() + "."
                + Long.toHexString(ThreadLocalRandom.current().nextLong()) + ".tmp");
        try {
            content.writeTo(temporary);
            move(temporary, target);
        } finally {
            Files.deleteIfExists(temporary);
        }
    }
}
