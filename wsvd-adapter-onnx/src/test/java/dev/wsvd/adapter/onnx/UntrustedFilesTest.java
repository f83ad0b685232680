package dev.wsvd.adapter.onnx;

import static dev.wsvd.adapter.onnx.ModelBuilder.attribute;
import static dev.wsvd.adapter.onnx.ModelBuilder.nodeOf;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.error.ModelFormatException;
import dev.wsvd.domain.error.WsvdException;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.OpenOptions;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A file that contradicts itself, or was made to do harm, gives one clear error. */
class UntrustedFilesTest {
    @TempDir
    Path folder;

    private final OnnxFormat format = new OnnxFormat();

    @Test
    void aMissingFile() {
        Path file = folder.resolve("nowhere.onnx");
        refused(file, InvalidInputException.class, "There is no file '" + file + "'.");
    }

    @Test
    void aFolder() {
        refused(folder, InvalidInputException.class, "'" + folder + "' is not a file.");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "x",
                "# A model card\n\nThis is not a model, but says how to get one.\n",
                "\n{\"a\":1}",
                "\"Quoted\""
            })
    void aTextRenamed(String text) throws IOException {
        Path file = Files.writeString(folder.resolve("model.onnx"), text);
        refused(file, InvalidInputException.class, "'" + file + "' is not an ONNX model.");
    }

    @Test
    void anArchiveRenamed() throws IOException {
        Path file = folder.resolve("model.onnx");
        try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(file))) {
            zip.putNextEntry(new ZipEntry("model.onnx"));
            zip.write(model().toByteArray());
        }
        refused(file, InvalidInputException.class, "'" + file + "' is not an ONNX model.");
    }

    @Test
    void aTruncatedModel() throws IOException {
        byte[] whole = OnnxFormatContractTest.example().toByteArray();
        for (int length = 2; length < whole.length; length += 97) {
            Path file = Files.write(folder.resolve("model.onnx"), java.util.Arrays.copyOf(whole, length));
            assertThatThrownBy(() -> format.open(file, OpenOptions.DEFAULT)).isInstanceOf(WsvdException.class);
        }
    }

    @Test
    void theMessageOfATruncatedModel() throws IOException {
        byte[] whole = model().toByteArray();
        Path file = Files.write(folder.resolve("model.onnx"), java.util.Arrays.copyOf(whole, whole.length - 9));
        assertThatThrownBy(() -> format.open(file, OpenOptions.DEFAULT))
                .isInstanceOf(ModelFormatException.class)
                .hasMessage("'" + file + "' cannot be read as an ONNX model: it is truncated or corrupt.");
    }

    @Test
    void aFileBeyondTheFormatsLimit() throws IOException {
        Path file = folder.resolve("model.onnx");
        try (RandomAccessFile sparse = new RandomAccessFile(file.toFile(), "rw")) {
            sparse.write(new byte[] {8, 8});
            sparse.setLength(3L << 30);
        }
        refused(
                file,
                ModelFormatException.class,
                "'" + file + "' has 3,221,225,472 bytes; an ONNX file has at most 2,147,483,647."
                        + " Maybe save the model with external data.");
    }

    /** Zeros are no protobuf fields, and two gigabytes of them must not be read to notice. */
    @Test
    void manyZeros() throws IOException {
        Path file = folder.resolve("model.onnx");
        try (RandomAccessFile sparse = new RandomAccessFile(file.toFile(), "rw")) {
            sparse.write(new byte[] {8, 8});
            sparse.setLength(1L << 30);
        }
        refused(
                file,
                ModelFormatException.class,
                "'" + file + "' cannot be read as an ONNX model: it is truncated or corrupt.");
    }

    @Test
    void deepNesting() throws IOException {
        GraphProto graph = GraphProto.newBuilder().setName("innermost").build();
        for (int i = 0; i < 200; i++) {
            graph = GraphProto.newBuilder()
                    .addNode(nodeOf("If", "if" + i, List.of("c"), "o" + i, attribute("then_branch", graph)))
                    .build();
        }
        Path file = write(model().toBuilder().setGraph(graph).build());
        refused(
                file,
                ModelFormatException.class,
                "'" + file + "' cannot be read as an ONNX model: its parts are nested more than 100 deep.");
    }

    @Test
    void nestingThatTheEngineTakes() throws IOException {
        GraphProto graph = GraphProto.newBuilder().setName("innermost").build();
        for (int i = 0; i < 25; i++) {
            graph = GraphProto.newBuilder()
                    .addNode(nodeOf("If", "if" + i, List.of("c"), "o" + i, attribute("then_branch", graph)))
                    .build();
        }
        assertThat(open(model().toBuilder().setGraph(graph).build()).layers()).isEmpty();
    }

    @Test
    void negativeDims() throws IOException {
        Path file = write(withWeight(weight().clearDims().addDims(-6).addDims(-5)));
        refused(
                file,
                ModelFormatException.class,
                "'" + file + "' is corrupt: tensor 'w' has a negative dim: [-6, -5].");
    }

    @Test
    void hugeDims() throws IOException {
        Path file = write(withWeight(weight().clearDims().addDims(1L << 40).addDims(1L << 40)));
        refused(
                file,
                ModelFormatException.class,
                "'" + file + "' is corrupt: tensor 'w' has dims beyond all bounds: [1099511627776, 1099511627776].");
    }

    @Test
    void dimsThatDoNotFitTheBytes() throws IOException {
        Path file = write(withWeight(weight().clearDims().addDims(1 << 20).addDims(1 << 20)));
        refused(
                file,
                ModelFormatException.class,
                "'" + file + "' is corrupt: tensor 'w' (float32 [1048576, 1048576]) needs 4398046511104 bytes,"
                        + " found 120.");
    }

    @Test
    void dimsThatDoNotFitTheValues() throws IOException {
        Path file = write(withWeight(weight().clearRawData().addFloatData(1)));
        refused(
                file,
                ModelFormatException.class,
                "'" + file + "' is corrupt: tensor 'w' (float32 [6, 5]) needs 30 values, found 1.");
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void bytesAndValuesAtOnce(boolean external) throws IOException {
        TensorProto.Builder weight = weight().addFloatData(1);
        if (external) {
            Files.write(folder.resolve("data.bin"), new byte[120]);
            ExternalFiles.refer(weight.clearRawData(), "data.bin", "0", "120");
        }
        Path file = write(withWeight(weight));
        refused(
                file,
                ModelFormatException.class,
                "'" + file + "' is corrupt: tensor 'w' has its values twice, as bytes and as numbers.");
    }

    /** Only types of 4 bits are packed. */
    @ParameterizedTest
    @ValueSource(ints = {15, 60})
    void halvesThatArePacked(int values) throws IOException {
        TensorProto.Builder weight = weight().clearRawData().setDataType(DataType.FLOAT16_VALUE);
        for (int i = 0; i < values; i++) {
            weight.addInt32Data(0x3c00);
        }
        Path file = write(withWeight(weight));
        refused(
                file,
                ModelFormatException.class,
                "'" + file + "' is corrupt: tensor 'w' (float16 [6, 5]) needs 30 values, found " + values + ".");
    }

    @Test
    void noBytesAtAll() throws IOException {
        Path file = write(withWeight(weight().clearRawData()));
        refused(
                file,
                ModelFormatException.class,
                "'" + file + "' is corrupt: tensor 'w' (float32 [6, 5]) needs 30 values, found 0.");
    }

    @ParameterizedTest
    @CsvSource({
        "/etc/hostname, it is outside the model's folder. Maybe copy the data file beside the model",
        "../outside.bin, it is outside the model's folder. Maybe copy the data file beside the model",
        "sub/../../outside.bin, it is outside the model's folder. Maybe copy the data file beside the model",
        "link.bin, it is outside the model's folder. Maybe copy the data file beside the model",
        "linked/outside.bin, it is outside the model's folder. Maybe copy the data file beside the model",
        "missing.bin, there is no such file",
        "., there is no such file",
        "'', the location is missing"
    })
    void externalDataElsewhere(String location, String reason) throws IOException {
        Path inner = Files.createDirectories(folder.resolve("inner"));
        Files.write(folder.resolve("outside.bin"), new byte[120]);
        Files.createSymbolicLink(inner.resolve("link.bin"), folder.resolve("outside.bin"));
        Files.createSymbolicLink(inner.resolve("linked"), folder);
        ModelProto model = withWeight(ExternalFiles.refer(weight().clearRawData(), location, "0", "120"));
        Path file = Files.write(inner.resolve("model.onnx"), model.toByteArray());
        refused(
                file,
                ModelFormatException.class,
                "The external data '" + location + "' of tensor 'w' cannot be read: " + reason + ".");
    }

    @ParameterizedTest
    @CsvSource({
        "1, 120, 'bytes 1 … 1+120 are beyond the file''s end at 120'",
        "0, 9000000000, 'bytes 0 … 0+9000000000 are beyond the file''s end at 120'",
        "-1, 120, 'its offset is ''-1'', not a number of bytes'",
        "99999999999999999999, 120, 'its offset is ''99999999999999999999'', not a number of bytes'",
        "0, x, 'its length is ''x'', not a number of bytes'"
    })
    void externalDataBeyondTheFile(String offset, String length, String reason) throws IOException {
        Files.write(folder.resolve("data.bin"), new byte[120]);
        Path file = write(withWeight(ExternalFiles.refer(weight().clearRawData(), "data.bin", offset, length)));
        refused(
                file,
                ModelFormatException.class,
                "The external data 'data.bin' of tensor 'w' cannot be read: " + reason + ".");
    }

    @Test
    void externalDataOfAnotherSize() throws IOException {
        Files.write(folder.resolve("data.bin"), new byte[200]);
        Path file = write(withWeight(ExternalFiles.refer(weight().clearRawData(), "data.bin", "0", "100")));
        refused(
                file,
                ModelFormatException.class,
                "'" + file + "' is corrupt: tensor 'w' (float32 [6, 5]) needs 120 bytes, found 100.");
    }

    /** Each node takes two bytes in the file and a hundred in memory. */
    @Test
    void manyTinyParts() throws IOException {
        int nodes = 1_000_001;
        byte[] graph = new byte[2 * nodes];
        for (int i = 0; i < graph.length; i += 2) {
            graph[i] = 0x0a;
        }
        ByteString.Output bytes = ByteString.newOutput();
        bytes.write(model().toBuilder().clearGraph().build().toByteArray());
        CodedOutputStream out = CodedOutputStream.newInstance(bytes);
        out.writeByteArray(ModelProto.GRAPH_FIELD_NUMBER, graph);
        out.flush();
        Path file =
                Files.write(folder.resolve("model.onnx"), bytes.toByteString().toByteArray());
        refused(
                file,
                ModelFormatException.class,
                "'" + file + "' has more than 1,000,000 nodes and tensors; that many are not handled.");
    }

    private static ModelProto model() {
        return new ModelBuilder()
                .input("x", 2, 6)
                .weight("w", 6, 5)
                .node("MatMul", "fc", List.of("x", "w"), "y")
                .output("y")
                .build();
    }

    private static TensorProto.Builder weight() {
        return model().getGraph().getInitializer(0).toBuilder();
    }

    private static ModelProto withWeight(TensorProto.Builder weight) {
        ModelProto.Builder model = model().toBuilder();
        model.getGraphBuilder().setInitializer(0, weight);
        return model.build();
    }

    private Path write(ModelProto model) throws IOException {
        return Files.write(folder.resolve("model.onnx"), model.toByteArray());
    }

    private CompressibleModel<OnnxModel> open(ModelProto model) throws IOException {
        return format.open(write(model), OpenOptions.DEFAULT);
    }

    private void refused(Path file, Class<? extends WsvdException> kind, String message) {
        assertThatThrownBy(() -> format.open(file, OpenOptions.DEFAULT))
                .isInstanceOf(kind)
                .hasMessage(message);
    }
}
