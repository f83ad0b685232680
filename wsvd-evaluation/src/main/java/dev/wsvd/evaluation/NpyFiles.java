package dev.wsvd.evaluation;

import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.error.WsvdException;
import dev.wsvd.domain.file.WholeFile;
import dev.wsvd.domain.tensor.Tensor;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.Supplier;

/**
 * NumPy's array files: {@code .npy} (one array) and {@code .npz} (several, by name). Versions 1 to 3, either byte order, C
 * or Fortran order, bool, float16 to float64 and integers of 8 to 64 bits. Python objects are never loaded.
 *
 * <p>A tensor read from a {@code .npy} file may be a view of the file, which must not change while the tensor is used.
 *
 * <p>Source: NumPy Enhancement Proposal 1, "A Simple File Format for NumPy Arrays".
 */
public final class NpyFiles {
    private NpyFiles() {}

    /**
     * Reads a {@code .npy} file.
     *
     * @throws InvalidInputException if the file does not exist, is not one array of numbers, or is larger than a tensor can be
     *     (2 GiB)
     */
    public static Tensor read(Path file) {
        return reading(file, (channel, in, header) -> {
            requireWhole(channel, header, file);
            if (!header.asInMemory() || header.elementBytes() > Integer.MAX_VALUE) {
                return Elements.read(in, header, named(file));
            }
            return new Tensor(
                    header.type(),
                    header.shape(),
                    channel.map(FileChannel.MapMode.READ_ONLY, header.bytes(), header.elementBytes()));
        });
    }

    /**
     * Reads every array of a {@code .npz} file, by name, in the file's order.
     *
     * @throws InvalidInputException if the file does not exist or holds anything but arrays of numbers
     */
    public static Map<String, Tensor> readNpz(Path file) {
        requireFile(file);
        return NpzFile.read(file, named(file));
    }

    /**
     * Writes a {@code .npy} file, little-endian and in C order. A failure may leave part of a file.
     *
     * @throws WsvdException if the file cannot be written
     */
    public static void write(Path file, Tensor array) {
        try (WritableByteChannel out = Channels.newChannel(Files.newOutputStream(file))) {
            out.write(ByteBuffer.wrap(NpyHeader.write(array.type(), array.shape())));
            out.write(array.data());
        } catch (IOException e) {
            throw new WsvdException("Writing the file " + file + " failed: " + e.getMessage() + ".", e);
        }
    }

    /**
     * Writes a {@code .npz} file of arrays by name, each asked for when its turn comes; atomically.
     *
     * @throws InvalidInputException if the path cannot be written
     * @throws WsvdException if writing fails
     */
    public static void writeNpz(Path file, Map<String, Supplier<Tensor>> arrays) {
        WholeFile.write(file, out -> NpzFile.write(out, arrays));
    }

    /** The samples of a {@code .npy} file of any size. */
    static SampleArray open(Path file) {
        return reading(file, (channel, in, header) -> {
            requireWhole(channel, header, file);
            return header.asInMemory() && !header.shape().isEmpty()
                    ? MappedArray.of(channel, header, file)
                    : SampleArray.of(Elements.read(in, header, named(file)));
        });
    }

    /** Whether a file begins like a zip archive, as {@code .npz} files do. */
    static boolean isNpz(Path file) {
        requireFile(file);
        try (InputStream in = Files.newInputStream(file)) {
            byte[] begin = in.readNBytes(2);
            return begin.length == 2 && begin[0] == 'P' && begin[1] == 'K';
        } catch (IOException e) {
            throw unreadable(file, e);
        }
    }

    /** @throws InvalidInputException if there is no file, or it does not begin like {@code .npz} files do */
    static void requireNpz(Path file) {
        if (!isNpz(file)) {
            throw new InvalidInputException(named(file) + " is not a .npz file, or is damaged or cut off.");
        }
    }

    static String named(Path file) {
        return "The file " + file;
    }

    static InvalidInputException unreadable(Path file, IOException cause) {
        return new InvalidInputException("The file " + file + " cannot be read.", cause);
    }

    private interface Reading<T> {
        T read(FileChannel channel, InputStream in, NpyHeader header) throws IOException;
    }

    private static <T> T reading(Path file, Reading<T> reading) {
        requireFile(file);
        try (FileChannel channel = FileChannel.open(file)) {
            InputStream in = new BufferedInputStream(Channels.newInputStream(channel));
            return reading.read(channel, in, NpyHeader.read(in, named(file)));
        } catch (IOException e) {
            throw unreadable(file, e);
        }
    }

    static void requireFile(Path file) {
        if (!Files.exists(file)) {
            throw new InvalidInputException("The file " + file + " does not exist.");
        }
        if (!Files.isRegularFile(file)) {
            throw new InvalidInputException(file + " is not a file.");
        }
    }

    private static void requireWhole(FileChannel channel, NpyHeader header, Path file) throws IOException {
        long found = channel.size() - header.bytes();
        if (found != header.elementBytes()) {
            throw Elements.sizesDiffer(header, found, named(file));
        }
    }
}
