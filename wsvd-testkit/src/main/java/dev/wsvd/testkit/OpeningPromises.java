package dev.wsvd.testkit;

import static dev.wsvd.testkit.Refusals.assertRefused;
import static dev.wsvd.testkit.Refusals.refusal;
import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.error.WsvdException;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.Isolation;
import dev.wsvd.domain.spi.ModelFormat;
import dev.wsvd.domain.spi.OpenOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** Which files a format opens, and what it says of others. */
interface OpeningPromises<M> extends FormatPromises<M> {
    /** A file of words. */
    private Path text() throws IOException {
        return Files.writeString(underTest().folder().resolve("notes.txt"), "Not a model, only words.\n".repeat(10));
    }

    private static byte[] noise() {
        byte[] noise = new byte[4096];
        new Random(7).nextBytes(noise);
        return noise;
    }

    private CompressibleModel<M> open(Path path) {
        return underTest().open(path);
    }

    private boolean accepts(Path path) {
        return assertDoesNotThrow(
                () -> underTest().format().accepts(path), () -> "accepts('" + path + "') never throws");
    }

    @Test
    default void acceptsItsFilesAndNoOthers() throws IOException {
        Path folder = underTest().folder();
        Path example = underTest().path();
        assertTrue(accepts(example), () -> "accepts('" + example + "'), the example");
        for (Path other : List.of(
                text(),
                Files.createFile(folder.resolve("empty")),
                Files.write(folder.resolve("zeros"), new byte[4096]),
                Files.write(folder.resolve("noise"), noise()),
                folder.resolve("missing"),
                Files.createSymbolicLink(folder.resolve("link to nothing"), folder.resolve("missing")),
                folder)) {
            assertFalse(accepts(other), () -> "accepts('" + other + "'), which is no model");
        }
    }

    @Test
    default void acceptsNeverThrowsForDamagedFiles() throws IOException {
        ModelFiles whole = ModelFiles.of(underTest().path());
        for (Path file : whole.names()) {
            for (int length : new int[] {0, 1, 7, whole.bytes(file).length / 2}) {
                byte[] part = Arrays.copyOf(whole.bytes(file), length);
                accepts(whole.with(file, part)
                        .writeTo(Files.createTempDirectory(underTest().folder(), "part")));
            }
        }
    }

    @Test
    default void aMissingFileIsTheCallersFault() {
        for (Path missing : List.of(underTest().folder().resolve("missing.model"), Path.of("no such file.model"))) {
            assertRefused(
                    InvalidInputException.class,
                    "opening '" + missing + "', which is not there",
                    () -> underTest().tryOpen(missing),
                    missing.getFileName().toString());
        }
    }

    @Test
    default void aFileThatIsNoModelIsRefused() throws IOException {
        Path folder = underTest().folder();
        for (Path path : List.of(
                text(),
                Files.createFile(folder.resolve("empty")),
                Files.createDirectory(folder.resolve("empty folder")))) {
            assertRefused(
                    WsvdException.class,
                    "opening '" + path + "', which is no model",
                    () -> underTest().tryOpen(path),
                    path.getFileName().toString());
        }
    }

    @Test
    default void aTruncatedFileIsRefused() throws IOException {
        ModelFiles whole = ModelFiles.of(underTest().path());
        for (Path file : whole.names()) {
            byte[] bytes = whole.bytes(file);
            for (int length : shorter(bytes.length)) {
                byte[] part = Arrays.copyOf(bytes, length);
                Path damaged = whole.with(file, part)
                        .writeTo(Files.createTempDirectory(underTest().folder(), "part"));
                assertRefused(
                        WsvdException.class,
                        "opening '" + damaged + "' with " + length + " of the " + bytes.length + " bytes of '"
                                + whole.place(file) + "'",
                        () -> underTest().tryOpen(damaged));
            }
        }
    }

    /** Eighths of a length, and those that are a multiple of 64 bytes below it, so that no number is cut in two. */
    private static SortedSet<Integer> shorter(int length) {
        SortedSet<Integer> shorter = new TreeSet<>();
        for (int eighths = 1; eighths < 8; eighths++) {
            int part = length * eighths / 8;
            shorter.add(part);
            shorter.add(length - Math.max(1, (length - part) / 64) * 64);
        }
        shorter.removeIf(part -> part < 1);
        return shorter;
    }

    @Test
    default void corruptFilesGiveAClearErrorOrAModel() throws IOException {
        ModelFiles whole = ModelFiles.of(underTest().path());
        Random random = new Random(5);
        for (Path file : whole.names()) {
            for (int i = 0; i < 40; i++) {
                byte[] corrupt = whole.bytes(file);
                TreeMap<Integer, Byte> changed = new TreeMap<>();
                for (int flips = 0; flips < 4; flips++) {
                    int at = random.nextInt(Math.min(corrupt.length, 4096));
                    corrupt[at] = (byte) random.nextInt(256);
                    changed.put(at, corrupt[at]);
                }
                Path damaged = whole.with(file, corrupt)
                        .writeTo(Files.createTempDirectory(underTest().folder(), "corrupt"));
                refusal(
                        "opening '" + damaged + "' with bytes of '" + whole.place(file) + "' changed (at: to) "
                                + changed,
                        () -> underTest().tryOpen(damaged).layers());
            }
        }
    }

    @Test
    default void aModelIsTheSameByAnyPath() throws IOException {
        Path example = underTest().path();
        Path copy = ModelFiles.of(example.getParent())
                .writeTo(Files.createDirectory(underTest().folder().resolve("a#b%20c")));
        Path elsewhere = copy.resolve(underTest().fileName());
        Path here = Path.of("").toAbsolutePath();
        String expected = open(example).identity().sha256();
        for (Path other : List.of(
                elsewhere,
                Files.createSymbolicLink(elsewhere.resolveSibling("link"), elsewhere),
                here.getRoot().equals(example.getRoot()) ? here.relativize(example) : example)) {
            assertTrue(accepts(other), () -> "accepts('" + other + "'), a copy of the example or a path to it");
            assertEquals(expected, open(other).identity().sha256(), () -> "the digest of '" + other + "'");
        }
    }

    @Test
    default void isolationIsRefusedWhereTheFormatCannotDoIt() {
        ModelFormat<M> format = underTest().format();
        if (!format.isolates()) {
            OpenOptions isolated = OpenOptions.DEFAULT.isolated(Isolation.DEFAULT);
            assertRefused(
                    InvalidInputException.class,
                    "opening a model isolated, though isolates() is false",
                    () -> format.open(underTest().path(), isolated),
                    format.id());
        }
    }

    @Test
    default void whatIsOpenedIsNotWrittenTo() throws IOException {
        ModelFiles before = ModelFiles.of(underTest().path());
        CompressibleModel<M> model = underTest().open();
        model.layers();
        underTest().run(underTest().with(model, Replacements.corrected(model)));
        ModelFiles.of(underTest().path()).assertSame(before);
    }
}
