package dev.wsvd.evaluation;

import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.tensor.Tensor;
import java.io.BufferedOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.WritableByteChannel;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.zip.CRC32;
import java.util.zip.CheckedInputStream;
import java.util.zip.Deflater;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;

/** The arrays of a zip archive of {@code .npy} files. */
final class NpzFile {
    /** The earliest time that a zip file can tell. */
    private static final LocalDateTime EPOCH = LocalDateTime.of(1980, 1, 1, 0, 0);

    private static final String SUFFIX = ".npy";
    /** Deflate never packs more than 1032 bytes into one; what claims more is damaged or hostile. */
    private static final long MOST_PACKED = 1032;

    private NpzFile() {}

    static Map<String, Tensor> read(Path file, String where) {
        Map<String, Tensor> arrays = new LinkedHashMap<>();
        try (LocalFile local = LocalFile.of(file);
                ZipFile zip = new ZipFile(local.path().toFile())) {
            List<? extends ZipEntry> entries = new ArrayList<>(Collections.list(zip.entries()));
            requirePlausible(entries, Files.size(file), where);
            for (ZipEntry entry : entries) {
                if (arrays.put(name(entry, where), array(zip, entry, where)) != null) {
                    throw new InvalidInputException(where + " holds '" + entry.getName() + "' twice.");
                }
            }
        } catch (ZipException | EOFException e) {
            throw new InvalidInputException(where + " is not a .npz file, or is damaged or cut off.", e);
        } catch (IOException e) {
            throw NpyFiles.unreadable(file, e);
        }
        if (arrays.isEmpty()) {
            throw new InvalidInputException(where + " holds no arrays.");
        }
        return Collections.unmodifiableMap(arrays);
    }

    static void write(OutputStream file, Map<String, Supplier<Tensor>> arrays) throws IOException {
        try (ZipOutputStream zip = new ZipOutputStream(new BufferedOutputStream(file))) {
            zip.setLevel(Deflater.BEST_SPEED);
            WritableByteChannel out = Channels.newChannel(zip);
            for (Map.Entry<String, Supplier<Tensor>> array : arrays.entrySet()) {
                Tensor tensor = array.getValue().get();
                ZipEntry entry = new ZipEntry(array.getKey() + SUFFIX);
                // The same arrays are the same file, whenever they are written.
                entry.setTimeLocal(EPOCH);
                zip.putNextEntry(entry);
                zip.write(NpyHeader.write(tensor.type(), tensor.shape()));
                out.write(tensor.data());
                zip.closeEntry();
            }
        }
    }

    /** Bounds what the archive may unpack to, also where its entries overlap, before anything is allocated. */
    private static void requirePlausible(List<? extends ZipEntry> entries, long fileSize, String where) {
        long most = fileSize * MOST_PACKED;
        long total = 0;
        for (ZipEntry entry : entries) {
            long size = entry.getSize();
            if (size < 0 || size > most - total) {
                throw new InvalidInputException(
                        where + " is damaged: its arrays claim more bytes than a file of " + fileSize + " can hold.");
            }
            total += size;
        }
    }

    private static String name(ZipEntry entry, String where) {
        String name = entry.getName();
        if (!name.endsWith(SUFFIX)) {
            throw new InvalidInputException(
                    where + " holds '" + name + "'; only .npy arrays are allowed in a .npz file.");
        }
        return name.substring(0, name.length() - SUFFIX.length());
    }

    private static Tensor array(ZipFile zip, ZipEntry entry, String where) throws IOException {
        String array = "Array '" + name(entry, where) + "' of t" + where.substring(1);
        CheckedInputStream in = new CheckedInputStream(zip.getInputStream(entry), new CRC32());
        try (in) {
            NpyHeader header = NpyHeader.read(in, array);
            long found = entry.getSize() - header.bytes();
            if (found != header.elementBytes()) {
                throw Elements.sizesDiffer(header, found, array);
            }
            Tensor tensor = Elements.read(in, header, array);
            if (in.getChecksum().getValue() != entry.getCrc()) {
                throw new InvalidInputException(array + " is damaged: its checksum does not fit its bytes.");
            }
            return tensor;
        }
    }

    /**
     * A file of the default file system, which is all that {@link ZipFile} can read.
     *
     * @param isCopy whether it is a copy of one of another file system
     */
    private record LocalFile(Path path, boolean isCopy) implements AutoCloseable {
        static LocalFile of(Path file) throws IOException {
            if (file.getFileSystem().equals(FileSystems.getDefault())) {
                return new LocalFile(file, false);
            }
            LocalFile copy = new LocalFile(Files.createTempFile("wsvd", ".npz"), true);
            try {
                Files.copy(file, copy.path(), StandardCopyOption.REPLACE_EXISTING);
                return copy;
            } catch (IOException | RuntimeException e) {
                copy.close();
                throw e;
            }
        }

        @Override
        public void close() throws IOException {
            if (isCopy) {
                Files.delete(path);
            }
        }
    }
}
