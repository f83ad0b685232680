package dev.wsvd.adapter.onnx.internal.file;

import ai.onnx.proto.OnnxMl.ModelProto;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.error.ModelFormatException;
import dev.wsvd.domain.file.WholeFile;
import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/**
 * Writes a model, whole or not at all. Weights go into a file of their own, {@code <name>.data} beside the model, if the model
 * has external data already or would be too large for one file.
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
     * @param sources files that must not be written to: those the model's weights are in
     * @throws InvalidInputException if the path cannot be written or is one of the sources
     * @throws ModelFormatException if writing fails
     */
    public void write(ModelProto model, ExternalData external, Path target, List<Path> sources) {
        Path file = target.toAbsolutePath();
        Path dataFile = file.resolveSibling(file.getFileName() + ".data");
        boolean withData = needsDataFile(model);
        check(target, file, withData ? List.of(file, dataFile) : List.of(file), sources);
        List<Path> temporary = new ArrayList<>();
        try {
            ModelProto written = model;
            if (withData) {
                temporary.add(beside(dataFile));
                written = DataFile.write(
                        model,
                        external,
                        temporary.get(0),
                        dataFile.getFileName().toString());
            }
            Path modelFile = beside(file);
            temporary.add(modelFile);
            writeModel(written, modelFile);
            if (withData) {
                WholeFile.move(temporary.get(0), dataFile);
            }
            WholeFile.move(modelFile, file);
        } catch (AccessDeniedException e) {
            throw new InvalidInputException("'" + target + "' cannot be written: no permission.", e);
        } catch (IOException e) {
            throw new ModelFormatException("'" + target + "' could not be written: " + reason(e) + ".", e);
        } finally {
            temporary.forEach(ModelWriter::discard);
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

    private static void check(Path target, Path file, List<Path> written, List<Path> sources) {
        Path folder = file.getParent();
        if (folder == null || !Files.isDirectory(folder)) {
            throw new InvalidInputException("There is no folder '" + (folder == null ? file : folder) + "'.");
        }
        if (Files.isDirectory(file)) {
            throw new InvalidInputException("'" + target + "' is a folder.");
        }
        if (Files.exists(file) && !Files.isRegularFile(file)) {
            throw new InvalidInputException("'" + target + "' is not a regular file, and is not replaced by one.");
        }
        if (!Files.isWritable(folder)) {
            throw new InvalidInputException("'" + target + "' cannot be written: no permission.");
        }
        for (Path path : written) {
            for (Path source : sources) {
                if (isSame(path, source)) {
                    throw new InvalidInputException("'" + target + "' cannot be written: '" + source
                            + "' is what the model was opened from. Maybe choose another name.");
                }
            }
        }
    }

    private static boolean isSame(Path path, Path source) {
        try {
            return path.equals(source.toAbsolutePath().normalize())
                    || Files.exists(path) && Files.exists(source) && Files.isSameFile(path, source);
        } catch (IOException e) {
            throw new InvalidInputException("'" + path + "' cannot be written: " + reason(e) + ".", e);
        }
    }

    private static void writeModel(ModelProto model, Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            model.writeTo(Channels.newOutputStream(channel));
            channel.force(true);
        }
    }

    private static Path beside(Path file) {
        return file.resolveSibling("." + file.getFileName() + "." + UUID.randomUUID() + ".tmp");
    }

    private static void discard(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            throw new ModelFormatException("The temporary file '" + file + "' could not be deleted.", e);
        }
    }

    private static String reason(IOException e) {
        if (e instanceof FileSystemException failure && failure.getReason() != null) {
            return failure.getReason();
        }
        return e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
    }
}
