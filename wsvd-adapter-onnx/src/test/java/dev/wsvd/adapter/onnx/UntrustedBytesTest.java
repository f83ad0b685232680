package dev.wsvd.adapter.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.WireFormat;
import dev.wsvd.domain.error.ModelFormatException;
import dev.wsvd.domain.spi.OpenOptions;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Files whose parts claim to be longer than what holds them: nothing behind the file is ever read. */
class UntrustedBytesTest {
    private static final int PAGE = 1 << 16;

    @TempDir
    Path folder;

    /** The decoder adds the length to its position, and forgets the file's end where the sum is negative. */
    @ParameterizedTest
    @ValueSource(
            ints = {
                TensorProto.DIMS_FIELD_NUMBER,
                TensorProto.FLOAT_DATA_FIELD_NUMBER,
                TensorProto.INT32_DATA_FIELD_NUMBER,
                TensorProto.INT64_DATA_FIELD_NUMBER,
                TensorProto.DOUBLE_DATA_FIELD_NUMBER,
                TensorProto.NAME_FIELD_NUMBER,
                TensorProto.SEGMENT_FIELD_NUMBER,
                TensorProto.EXTERNAL_DATA_FIELD_NUMBER,
                1000
            })
    void aLengthBeyondTheFile(int field) throws Exception {
        byte[] rest = new byte[PAGE];
        Arrays.fill(rest, (byte) 1);
        byte[] tensor = bytes(out -> {
            out.writeTag(field, WireFormat.WIRETYPE_LENGTH_DELIMITED);
            out.writeUInt32NoTag(Integer.MAX_VALUE);
            out.writeRawBytes(rest);
        });
        byte[] graph = bytes(out -> out.writeByteArray(GraphProto.INITIALIZER_FIELD_NUMBER, tensor));
        Path file = model(graph);
        assertThat(OpenedAlone.outcome(file, folder)).containsExactly(corrupt(file));
    }

    @ParameterizedTest
    @ValueSource(longs = {21, 1L << 31, -1, 1L << 32, (1L << 32) + 1})
    void aLengthBeyondThePartThatHoldsIt(long length) throws IOException {
        byte[] graph = bytes(out -> {
            out.writeTag(GraphProto.NAME_FIELD_NUMBER, WireFormat.WIRETYPE_LENGTH_DELIMITED);
            out.writeUInt64NoTag(length);
            out.writeRawBytes(new byte[20]);
        });
        assertCorrupt(model(graph));
    }

    @Test
    void aNumberCutOffByThePartThatHoldsIt() throws IOException {
        assertCorrupt(model(new byte[] {8, -1, -1}));
    }

    @Test
    void aFieldWithoutANumber() throws IOException {
        assertCorrupt(model(new byte[] {0, 0}));
    }

    @Test
    void groups() throws IOException {
        assertCorrupt(model(bytes(out -> {
            out.writeTag(1000, WireFormat.WIRETYPE_START_GROUP);
            out.writeTag(1000, WireFormat.WIRETYPE_END_GROUP);
        })));
    }

    /** Fields that this version of the format does not know are skipped. */
    @Test
    void fieldsOfNewerVersions() throws IOException {
        byte[] graph = bytes(out -> {
            out.writeRawBytes(
                    new ModelBuilder().input("x", 1).build().getGraph().toByteArray());
            out.writeUInt64(1000, Long.MAX_VALUE);
            out.writeFixed64(1001, 1);
            out.writeFixed32(1002, 1);
            out.writeByteArray(1003, new byte[7]);
        });
        assertThat(new OnnxFormat().open(model(graph), OpenOptions.DEFAULT).layers())
                .isEmpty();
    }

    /** Two bytes in the file would become a hundred in memory. */
    @Test
    void moreParts() throws IOException {
        byte[] nodes = new byte[2 * 20_000_000];
        for (int i = 0; i < nodes.length; i += 2) {
            nodes[i] = 0x0a;
        }
        Path file = model(nodes);
        assertThatThrownBy(() -> new OnnxFormat().open(file, OpenOptions.DEFAULT))
                .isInstanceOf(ModelFormatException.class)
                .hasMessage("'" + file + "' cannot be read as an ONNX model: it has more than 20,000,000 parts.");
    }

    private void assertCorrupt(Path file) {
        assertThatThrownBy(() -> new OnnxFormat().open(file, OpenOptions.DEFAULT))
                .isInstanceOf(ModelFormatException.class)
                .hasMessage(corrupt(file));
    }

    private static String corrupt(Path file) {
        return "'" + file + "' cannot be read as an ONNX model: it is truncated or corrupt.";
    }

    private Path model(byte[] graph) throws IOException {
        byte[] model = bytes(out -> {
            out.writeInt64(ModelProto.IR_VERSION_FIELD_NUMBER, 8);
            out.writeByteArray(ModelProto.GRAPH_FIELD_NUMBER, graph);
        });
        return Files.write(folder.resolve("model.onnx"), model);
    }

    private interface Writing {
        void to(CodedOutputStream out) throws IOException;
    }

    private static byte[] bytes(Writing writing) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        CodedOutputStream out = CodedOutputStream.newInstance(bytes);
        writing.to(out);
        out.flush();
        return bytes.toByteArray();
    }
}
