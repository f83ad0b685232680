package dev.wsvd.adapter.onnx.internal.file;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import dev.wsvd.domain.file.UnfinishedFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;

/** A model's weights in a file of their own, one after the other. */
final class DataFile {
    /** Smaller tensors stay in the model, where a size or an axis can be read without the data file. */
    private static final int SMALLEST = 1 << 10;

    /** Weights begin at multiples of this, so that they can be used in place. */
    private static final int ALIGNMENT = 64;

    private final FileChannel channel;
    private final ExternalData external;
    private final String location;

    private DataFile(FileChannel channel, ExternalData external, String location) {
        this.channel = channel;
        this.external = external;
        this.location = location;
    }

    /**
     * Begins the file of a model's weights under a name of its own, made from what it will hold, or made from that name where it
     * is taken, as when a model is saved over itself: no file that is there is written to.
     */
    static UnfinishedFile begin(ModelProto model, ExternalData external, Path modelFile) throws IOException {
        byte[] digest = digest(model, external);
        while (true) {
            try {
                return UnfinishedFile.at(
                        OwnDataFiles.named(modelFile, HexFormat.of().formatHex(digest)));
            } catch (FileAlreadyExistsException e) {
                digest = ModelDigest.sha256().digest(digest);
            }
        }
    }

    /**
     * Writes the weights.
     *
     * @return the model with its large tensors referring to that file
     */
    static ModelProto write(ModelProto model, ExternalData external, UnfinishedFile file) throws IOException {
        try {
            String location = file.path().getFileName().toString();
            DataFile data = new DataFile(file.channel(), external, location);
            return ModelTensors.map(model, data::moved);
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    private static byte[] digest(ModelProto model, ExternalData external) {
        MessageDigest digest = ModelDigest.sha256();
        ModelTensors.forEach(model, tensor -> {
            if (isMoved(tensor)) {
                digest.update(external.bytes(tensor));
            }
        });
        return digest.digest();
    }

    private static boolean isMoved(TensorProto tensor) {
        return ExternalData.isExternal(tensor) || tensor.getRawData().size() >= SMALLEST;
    }

    private TensorProto moved(TensorProto tensor) {
        if (!isMoved(tensor)) {
            return tensor;
        }
        try {
            long offset = aligned();
            ByteBuffer bytes = external.bytes(tensor);
            long length = bytes.remaining();
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
            return tensor.toBuilder()
                    .clearRawData()
                    .clearExternalData()
                    .setDataLocation(TensorProto.DataLocation.EXTERNAL)
                    .addExternalData(entry("location", location))
                    .addExternalData(entry("offset", String.valueOf(offset)))
                    .addExternalData(entry("length", String.valueOf(length)))
                    .build();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private long aligned() throws IOException {
        int gap = (int) (-channel.position() & (ALIGNMENT - 1));
        ByteBuffer zeros = ByteBuffer.allocate(gap);
        while (zeros.hasRemaining()) {
            channel.write(zeros);
        }
        return channel.position();
    }

    private static StringStringEntryProto entry(String key, String value) {
        return StringStringEntryProto.newBuilder().setKey(key).setValue(value).build();
    }
}
