package dev.wsvd.adapter.onnx;

import static dev.wsvd.adapter.onnx.ModelBuilder.attribute;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.layer.Weights;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.OpenOptions;
import dev.wsvd.domain.tensor.ElementType;
import dev.wsvd.domain.tensor.Float16;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Weights are read in pieces, wherever and in whatever order they are stored. */
class StoredWeightsTest {
    private static final LayerId LAYER = new LayerId("layer");

    @TempDir
    Path folder;

    /** Of 70 × 66, 4 × 3 × 5 × 2, 8 × 3 × 3 and 6 × 4 numbers. */
    static List<ModelProto> models() {
        return List.of(
                matrix().weight("w", 66, 70)
                        .node("MatMul", "layer", List.of("x", "w"), "y")
                        .build(),
                matrix().weight("w", 70, 66)
                        .node("Gemm", "layer", List.of("x", "w"), "y", attribute("transB", 1))
                        .build(),
                matrix().stored(halves("w", 66, 70))
                        .node("MatMul", "layer", List.of("x", "w"), "y")
                        .build(),
                matrix().stored(oneByOne("w", 70, 66))
                        .node("Gemm", "layer", List.of("x", "w"), "y", attribute("transB", 1))
                        .build(),
                matrix().stored(halvesOneByOne("w", 66, 70))
                        .node("MatMul", "layer", List.of("x", "w"), "y")
                        .build(),
                new ModelBuilder()
                        .input("x", 1, 3, 6, 7)
                        .weight("stored", 3, 5, 2, 4)
                        .node("Transpose", "", List.of("stored"), "w", attribute("perm", List.of(3L, 0L, 1L, 2L)))
                        .node("Conv", "layer", List.of("x", "w"), "y")
                        .output("y")
                        .build(),
                new ModelBuilder()
                        .input("x", 1, 6, 5)
                        .weight("w", 6, 4, 3)
                        .node("ConvTranspose", "layer", List.of("x", "w"), "y", attribute("group", 2))
                        .output("y")
                        .build(),
                new ModelBuilder()
                        .input("x", 2, 1, 4)
                        .weight("w", 2, 4, 3)
                        .node("MatMul", "layer", List.of("x", "w"), "y")
                        .output("y")
                        .build());
    }

    @ParameterizedTest
    @MethodSource("models")
    void areTheSameInPieces(ModelProto proto) throws IOException {
        assertPieces(FullRank.open(proto).weights(LAYER));
        Path file = Files.write(folder.resolve("inside.onnx"), proto.toByteArray());
        CompressibleModel<OnnxModel> inside = FullRank.FORMAT.open(file, OpenOptions.DEFAULT);
        assertPieces(inside.weights(LAYER));
        if (proto.getGraph().getInitializer(0).hasRawData()) {
            Path beside = ExternalFiles.write(proto, folder.resolve("beside.onnx"), "w.bin", 3);
            Weights external = FullRank.FORMAT.open(beside, OpenOptions.DEFAULT).weights(LAYER);
            assertPieces(external);
            assertThat(external.all()).isEqualTo(inside.weights(LAYER).all());
        }
    }

    private static void assertPieces(Weights weights) {
        float[] all = weights.all();
        int rows = weights.shape().out();
        int row = all.length / rows;
        assertThat(all).hasSize((int) weights.shape().elements());
        for (int from = 0; from <= rows; from++) {
            for (int to : new int[] {from, Math.min(rows, from + 1), Math.min(rows, from + 5), rows}) {
                assertThat(weights.rows(from, to)).isEqualTo(Arrays.copyOfRange(all, from * row, to * row));
            }
        }
        assertThatThrownBy(() -> weights.rows(0, rows + 1)).isInstanceOf(IndexOutOfBoundsException.class);
    }

    /** The file is a hole but for its last bytes. */
    @Test
    void areReadWhereTheyAreMoreThanAnArrayHolds() throws IOException {
        long bytes = 4L * 40 * 60_000_000;
        Set<OpenOption> sparse =
                Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE, StandardOpenOption.SPARSE);
        try (SeekableByteChannel data = Files.newByteChannel(folder.resolve("w.bin"), sparse)) {
            ByteBuffer last =
                    ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putFloat(0, 1.5f);
            data.position(bytes - 4).write(last);
        }
        ModelProto proto = new ModelBuilder()
                .input("x", 1, 40)
                .input("z", 1, 4000)
                .stored(external("wide", bytes, 40, 60_000_000))
                .stored(external("long", bytes, 600_000, 4000))
                .node("MatMul", "columns", List.of("x", "wide"), "y1")
                .node("Gemm", "rows", List.of("z", "long"), "y2", attribute("transB", 1))
                .output("y1")
                .output("y2")
                .build();
        Path file = Files.write(folder.resolve("large.onnx"), proto.toByteArray());
        CompressibleModel<OnnxModel> model = FullRank.FORMAT.open(file, OpenOptions.DEFAULT);

        Weights columns = model.weights(new LayerId("columns"));
        assertThat(columns.rows(59_999_999, 60_000_000)).hasSize(40).endsWith(0, 1.5f);
        assertThat(columns.rows(0, 2)).hasSize(80).containsOnly(0);
        Weights rows = model.weights(new LayerId("rows"));
        assertThat(rows.rows(599_998, 600_000)).hasSize(8000).endsWith(0, 1.5f);
        assertThatThrownBy(rows::all)
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("The weight of layer 'rows' has 2400000000 elements in 600000 output channels; at most"
                        + " 2147483639 can be read at once.");
    }

    private static TensorProto external(String name, long bytes, int rows, int cols) {
        TensorProto.Builder tensor = empty(name, DataType.FLOAT_VALUE, rows, cols);
        return ExternalFiles.refer(tensor, "w.bin", "0", String.valueOf(bytes)).build();
    }

    @Test
    void areOfTheTypeStored() {
        assertThat(FullRank.open(models().get(0)).weights(LAYER).type()).isEqualTo(ElementType.FLOAT32);
        assertThat(FullRank.open(models().get(2)).weights(LAYER).type()).isEqualTo(ElementType.FLOAT16);
        assertThat(FullRank.open(models().get(2)).layers().get(0).type()).isEqualTo(ElementType.FLOAT16);
    }

    @Test
    void ofATypeThatIsNotReadAreRefusedBeforeTheyAreAskedFor() {
        CompressibleModel<OnnxModel> model = FullRank.open(new ModelBuilder()
                .typedInput("x", DataType.DOUBLE_VALUE, 2, 6)
                .stored(ModelBuilder.tensor("w", DataType.DOUBLE_VALUE, ByteBuffer.allocate(240), 6, 5))
                .node("MatMul", "layer", List.of("x", "w"), "y")
                .output("y", DataType.DOUBLE_VALUE, 2, 5)
                .build());
        assertThatThrownBy(() -> model.weights(LAYER))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage(
                        "The weight of layer 'layer' is float64; float32, float16 and bfloat16 weights can be read.");
    }

    private static ModelBuilder matrix() {
        return new ModelBuilder().input("x", 2, 66).output("y");
    }

    private static float value(int i) {
        return ((i * 37) % 101 - 50) / 50f;
    }

    private static float[] values(int count) {
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = value(i);
        }
        return values;
    }

    private static TensorProto halves(String name, int rows, int cols) {
        return ModelBuilder.halves(name, values(rows * cols), rows, cols);
    }

    private static TensorProto oneByOne(String name, int rows, int cols) {
        TensorProto.Builder tensor = empty(name, DataType.FLOAT_VALUE, rows, cols);
        for (int i = 0; i < rows * cols; i++) {
            tensor.addFloatData(value(i));
        }
        return tensor.build();
    }

    private static TensorProto halvesOneByOne(String name, int rows, int cols) {
        TensorProto.Builder tensor = empty(name, DataType.FLOAT16_VALUE, rows, cols);
        for (int i = 0; i < rows * cols; i++) {
            tensor.addInt32Data(Float16.fromFloat(value(i)) & 0xffff);
        }
        return tensor.build();
    }

    private static TensorProto.Builder empty(String name, int type, int rows, int cols) {
        return TensorProto.newBuilder()
                .setName(name)
                .setDataType(type)
                .addDims(rows)
                .addDims(cols);
    }
}
