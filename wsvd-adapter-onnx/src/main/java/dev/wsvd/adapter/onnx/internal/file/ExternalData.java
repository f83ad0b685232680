package dev.wsvd.adapter.onnx.internal.file;

import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import com.google.protobuf.UnsafeByteOperations;
import dev.wsvd.domain.error.ModelFormatException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Where a model's tensors have their bytes: in the model itself or in files of its folder. A location outside the folder
 * (absolute, upwards, or by a link) is refused.
 */
public final class ExternalData {
    /** What ONNX Runtime takes for an address in its own memory. */
    private static final String ADDRESS = "_ORT_MEM_ADDR_";

    private final Optional<DataFolder> folder;
    private final Map<String, Path> files = new ConcurrentHashMap<>();

    /** @param folder the model file's folder; null for a model that has none and may have no external data */
    public ExternalData(Path folder) {
        this.folder = Optional.ofNullable(folder).map(DataFolder::new);
    }

    /** A piece of a file. */
    public record Piece(Path file, long offset, long length) {}

    public static boolean isExternal(TensorProto tensor) {
        return tensor.getDataLocation() == TensorProto.DataLocation.EXTERNAL;
    }

    /**
     * A tensor's raw bytes, little-endian; off the heap if they are large and come from a file. Empty for a tensor that holds typed
     * values instead.
     *
     * @throws ModelFormatException if external data cannot be read
     */
    public ByteBuffer bytes(TensorProto tensor) {
        long length = isExternal(tensor)
                ? piece(tensor).length()
                : tensor.getRawData().size();
        if (length > Integer.MAX_VALUE) {
            throw new ModelFormatException("Tensor '" + tensor.getName() + "' has " + length
                    + " bytes of external data; at most " + Integer.MAX_VALUE + " can be read at once.");
        }
        return bytes(tensor, 0, (int) length);
    }

    /**
     * Some of a tensor's raw bytes, as {@link #bytes(TensorProto)}.
     *
     * @throws ModelFormatException if external data cannot be read
     */
    public ByteBuffer bytes(TensorProto tensor, long offset, int length) {
        if (!isExternal(tensor)) {
            ByteBuffer bytes = tensor.getRawData().asReadOnlyByteBuffer();
            return bytes.slice(bytes.position() + (int) offset, length).order(ByteOrder.LITTLE_ENDIAN);
        }
        Piece piece = piece(tensor);
        Objects.checkFromIndexSize(offset, length, piece.length());
        try (FileChannel channel = open(piece.file())) {
            return FilePiece.read(channel, piece.offset() + offset, length).order(ByteOrder.LITTLE_ENDIAN);
        } catch (IOException e) {
            throw unreadable(tensor, entry(tensor, "location"), e);
        }
    }

    /** Opens a file that a piece is of, if it still is one of the folder's. */
    FileChannel open(Path file) throws IOException {
        return folder.orElseThrow().open(file);
    }

    /** The tensor with its bytes in itself. They are not copied. */
    public TensorProto inlined(TensorProto tensor) {
        if (!isExternal(tensor)) {
            return tensor;
        }
        return tensor.toBuilder()
                .clearDataLocation()
                .clearExternalData()
                .setRawData(UnsafeByteOperations.unsafeWrap(bytes(tensor)))
                .build();
    }

    /**
     * Where a tensor's external bytes are.
     *
     * @throws ModelFormatException if the location is outside the folder or the piece outside the file
     */
    public Piece piece(TensorProto tensor) {
        String location = entry(tensor, "location");
        Path file = files.get(location);
        if (file == null) {
            file = locate(tensor, location);
            files.put(location, file);
        }
        try {
            long size = Files.size(file);
            long offset = number(tensor, "offset", 0);
            long length = number(tensor, "length", Math.max(0, size - offset));
            if (offset > size || length > size - offset) {
                throw unreadable(
                        tensor,
                        location,
                        "bytes " + offset + " … " + offset + "+" + length + " are beyond the file's end at " + size,
                        null);
            }
            return new Piece(file, offset, length);
        } catch (IOException e) {
            throw unreadable(tensor, location, e);
        }
    }

    private Path locate(TensorProto tensor, String location) {
        if (folder.isEmpty()) {
            throw unreadable(tensor, location, "the model does not come from a file, so it has no folder", null);
        }
        if (location.isEmpty()) {
            throw unreadable(tensor, location, "the location is missing", null);
        }
        if (location.contains(ADDRESS)) {
            throw unreadable(tensor, location, "ONNX Runtime would take it for an address in memory", null);
        }
        try {
            return folder.get().locate(location);
        } catch (IOException | InvalidPathException e) {
            throw unreadable(tensor, location, e);
        }
    }

    private static String entry(TensorProto tensor, String key) {
        return tensor.getExternalDataList().stream()
                .filter(e -> e.getKey().equals(key))
                .map(StringStringEntryProto::getValue)
                .findFirst()
                .orElse("");
    }

    private static long number(TensorProto tensor, String key, long otherwise) {
        String text = entry(tensor, key);
        if (text.isEmpty()) {
            return otherwise;
        }
        if (!text.matches("[0-9]{1,18}")) {
            throw unreadable(
                    tensor,
                    entry(tensor, "location"),
                    "its " + key + " is '" + text + "', not a number of bytes",
                    null);
        }
        return Long.parseLong(text);
    }

    private static ModelFormatException unreadable(TensorProto tensor, String location, Exception cause) {
        String why = cause instanceof DataFolder.OutsideException
                ? "it is outside the model's folder. Maybe copy the data file beside the model"
                : reason(cause);
        return unreadable(tensor, location, why, cause);
    }

    private static ModelFormatException unreadable(TensorProto tensor, String location, String why, Exception cause) {
        return new ModelFormatException(
                "The external data '" + location + "' of tensor '" + tensor.getName() + "' cannot be read: " + why
                        + ".",
                cause);
    }

    private static String reason(Exception e) {
        return e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
    }
}
