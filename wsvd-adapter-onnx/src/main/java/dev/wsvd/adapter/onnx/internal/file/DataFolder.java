package dev.wsvd.adapter.onnx.internal.file;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.channels.Channel;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.SecureDirectoryStream;
import java.nio.file.StandardOpenOption;
import java.util.Set;

/**
 * A folder of which files can be opened, and none outside it. Links are followed as long as they stay within; what is opened
 * is what was checked, also if somebody exchanges a folder or a file for a link in between.
 */
final class DataFolder {
    private static final Set<OpenOption> AS_IT_IS = Set.of(StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS);

    /** A location that leads out of the folder. */
    static final class OutsideException extends IOException {
        private static final long serialVersionUID = 1L;

        OutsideException(Path file) {
            super(file + " is outside the folder");
        }
    }

    private final Path folder;

    DataFolder(Path folder) {
        this.folder = folder.toAbsolutePath().normalize();
    }

    /**
     * The file of that name.
     *
     * @throws OutsideException if it is none of this folder's
     * @throws FileNotFoundException if there is none, or it is not a regular file
     */
    Path locate(String name) throws IOException {
        Path relative = folder.getFileSystem().getPath(name);
        Path file = folder.resolve(relative).normalize();
        if (relative.isAbsolute() || !file.startsWith(folder)) {
            throw new OutsideException(file);
        }
        real(file);
        return file;
    }

    /**
     * Opens a file for reading.
     *
     * @throws OutsideException if it is, by now, none of this folder's
     */
    FileChannel open(Path file) throws IOException {
        Path real = real(file);
        if (real.getFileSystem() != FileSystems.getDefault()) {
            return openAndCheck(real);
        }
        Path base = folder.toRealPath();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(base)) {
            return entries instanceof SecureDirectoryStream<Path> secure
                    ? walk(secure, base.relativize(real))
                    : openAndCheck(real);
        }
    }

    /** The file without links on the way to it. */
    private Path real(Path file) throws IOException {
        if (!Files.isRegularFile(file)) {
            throw new FileNotFoundException("there is no such file");
        }
        Path real = file.toRealPath();
        if (!real.startsWith(folder.toRealPath())) {
            throw new OutsideException(file);
        }
        return real;
    }

    /** From folder to folder, each opened within the one before, and no link followed. */
    private static FileChannel walk(SecureDirectoryStream<Path> folder, Path relative) throws IOException {
        Path first = relative.getName(0);
        if (relative.getNameCount() > 1) {
            try (SecureDirectoryStream<Path> next = folder.newDirectoryStream(first, LinkOption.NOFOLLOW_LINKS)) {
                return walk(next, relative.subpath(1, relative.getNameCount()));
            }
        }
        Channel channel = folder.newByteChannel(first, AS_IT_IS);
        if (channel instanceof FileChannel file) {
            return file;
        }
        channel.close();
        throw new IOException("it cannot be mapped");
    }

    /** Where folders cannot be opened within each other: what was opened still has to be there under its name. */
    private FileChannel openAndCheck(Path real) throws IOException {
        FileChannel channel = FileChannel.open(real, AS_IT_IS);
        if (!real(real).equals(real)) {
            channel.close();
            throw new OutsideException(real);
        }
        return channel;
    }
}
