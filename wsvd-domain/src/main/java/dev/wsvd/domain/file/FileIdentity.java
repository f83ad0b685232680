package dev.wsvd.domain.file;

import dev.wsvd.domain.error.InvalidInputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.text.Normalizer;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Whether two paths are one file, there or yet to be made: links are followed, hard links are one file, and so are names that
 * differ by case where the file system says so.
 */
public final class FileIdentity {
    private static final int MOST_LINKS = 40;

    private FileIdentity() {}

    /**
     * Whether what is written to one path is found at the other.
     *
     * @throws InvalidInputException if that cannot be told, for instance for want of permission
     */
    public static boolean isSame(Path one, Path other) {
        try {
            if (!one.getFileSystem().equals(other.getFileSystem())) {
                return false;
            }
            if (Files.exists(one) && Files.exists(other)) {
                return Files.isSameFile(one, other);
            }
            return isSamePlace(real(one), real(other));
        } catch (IOException e) {
            throw new InvalidInputException(
                    "Whether '" + one + "' and '" + other + "' are one file cannot be told: " + FileFailure.reason(e)
                            + ".",
                    e);
        }
    }

    /**
     * Whether a file is a place or inside it.
     *
     * @throws InvalidInputException if that cannot be told
     */
    public static boolean isInside(Path place, Path file) {
        for (Path at = real(file); at != null; at = at.getParent()) {
            if (isSame(place, at)) {
                return true;
            }
        }
        return false;
    }

    /**
     * Where a path leads, also where nothing is yet: absolute, all links followed.
     *
     * @throws InvalidInputException if a link cannot be followed
     */
    public static Path real(Path path) {
        try {
            return real(path.toAbsolutePath(), MOST_LINKS);
        } catch (IOException e) {
            throw new InvalidInputException(
                    "Where '" + path + "' leads cannot be told: " + FileFailure.reason(e) + ".", e);
        }
    }

    private static Path real(Path path, int links) throws IOException {
        if (Files.exists(path)) {
            try {
                return path.toRealPath();
            } catch (NoSuchFileException e) {
                // A pipe has no path, though the link to it in /dev/fd is one.
                return path.toAbsolutePath();
            }
        }
        if (links > 0 && Files.isSymbolicLink(path)) {
            return real(path.resolveSibling(Files.readSymbolicLink(path)), links - 1);
        }
        Path parent = path.getParent();
        return parent == null
                ? path
                : real(parent, links).resolve(path.getFileName()).normalize();
    }

    private static boolean isSamePlace(Path one, Path other) throws IOException {
        return one.equals(other) || folded(one).equals(folded(other)) && ignoresCase(one);
    }

    private static String folded(Path path) {
        return Normalizer.normalize(path.toString(), Normalizer.Form.NFC)
                .toUpperCase(Locale.ROOT)
                .toLowerCase(Locale.ROOT);
    }

    /** Whether a new name's case would matter, seen by what is there: its neighbours or, without any, its folders. */
    private static boolean ignoresCase(Path path) throws IOException {
        for (Path at = path.getParent(); at != null; at = at.getParent()) {
            if (Files.isDirectory(at)) {
                Optional<Path> witness = witness(at);
                if (witness.isPresent()) {
                    Path swapped = swapped(witness.get());
                    return Files.exists(swapped) && Files.isSameFile(witness.get(), swapped);
                }
            }
        }
        return false;
    }

    private static Optional<Path> witness(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> !swapped(file).equals(file)).findFirst();
        }
    }

    private static Path swapped(Path file) {
        StringBuilder name = new StringBuilder(file.getFileName().toString());
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            name.setCharAt(i, c >= 'a' && c <= 'z' ? (char) (c - 32) : c >= 'A' && c <= 'Z' ? (char) (c + 32) : c);
        }
        return file.resolveSibling(name.toString());
    }
}
