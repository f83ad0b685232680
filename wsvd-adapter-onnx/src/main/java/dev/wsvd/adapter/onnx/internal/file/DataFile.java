package dev.wsvd.adapter.onnx.internal.file;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** Writes a model's weights into one file, one after the other. */
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
     * Writes the weights to a new file.
     *
     * @param location the name the file will have beside the model
     * @return the model with its large tensors referring to that file
     */
    static ModelProto write(ModelProto model, ExternalData external, Path file, String location) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            DataFile data = new DataFile(channel, external, location);
            ModelProto.Builder out = model.toBuilder();
            out.setGraph(ModelTensors.map(model.getGraph(), data::moved));
            channel.force(true);
            return out.build();
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    private TensorProto moved(TensorProto tensor) {
        boolean wasExternal = ExternalData.isExternal(tensor);
        if (!wasExternal && tensor.getRawData().size() < SMALLEST) {
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
