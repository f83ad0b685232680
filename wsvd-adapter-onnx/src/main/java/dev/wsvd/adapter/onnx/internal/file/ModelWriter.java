package dev.wsvd.adapter.onnx.internal.file;

import ai.onnx.proto.OnnxMl.ModelProto;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.error.ModelFormatException;
import dev.wsvd.domain.file.FileFailure;
import dev.wsvd.domain.file.FileIdentity;
import dev.wsvd.domain.file.UnfinishedFile;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/**
 * Writes a model atomically. Weights go into a file of their own, {@code <name>.<digest>.data} beside the model, if the model would be too
 * large for one file, or has external data already and is not asked to be in one file. That data file is whole before the model that refers to it takes the
 * place of what was there, and its predecessor is deleted after.
 */
public final class ModelWriter {
    /** Protobuf's limit is 2^31 − 1 bytes; what is kept free is for everything but weights. */
    private static final long LARGEST_FILE = 1_900_000_000;

    private final long largestFile;
    private final boolean inOneFile;

    public ModelWriter() {
        this(LARGEST_FILE);
    }

    /** @param largestFile models with more bytes of weights than this get a data file */
    public ModelWriter(long largestFile) {
        this(largestFile, false);
    }

    private ModelWriter(long largestFile, boolean inOneFile) {
        this.largestFile = largestFile;
        this.inOneFile = inOneFile;
    }

    /**
     * A writer that puts a model's weights into the model itself, wherever they were.
     *
     * @throws InvalidInputException if they are too many
     */
    public ModelWriter inOneFile(ModelProto model, ExternalData external) {
        long bytes = bytes(model, external);
        if (bytes > largestFile) {
            throw new InvalidInputException(String.format(
                    Locale.ROOT,
                    "The model has %,d bytes of weights; one ONNX file has room for %,d."
                            + " Maybe compress it further, or save it with its weights in a second file.",
                    bytes,
                    largestFile));
        }
        return new ModelWriter(largestFile, true);
    }

    /**
     * Writes a model.
     *
     * @throws InvalidInputException if there is no permission
     * @throws ModelFormatException if writing fails
     */
    public void write(ModelProto model, ExternalData external, Path target) {
        // Behind a link the real file is replaced, not the link.
        Path file = FileIdentity.real(target);
        OwnDataFiles.deleteUnused(file);
        boolean synced;
        try {
            synced = needsDataFile(model, external)
                    ? writeWithData(model, external, file)
                    : write(ModelTensors.map(model, external::inlined), file, List.of());
        } catch (AccessDeniedException e) {
            throw new InvalidInputException("'" + target + "' cannot be written: no permission.", e);
        } catch (IOException e) {
            throw new ModelFormatException("'" + target + "' could not be written: " + FileFailure.reason(e) + ".", e);
        }
        if (synced) {
            OwnDataFiles.deleteUnused(file);
        }
    }

    /** Whether a file has, or would have, the name of a data file of a model at a path. */
    public static boolean isData(Path target, Path file) {
        return OwnDataFiles.isNamed(FileIdentity.real(target), file.toAbsolutePath());
    }

    private static boolean writeWithData(ModelProto model, ExternalData external, Path file) throws IOException {
        try (UnfinishedFile data = DataFile.begin(model, external, file)) {
            return write(DataFile.write(model, external, data), file, List.of(data));
        }
    }

    private static boolean write(ModelProto model, Path file, List<UnfinishedFile> companions) throws IOException {
        try (UnfinishedFile temporary = UnfinishedFile.beside(file)) {
            model.writeTo(temporary.stream());
            return temporary.replace(file, companions);
        }
    }

    private boolean needsDataFile(ModelProto model, ExternalData external) {
        boolean[] outside = new boolean[1];
        ModelTensors.forEach(model, tensor -> outside[0] |= ExternalData.isExternal(tensor));
        return outside[0] && !inOneFile || bytes(model, external) > largestFile;
    }

    /** Of all tensors, wherever they are. */
    private static long bytes(ModelProto model, ExternalData external) {
        long[] bytes = new long[1];
        ModelTensors.forEach(
                model,
                tensor -> bytes[0] += ExternalData.isExternal(tensor)
                        ? external.piece(tensor).length()
                        : tensor.getRawData().size()
                                + 4L * tensor.getFloatDataCount()
                                + 10L
                                        * (tensor.getInt32DataCount()
                                                + tensor.getInt64DataCount()
                                                + tensor.getUint64DataCount())
                                + 8L * tensor.getDoubleDataCount());
        return bytes[0];
    }
}
