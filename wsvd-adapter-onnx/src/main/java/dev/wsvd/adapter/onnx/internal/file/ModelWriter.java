package dev.wsvd.adapter.onnx.internal.file;

import ai.onnx.proto.OnnxMl.ModelProto;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.error.ModelFormatException;
import dev.wsvd.domain.file.FileFailure;
import dev.wsvd.domain.file.FileIdentity;
import dev.wsvd.domain.file.UnfinishedFile;
import dev.wsvd.domain.file.WholeFile;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Path;
import java.util.List;

/**
 * Writes a model atomically. Weights go into a file of their own, {@code <name>.<digest>.data} beside the model, if the model has
 * external data already or would be too large for one file. That file is whole before the model that refers to it takes the
 * place of what was there, and its predecessor is deleted after.
 */
public final class ModelWriter {
    /** Protobuf's limit is 2^31 − 1 bytes; what is kept free is for everything but weights. */
    private static final long LARGEST_FILE = 1_900_000_000;

    private final long largestFile;

    public ModelWriter() {
        this(LARGEST_FILE);
    }

    /** @param largestFile models with more bytes of weights than this get a data file */
    public ModelWriter(long largestFile) {
        this.largestFile = largestFile;
    }

    /**
     * Writes a model.
     *
     * @param sources files that must not be touched: those the model and its weights are in
     * @throws InvalidInputException if the path cannot be written or the save would touch one of the sources
     * @throws ModelFormatException if writing fails
     */
    public void write(ModelProto model, ExternalData external, Path target, List<Path> sources) {
        check(target, sources);
        Path file = target.toAbsolutePath();
        OwnDataFiles.deleteUnused(file);
        try {
            if (needsDataFile(model)) {
                writeWithData(model, external, file);
            } else {
                write(model, file, List.of());
            }
        } catch (AccessDeniedException e) {
            throw new InvalidInputException("'" + target + "' cannot be written: no permission.", e);
        } catch (IOException e) {
            throw new ModelFormatException("'" + target + "' could not be written: " + FileFailure.reason(e) + ".", e);
        }
        OwnDataFiles.deleteUnused(file);
    }

    /** Whether a write to a path may create, replace or delete a file. */
    public static boolean touches(Path target, Path other) {
        return FileIdentity.isSame(target, other)
                || OwnDataFiles.isNamed(target.toAbsolutePath(), other.toAbsolutePath())
                || UnfinishedFile.isBeside(target, other);
    }

    private static void writeWithData(ModelProto model, ExternalData external, Path file) throws IOException {
        try (UnfinishedFile data = DataFile.begin(model, external, file)) {
            write(DataFile.write(model, external, data), file, List.of(data));
        }
    }

    private static void write(ModelProto model, Path file, List<UnfinishedFile> companions) throws IOException {
        try (UnfinishedFile temporary = UnfinishedFile.beside(file)) {
            model.writeTo(temporary.stream());
            temporary.replace(file, companions);
        }
    }

    private boolean needsDataFile(ModelProto model) {
        long[] inline = new long[1];
        boolean[] external = new boolean[1];
        ModelTensors.forEach(model.getGraph(), tensor -> {
            external[0] |= ExternalData.isExternal(tensor);
            inline[0] += tensor.getRawData().size()
                    + 4L * tensor.getFloatDataCount()
                    + 10L * (tensor.getInt32DataCount() + tensor.getInt64DataCount() + tensor.getUint64DataCount())
                    + 8L * tensor.getDoubleDataCount();
        });
        return external[0] || inline[0] > largestFile;
    }

    private static void check(Path target, List<Path> sources) {
        for (Path source : sources) {
            if (touches(target, source)) {
                throw new InvalidInputException("'" + target + "' cannot be written: '" + source
                        + "' is what the model was opened from. Maybe choose another name.");
            }
        }
        WholeFile.requireWritable(target);
    }
}
