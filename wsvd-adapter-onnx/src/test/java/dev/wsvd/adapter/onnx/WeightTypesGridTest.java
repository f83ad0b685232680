package dev.wsvd.adapter.onnx;

import static dev.wsvd.adapter.onnx.ModelBuilder.attribute;
import static org.assertj.core.api.Assertions.assertThat;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import dev.wsvd.adapter.onnx.internal.engine.WidenedModel;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.OpenOptions;
import dev.wsvd.domain.tensor.ElementType;
import dev.wsvd.domain.tensor.Tensor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/**
 * At full rank a layer computes what it did, and its factors are stored as its weight was: for each type that weights are stored in and
 * that they are cast to, wherever they are. Models in bfloat16, which ONNX Runtime does not run, are compared in float32.
 */
class WeightTypesGridTest {
    private static final int FLOAT = DataType.FLOAT_VALUE;

    private static final int FLOAT16 = DataType.FLOAT16_VALUE;

    private static final int BFLOAT16 = DataType.BFLOAT16_VALUE;

    /** From this operator set on, convolutions and recurrent nodes take bfloat16. */
    private static final int NEW = 22;

    @TempDir
    Path folder;

    /**
     * What a model is made of.
     *
     * @param stored the type of the weight
     * @param seen the type that its node takes
     */
    private record Case(String op, int stored, int seen, String place) {
        boolean isCast() {
            return stored != seen;
        }

        /** Each factor is rounded to 24, 11 or 8 bits. */
        double tolerance() {
            return stored == BFLOAT16 ? 1e-2 : stored == FLOAT16 || seen == FLOAT16 ? 3e-3 : 1e-4;
        }

        ElementType type() {
            return stored == BFLOAT16
                    ? ElementType.BFLOAT16
                    : stored == FLOAT16 ? ElementType.FLOAT16 : ElementType.FLOAT32;
        }

        @Override
        public String toString() {
            return op + " " + type() + " taken as " + DataType.forNumber(seen) + ", stored in " + place;
        }
    }

    @TestFactory
    Stream<DynamicTest> atFullRank() {
        List<DynamicTest> tests = new ArrayList<>();
        for (String op : List.of("Conv", "ConvTranspose", "Gemm", "MatMul", "left", "Gather", "LSTM")) {
            for (int stored : new int[] {FLOAT, FLOAT16, BFLOAT16}) {
                for (int seen : new int[] {FLOAT, FLOAT16, BFLOAT16}) {
                    for (String place : List.of("initializer", "numbers", "file", "Constant", "turned")) {
                        Case one = new Case(op, stored, seen, place);
                        tests.add(DynamicTest.dynamicTest(one.toString(), () -> assertUnchanged(one)));
                    }
                }
            }
        }
        return tests.stream();
    }

    private void assertUnchanged(Case of) throws IOException {
        CompressibleModel<OnnxModel> model = opened(of);
        List<Layer> layers = model.layers().stream().filter(Layer::supported).toList();
        assertThat(layers).singleElement().matches(layer -> layer.type() == of.type());
        Map<String, Tensor> inputs = FullRank.inputs(runnable(model));
        Map<String, Tensor> expected = FullRank.run(runnable(model), inputs);
        List<String> forms = FullRank.SCHEMES.forms().stream()
                .filter(form -> FullRank.applies(layers.get(0), form))
                .toList();
        assertThat(forms).isNotEmpty();
        for (String form : forms) {
            CompressibleModel<OnnxModel> split = FullRank.splitAll(model, form);
            FullRank.assertSame(FullRank.run(runnable(split), inputs), expected, of.tolerance());
            assertThat(split.layers().stream().filter(Layer::supported))
                    .hasSize(form.equals("tucker-2") ? 3 : 2)
                    .allMatch(layer -> layer.type() == of.type());
            assertThat(factors(split)).hasSizeGreaterThan(1).allMatch(factor -> factor.getDataType() == of.stored());
            Path file = folder.resolve(form + ".onnx");
            split.save(file);
            assertThat(FullRank.FORMAT.open(file, OpenOptions.DEFAULT).layers()).isEqualTo(split.layers());
            // As it is.
            if (of.op().equals("Gather") || of.seen() != BFLOAT16) {
                assertThat(FullRank.run(split.model(), inputs)).containsKey("y");
            }
        }
    }

    private static OnnxModel runnable(CompressibleModel<OnnxModel> model) {
        OnnxModel of = model.model();
        return new OnnxModel(WidenedModel.of(of.proto()), of.folder(), of.isolation());
    }

    private static List<TensorProto> factors(CompressibleModel<OnnxModel> split) {
        return split.model().proto().getGraph().getInitializerList().stream()
                .filter(tensor -> tensor.getName().matches(".*_svd_._weight"))
                .toList();
    }

    private CompressibleModel<OnnxModel> opened(Case of) throws IOException {
        ModelProto proto = model(of);
        Path file = folder.resolve("model.onnx");
        if (of.place().equals("file")) {
            ExternalFiles.write(proto, file, "weights.bin", 2);
        } else {
            Files.write(file, proto.toByteArray());
        }
        return FullRank.FORMAT.open(file, OpenOptions.DEFAULT);
    }

    private static ModelProto model(Case of) {
        ModelBuilder builder =
                new ModelBuilder().opset(of.seen() == BFLOAT16 ? NEW : 17).irVersion(9);
        NodeProto.Builder node = NodeProto.newBuilder().setName("layer").setOpType(of.op());
        List<Object> x = List.of(2, 6);
        long[] w = {6, 5};
        switch (of.op()) {
            case "Conv", "ConvTranspose" -> {
                x = List.of(2, 4, 6, 6);
                w = of.op().equals("Conv") ? new long[] {6, 4, 3, 3} : new long[] {4, 6, 3, 3};
                builder.stored(builder.randomOf(of.seen(), "bias", 6));
                node.addInput("x").addInput("w").addInput("bias");
            }
            case "Gemm" -> {
                builder.stored(builder.randomOf(of.seen(), "bias", 5));
                node.addInput("x").addInput("w").addInput("bias");
            }
            case "left" -> {
                x = List.of(6, 3);
                w = new long[] {5, 6};
                node.setOpType("MatMul").addInput("w").addInput("x");
            }
            case "Gather" -> {
                w = new long[] {12, 6};
                node.addInput("w").addInput("x");
            }
            case "LSTM" -> {
                x = List.of(5, 2, 6);
                w = new long[] {1, 16, 6};
                builder.stored(builder.randomOf(of.seen(), "r", 1, 16, 4));
                node.addInput("x").addInput("w").addInput("r").addAttribute(attribute("hidden_size", 4));
            }
            default -> node.addInput("x").addInput("w");
        }
        int input = of.op().equals("Gather") ? DataType.INT64_VALUE : of.seen();
        builder.typedInput("x", input, x.toArray());
        weight(builder, of, w);
        builder.node(node.addOutput("y").build());
        builder.output("y", of.seen());
        builder.graph()
                .getOutputBuilder(0)
                .getTypeBuilder()
                .getTensorTypeBuilder()
                .clearShape();
        return builder.build();
    }

    /** The tensor w, as the layer takes it. */
    private static void weight(ModelBuilder builder, Case of, long... dims) {
        boolean turned = of.place().equals("turned");
        String seen = of.isCast() ? "as stored" : "w";
        String stored = turned ? "turned" : seen;
        long[] storedDims = turned ? reversed(dims) : dims;
        TensorProto tensor = builder.randomOf(of.stored(), stored, storedDims);
        switch (of.place()) {
            case "Constant" -> builder.node("Constant", "", List.of(), stored, attribute("value", tensor));
            case "numbers" -> builder.stored(oneByOne(tensor));
            default -> builder.stored(tensor);
        }
        if (turned) {
            builder.node("Transpose", "", List.of(stored), seen);
        }
        if (of.isCast()) {
            builder.node("Cast", "", List.of(seen), "w", attribute("to", of.seen()));
        }
    }

    private static long[] reversed(long[] dims) {
        long[] reversed = new long[dims.length];
        for (int i = 0; i < dims.length; i++) {
            reversed[i] = dims[dims.length - 1 - i];
        }
        return reversed;
    }

    private static TensorProto oneByOne(TensorProto raw) {
        TensorProto.Builder typed = raw.toBuilder().clearRawData();
        ByteBuffer bytes = raw.getRawData().asReadOnlyByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
        while (bytes.hasRemaining()) {
            if (raw.getDataType() == FLOAT) {
                typed.addFloatData(bytes.getFloat());
            } else {
                typed.addInt32Data(bytes.getShort() & 0xffff);
            }
        }
        return typed.build();
    }
}
