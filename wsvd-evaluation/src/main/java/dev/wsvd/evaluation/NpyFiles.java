package dev.wsvd.evaluation;

import dev.wsvd.domain.tensor.Tensor;
import java.nio.file.Path;
import java.util.Map;

/** NumPy's array files: {@code .npy} (one array) and {@code .npz} (several, by name). */
public final class NpyFiles {
    private NpyFiles() {}

    /** Reads a {@code .npy} file. */
    public static Tensor read(Path file) {
        throw new UnsupportedOperationException(file.toString());
    }

    /** Reads every array of a {@code .npz} file, by name, in the file's order. */
    public static Map<String, Tensor> readNpz(Path file) {
        throw new UnsupportedOperationException(file.toString());
    }

    /** Writes a {@code .npy} file in C order. */
    public static void write(Path file, Tensor array) {
        throw new UnsupportedOperationException(file.toString());
    }
}
