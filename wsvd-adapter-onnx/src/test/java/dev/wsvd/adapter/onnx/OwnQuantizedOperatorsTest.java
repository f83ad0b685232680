package dev.wsvd.adapter.onnx;

import static dev.wsvd.adapter.onnx.ModelBuilder.attribute;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.OpenOptions;
import dev.wsvd.domain.tensor.Tensor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Operators of ONNX Runtime's own on weights in few bits or in its own order: listed with what they cost, computed as before. */
class OwnQuantizedOperatorsTest {
    private static final float SCALE = 0.02f;

    @TempDir
    Path folder;

    @Test
    void aProductThatMakesItsInputInt8() throws IOException {
        ModelProto product = new ModelBuilder()
                .input("x", 1, 16)
                .stored(bytes("w", 16, 6))
                .stored(ModelBuilder.floats("scale", new float[] {SCALE}))
                .stored(ModelBuilder.tensor("zero", DataType.INT8_VALUE, ByteBuffer.allocate(1)))
                .own("DynamicQuantizeMatMul", "fc", List.of("x", "w", "scale", "zero"), "y")
                .output("y")
                .build();
        ModelProto plain = new ModelBuilder()
                .input("x", 1, 16)
                .stored(ModelBuilder.floats("w", numbers(16 * 6), 16, 6))
                .node("MatMul", "fc", List.of("x", "w"), "y")
                .output("y")
                .build();

        assertListed(product, 6, 16, 1, 96);
        assertComputes(product, plain, 0.02);
    }

    @Test
    void aProductOfInt8ThatGivesFloat() throws IOException {
        ModelProto product = new ModelBuilder()
                .typedInput("x", DataType.UINT8_VALUE, 1, 4, 16)
                .stored(bytes("w", 16, 6))
                .stored(ModelBuilder.floats("x.scale", new float[] {0.1f}))
                .stored(ModelBuilder.floats("w.scale", new float[] {SCALE}))
                .own("MatMulIntegerToFloat", "fc", List.of("x", "w", "x.scale", "w.scale"), "y")
                .output("y")
                .build();
        ModelProto plain = new ModelBuilder()
                .typedInput("x", DataType.UINT8_VALUE, 1, 4, 16)
                .node("Cast", "cast", List.of("x"), "wide", attribute("to", 1))
                .stored(ModelBuilder.floats("tenth", new float[] {0.1f}))
                .node("Mul", "mul", List.of("wide", "tenth"), "scaled")
                .stored(ModelBuilder.floats("w", numbers(16 * 6), 16, 6))
                .node("MatMul", "fc", List.of("scaled", "w"), "y")
                .output("y")
                .build();

        assertListed(product, 6, 16, 4, 96);
        assertComputes(product, plain, 1e-4);
    }

    @Test
    void aGemmOfInt8() throws IOException {
        ModelProto product = quantised()
                .typedInput("x", DataType.UINT8_VALUE, 1, 16)
                .stored(bytes("w", 6, 16))
                .own(
                        "QGemm",
                        "fc",
                        List.of("x", "x.scale", "x.zero", "w", "w.scale", "w.zero"),
                        "y",
                        attribute("transB", 1))
                .output("y")
                .build();
        ModelProto plain = new ModelBuilder()
                .typedInput("x", DataType.UINT8_VALUE, 1, 16)
                .node("Cast", "cast", List.of("x"), "wide", attribute("to", 1))
                .stored(ModelBuilder.floats("tenth", new float[] {0.1f}))
                .node("Mul", "mul", List.of("wide", "tenth"), "scaled")
                .stored(ModelBuilder.floats("w", numbers(16 * 6), 6, 16))
                .node("Gemm", "fc", List.of("scaled", "w"), "y", attribute("transB", 1))
                .output("y")
                .build();

        assertListed(product, 6, 16, 1, 96);
        assertComputes(product, plain, 1e-4);
    }

    @Test
    void attentionOfInt8() throws IOException {
        ModelProto attention = quantised()
                .typedInput("x", DataType.UINT8_VALUE, 1, 4, 8)
                .stored(bytes("w", 8, 24))
                .stored(ModelBuilder.floats("b", new float[24], 24))
                .own(
                        "QAttention",
                        "attention",
                        List.of("x", "w", "b", "x.scale", "w.scale", "", "x.zero", "w.zero"),
                        "y",
                        attribute("num_heads", 2))
                .output("y")
                .build();
        ModelProto plain = new ModelBuilder()
                .typedInput("x", DataType.UINT8_VALUE, 1, 4, 8)
                .node("Cast", "cast", List.of("x"), "wide", attribute("to", 1))
                .stored(ModelBuilder.floats("tenth", new float[] {0.1f}))
                .node("Mul", "mul", List.of("wide", "tenth"), "scaled")
                .stored(ModelBuilder.floats("w", numbers(8 * 24), 8, 24))
                .stored(ModelBuilder.floats("b", new float[24], 24))
                .own("Attention", "attention", List.of("scaled", "w", "b"), "y", attribute("num_heads", 2))
                .output("y")
                .build();

        assertListed(attention, 24, 8, 4, 8 * 24);
        assertComputes(attention, plain, 1e-3);
    }

    /** Two blocks of 32 inputs each: half a byte per weight, a scale in float32 per block, and a byte for its two zero points. */
    @Test
    void aProductOfFourBits() throws IOException {
        byte[] packed = new byte[8 * 2 * 16];
        new Random(5).nextBytes(packed);
        float[] scales = new float[8 * 2];
        byte[] zeros = new byte[8];
        new Random(6).nextBytes(zeros);
        float[] weights = new float[64 * 8];
        for (int n = 0; n < 8; n++) {
            for (int block = 0; block < 2; block++) {
                scales[n * 2 + block] = 0.01f * (1 + n + block);
                int zero = zeros[n] >> (4 * block) & 15;
                for (int i = 0; i < 32; i++) {
                    int number = packed[(n * 2 + block) * 16 + i / 2] >> (4 * (i % 2)) & 15;
                    weights[(block * 32 + i) * 8 + n] = scales[n * 2 + block] * (number - zero);
                }
            }
        }
        ModelProto product = new ModelBuilder()
                .input("x", 1, 3, 64)
                .stored(ModelBuilder.tensor("w", DataType.UINT8_VALUE, ByteBuffer.wrap(packed), 8, 2, 16))
                .stored(ModelBuilder.floats("scales", scales, 8 * 2))
                .stored(ModelBuilder.tensor("zeros", DataType.UINT8_VALUE, ByteBuffer.wrap(zeros), 8))
                .own(
                        "MatMulNBits",
                        "fc",
                        List.of("x", "w", "scales", "zeros"),
                        "y",
                        attribute("K", 64),
                        attribute("N", 8),
                        attribute("bits", 4),
                        attribute("block_size", 32))
                .output("y")
                .build();
        ModelProto plain = new ModelBuilder()
                .input("x", 1, 3, 64)
                .stored(ModelBuilder.floats("w", weights, 64, 8))
                .node("MatMul", "fc", List.of("x", "w"), "y")
                .output("y")
                .build();

        assertListed(product, 8, 64, 3, 64 * 8 / 2 + 16 * 4 + 8);
        assertComputes(product, plain, 0.02);
    }

    @Test
    void convolutionsOnChannelsInBlocks() throws IOException, OrtException {
        ModelProto plain = new ModelBuilder()
                .input("x", 1, 32, 6, 6)
                .weight("w", 32, 32, 3, 3)
                .node("Conv", "conv", List.of("x", "w"), "y")
                .output("y")
                .build();
        Path file = folder.resolve("blocks.onnx");
        try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
            options.setOptimizedModelFilePath(file.toString());
            OrtEnvironment.getEnvironment()
                    .createSession(plain.toByteArray(), options)
                    .close();
        }
        ModelProto blocks = ModelProto.parseFrom(Files.readAllBytes(file));
        assumeThat(blocks.getGraph().getNodeList())
                .as("this processor's convolutions are on channels in blocks")
                .extracting(NodeProto::getDomain)
                .contains("com.microsoft.nchwc");

        try (CompressibleModel<OnnxModel> model = FullRank.FORMAT.open(file, OpenOptions.DEFAULT)) {
            Layer layer = model.layers().get(0);
            assertThat(layer.unsupportedReason())
                    .contains("its weight is stored in blocks of channels for one processor");
            assertThat(layer.sized().macs()).isEqualTo(32 * 32 * 9 * 16);
            assertComputes(blocks, plain, 1e-5);
        }
    }

    private static ModelBuilder quantised() {
        return new ModelBuilder()
                .stored(ModelBuilder.floats("x.scale", new float[] {0.1f}))
                .stored(ModelBuilder.tensor("x.zero", DataType.UINT8_VALUE, ByteBuffer.allocate(1)))
                .stored(ModelBuilder.floats("w.scale", new float[] {SCALE}))
                .stored(ModelBuilder.tensor("w.zero", DataType.INT8_VALUE, ByteBuffer.allocate(1)));
    }

    private static TensorProto bytes(String name, long rows, long columns) {
        return ModelBuilder.tensor(
                name, DataType.INT8_VALUE, ByteBuffer.wrap(bytes((int) (rows * columns))), rows, columns);
    }

    private static byte[] bytes(int count) {
        byte[] bytes = new byte[count];
        for (int i = 0; i < count; i++) {
            bytes[i] = (byte) (i * 37 % 101 - 50);
        }
        return bytes;
    }

    /** What these bytes stand for. */
    private static float[] numbers(int count) {
        byte[] bytes = bytes(count);
        float[] numbers = new float[count];
        for (int i = 0; i < count; i++) {
            numbers[i] = bytes[i] * SCALE;
        }
        return numbers;
    }

    private void assertListed(ModelProto proto, int out, int in, long positions, long bytes) throws IOException {
        Path file = Files.write(folder.resolve("own.onnx"), proto.toByteArray());
        try (CompressibleModel<OnnxModel> model = FullRank.FORMAT.open(file, OpenOptions.DEFAULT)) {
            Layer layer = model.layers().get(0);
            assertThat(model.layers()).hasSize(1);
            assertThat(layer.unsupportedReason()).contains("it is quantised");
            assertThat(layer.weight().dims()).containsExactly(out, in);
            assertThat(layer.sized().macs()).isEqualTo(out * in * positions);
            assertThat(layer.packedBytes()
                            .orElse(layer.weight().elements() * layer.type().bytes()))
                    .isEqualTo(bytes);
        }
    }

    /** As the other one, opened and saved again. */
    private void assertComputes(ModelProto proto, ModelProto plain, double tolerance) throws IOException {
        Path file = Files.write(folder.resolve("own.onnx"), proto.toByteArray());
        Path again = folder.resolve("again.onnx");
        try (CompressibleModel<OnnxModel> model = FullRank.FORMAT.open(file, OpenOptions.DEFAULT)) {
            model.save(again);
        }
        try (CompressibleModel<OnnxModel> saved = FullRank.FORMAT.open(again, OpenOptions.DEFAULT);
                CompressibleModel<OnnxModel> expected = FullRank.open(plain)) {
            Map<String, Tensor> inputs = FullRank.inputs(expected.model());
            FullRank.assertSame(FullRank.run(saved.model(), inputs), FullRank.run(expected.model(), inputs), tolerance);
        }
    }
}
