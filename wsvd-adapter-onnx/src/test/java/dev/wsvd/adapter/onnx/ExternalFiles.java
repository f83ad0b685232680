package dev.wsvd.adapter.onnx;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Writes models whose weights are in a file of their own, as other tools do. */
final class ExternalFiles {
    private ExternalFiles() {}

    /**
     * @param gap bytes of something else in front of each weight
     * @return the model file
     */
    static Path write(ModelProto model, Path file, String location, int gap) throws IOException {
        ByteArrayOutputStream data = new ByteArrayOutputStream();
        ModelProto.Builder out = model.toBuilder();
        for (TensorProto.Builder tensor : out.getGraphBuilder().getInitializerBuilderList()) {
            data.write(new byte[gap]);
            int offset = data.size();
            byte[] bytes = tensor.getRawData().toByteArray();
            data.write(bytes);
            refer(tensor.clearRawData(), location, String.valueOf(offset), String.valueOf(bytes.length));
        }
        Files.write(file.resolveSibling(location), data.toByteArray());
        return Files.write(file, out.build().toByteArray());
    }

    static TensorProto.Builder refer(TensorProto.Builder tensor, String location, String offset, String length) {
        return tensor.setDataLocation(TensorProto.DataLocation.EXTERNAL)
                .clearExternalData()
                .addExternalData(entry("location", location))
                .addExternalData(entry("offset", offset))
                .addExternalData(entry("length", length));
    }

    private static StringStringEntryProto entry(String key, String value) {
        return StringStringEntryProto.newBuilder().setKey(key).setValue(value).build();
    }
}
