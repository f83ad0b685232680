package dev.wsvd.adapter.onnx.internal.file;

import ai.onnx.proto.OnnxMl.ModelProto;
import dev.wsvd.domain.error.ModelFormatException;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.TreeMap;

/** SHA-256 of a model: the bytes of its file, then those of its external data files in the order of their locations. */
public final class ModelDigest {
    private static final long STEP = 1L << 28;
    private static final int LARGE = 1 << 10;

    private ModelDigest() {}

    /** The digest of an opened file. For a file without external data it is that of the file itself. */
    public static String of(ModelFile file, ExternalData external) {
        MessageDigest digest = sha256();
        file.content().asReadOnlyByteBufferList().forEach(digest::update);
        updateExternal(digest, file.model(), external);
        return HexFormat.of().formatHex(digest.digest());
    }

    /**
     * The digest of a model that is not (or no longer) a file's: over its large weights, then over the rest as it would be
     * written, so that it may have more weights than a file can.
     */
    public static String of(ModelProto model, ExternalData external) {
        MessageDigest digest = sha256();
        ModelProto rest = ModelTensors.map(model, tensor -> {
            if (tensor.getRawData().size() < LARGE) {
                return tensor;
            }
            tensor.getRawData().asReadOnlyByteBufferList().forEach(digest::update);
            return tensor.toBuilder().clearRawData().build();
        });
        try (OutputStream out = new DigestOutputStream(OutputStream.nullOutputStream(), digest)) {
            rest.writeTo(out);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        updateExternal(digest, model, external);
        return HexFormat.of().formatHex(digest.digest());
    }

    private static void updateExternal(MessageDigest digest, ModelProto model, ExternalData external) {
        TreeMap<String, Path> files = new TreeMap<>();
        ModelTensors.forEach(model, tensor -> {
            if (ExternalData.isExternal(tensor)) {
                Path file = external.piece(tensor).file();
                files.put(file.toString(), file);
            }
        });
        files.values().forEach(file -> update(digest, file, external));
    }

    private static void update(MessageDigest digest, Path file, ExternalData external) {
        try (FileChannel channel = external.open(file)) {
            long size = channel.size();
            for (long at = 0; at < size; at += STEP) {
                ByteBuffer piece = channel.map(FileChannel.MapMode.READ_ONLY, at, Math.min(STEP, size - at));
                digest.update(piece);
            }
        } catch (IOException e) {
            throw new ModelFormatException(
                    "The external data '" + file.getFileName() + "' cannot be read: " + e.getMessage() + ".", e);
        }
    }

    static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every Java runtime has SHA-256.", e);
        }
    }
}
