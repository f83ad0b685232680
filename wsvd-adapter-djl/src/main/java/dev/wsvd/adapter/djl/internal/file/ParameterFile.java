package dev.wsvd.adapter.djl.internal.file;

import ai.djl.Model;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.util.Pair;
import dev.wsvd.adapter.djl.internal.block.ParameterArrays;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * DJL's file of parameters: {@code DJL@}, version 1, model name, data type, inputs, properties, then what the block writes.
 *
 * <p>DJL's own {@code Model.save} asks the block for the names of its inputs, which a block that was loaded has forgotten, so it
 * fails on such a model; it also makes the model's path that of the copy.
 */
final class ParameterFile {
    private static final byte[] MAGIC = "DJL@".getBytes(StandardCharsets.US_ASCII);
    private static final int VERSION = 1;

    private ParameterFile() {}

    static boolean looksLikeOne(Path file) {
        try (var in = Files.newInputStream(file)) {
            return Arrays.equals(in.readNBytes(MAGIC.length), MAGIC);
        } catch (IOException e) {
            return false;
        }
    }

    /** Writes all of it and closes the stream. */
    static void write(OutputStream file, Model model, List<Pair<String, Shape>> inputs) throws IOException {
        try (DataOutputStream out = new DataOutputStream(new BufferedOutputStream(file))) {
            out.write(MAGIC);
            out.writeInt(VERSION);
            out.writeUTF(model.getName());
            out.writeUTF(model.getDataType().name());
            out.writeInt(inputs.size());
            for (Pair<String, Shape> input : inputs) {
                out.writeUTF(input.getKey());
                out.write(input.getValue().getEncoded());
            }
            out.writeInt(model.getProperties().size());
            for (Map.Entry<String, String> property : model.getProperties().entrySet()) {
                out.writeUTF(property.getKey());
                out.writeUTF(property.getValue());
            }
            ParameterArrays.save(model.getBlock(), out);
        }
    }

    /**
     * What the file says before the block's part.
     *
     * @param type of the parameters
     * @param properties the model's
     */
    record Header(DataType type, Map<String, String> properties) {}

    /** Reads on to where the block's part begins. */
    static Header readHeader(DataInputStream in) throws IOException {
        in.readFully(new byte[MAGIC.length]);
        in.readInt();
        in.readUTF();
        DataType type = DataType.valueOf(in.readUTF());
        int inputs = in.readInt();
        for (int i = 0; i < inputs; i++) {
            in.readUTF();
            Shape.decode(in);
        }
        Map<String, String> properties = new TreeMap<>();
        int count = in.readInt();
        for (int i = 0; i < count; i++) {
            properties.put(in.readUTF(), in.readUTF());
        }
        return new Header(type, properties);
    }
}
