package dev.wsvd.domain.file;

import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.error.WsvdException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Writes files atomically: to a temporary file beside the target, then moved. */
public final class WholeFile {
    private WholeFile() {}

    /** Fills a file. */
    public interface Content {
        /** @param out where to write; may be closed */
        void writeTo(OutputStream out) throws IOException;
    }

    /**
     * Writes a file, replacing what was there.
     *
     * @throws InvalidInputException if the path cannot be written
     * @throws WsvdException if writing fails, for instance on a full disk
     */
    public static void write(Path file, Content content) {
        requireFile(file);
        requireFolder(file);
        // Behind a link the real file is replaced, not the link.
        Path target = FileIdentity.real(file);
        try (UnfinishedFile temporary = UnfinishedFile.beside(target)) {
            content.writeTo(temporary.stream());
            temporary.replace(target);
        } catch (AccessDeniedException e) {
            throw cannotWrite(file, FileFailure.reason(e), e);
        } catch (IOException e) {
            throw new WsvdException("Writing the file '" + file + "' failed: " + FileFailure.reason(e) + ".", e);
        }
        UnfinishedFile.deleteAbandoned(target);
    }

    /**
     * Writes a text file in UTF-8, replacing what was there.
     *
     * @throws InvalidInputException if the path cannot be written
     * @throws WsvdException if writing fails, for instance on a full disk
     */
    public static void write(Path file, String text) {
        write(file, out -> out.write(text.getBytes(StandardCharsets.UTF_8)));
    }

    /**
     * Finds out before long work that a file could not be written after it.
     *
     * @throws InvalidInputException if the path is a folder, a device, a pipe, read-only or of a name that is too long, or if its
     *     folder is missing or not writable
     */
    public static void requireWritable(Path file) {
        requireFile(file);
        requirePlaceFor(file);
    }

    /**
     * Finds out before long work that nothing, file or folder, could be written to a path after it, by beginning a file beside
     * it.
     *
     * @throws InvalidInputException if the path's folder is missing or not writable, or its name too long
     */
    public static void requirePlaceFor(Path path) {
        requireFolder(path);
        try {
            UnfinishedFile.beside(FileIdentity.real(path)).close();
        } catch (IOException e) {
            throw cannotWrite(path, FileFailure.reason(e), e);
        }
    }

    /**
     * Refuses what a file cannot take the place of.
     *
     * @throws InvalidInputException if the path is a folder, a device, a pipe or read-only
     */
    public static void requireFile(Path file) {
        if (Files.isDirectory(file)) {
            throw cannotWrite(file, "it is a folder", null);
        }
        if (Files.exists(file) && !Files.isRegularFile(file)) {
            throw cannotWrite(file, "it is a device or a pipe, not a file", null);
        }
        if (Files.exists(file) && !Files.isWritable(file)) {
            throw cannotWrite(file, "it is read-only", null);
        }
    }

    private static void requireFolder(Path file) {
        Path parent = FileIdentity.real(file).getParent();
        if (parent == null || !Files.isDirectory(parent)) {
            throw cannotWrite(file, "its folder does not exist", null);
        }
    }

    private static InvalidInputException cannotWrite(Path file, String why, Exception cause) {
        return new InvalidInputException("Cannot write '" + file + "': " + why + ".", cause);
    }
}
