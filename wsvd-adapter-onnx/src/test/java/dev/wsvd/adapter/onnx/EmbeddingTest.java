package dev.wsvd.adapter.onnx;

import static dev.wsvd.adapter.onnx.ModelBuilder.attribute;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import dev.wsvd.domain.layer.Affine;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.layer.Lookup;
import dev.wsvd.domain.layer.Weights;
import dev.wsvd.domain.plan.Choice;
import dev.wsvd.domain.plan.Replacement;
import dev.wsvd.domain.plan.Stage;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.OpenOptions;
import dev.wsvd.domain.spi.Probe;
import dev.wsvd.domain.tensor.ElementType;
import dev.wsvd.domain.tensor.Tensor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Tables of which rows are looked up, and the smaller table and product that take their place. */
class EmbeddingTest {
    private static final int ROWS = 7;
    private static final int FEATURES = 4;
    private static final int LONG = DataType.INT64_VALUE;

    @TempDir
    Path folder;

    @Test
    void isALayerWhoseWeightIsTheTableTransposed() {
        CompressibleModel<OnnxModel> model = FullRank.open(model("N", 3));
        Layer layer = model.layers().get(0);
        assertThat(layer)
                .isEqualTo(new Layer(
                        new LayerId("embed"),
                        Lookup.of(FEATURES, ROWS),
                        List.of(1L, 3L),
                        List.of(1L, 3L, 4L),
                        ElementType.FLOAT32,
                        Optional.empty(),
                        Optional.empty()));
        assertThat(layer.kind()).isEqualTo("embedding");
        float[] table = table();
        Weights weights = model.weights(layer.id());
        assertThat(weights.shape()).isEqualTo(layer.weight());
        for (int feature = 0; feature < FEATURES; feature++) {
            for (int row = 0; row < ROWS; row++) {
                assertThat(weights.rows(feature, feature + 1)[row]).isEqualTo(table[row * FEATURES + feature]);
            }
        }
    }

    static List<Arguments> indices() {
        return List.of(
                Arguments.of(List.of(), new long[] {5}, List.of(1L), List.of(1L, 4L)),
                Arguments.of(List.of(3L), new long[] {6, 0, -1}, List.of(1L), List.of(1L, 4L)),
                Arguments.of(List.of(2L, 3L), new long[] {1, 2, 3, -7, -2, 1}, List.of(1L, 3L), List.of(1L, 3L, 4L)),
                Arguments.of(
                        List.of(2L, 1L, 2L), new long[] {1, 2, -3, 4}, List.of(1L, 1L, 2L), List.of(1L, 1L, 2L, 4L)));
    }

    @ParameterizedTest
    @MethodSource("indices")
    void givesTheSameForIndicesOfAnyShape(List<Long> shape, long[] indices, List<Long> input, List<Long> output) {
        CompressibleModel<OnnxModel> model = FullRank.open(model(shape.toArray()));
        Layer layer = model.layers().get(0);
        assertThat(layer.supported()).isTrue();
        assertThat(layer.inputShape()).isEqualTo(input);
        assertThat(layer.outputShape()).isEqualTo(output);
        Map<String, Tensor> inputs = Map.of("ids", Tensor.ofLongs(shape, indices));

        CompressibleModel<OnnxModel> small = model.with(List.of(exact(model, layer)));

        FullRank.assertSame(FullRank.run(small.model(), inputs), FullRank.run(model.model(), inputs), 1e-6);
        assertThat(small.layers())
                .extracting(l -> l.id() + " " + l.kind() + " " + l.weight() + " " + l.inputShape() + l.outputShape())
                .containsExactly(
                        "embed_svd_a embedding 4×7 " + input + output, "embed_svd_b linear 4×4 " + output + output);
        assertThat(small.stagesOf(layer.id())).extracting(LayerId::name).containsExactly("embed_svd_a", "embed_svd_b");
        assertThat(small.model().proto().getGraph().getInitializerList())
                .extracting(t -> t.getName() + " " + t.getDimsList())
                .containsExactly("embed_svd_a_weight [7, 4]", "embed_svd_b_weight [4, 4]");
    }

    @Test
    void aCorrectionOfTheBiasIsAdded() {
        CompressibleModel<OnnxModel> model = FullRank.open(model("N", 3));
        Layer layer = model.layers().get(0);
        Replacement exact = exact(model, layer);
        Stage last = exact.parts().get(1);
        float[] correction = {1, -2, 3, 0.5f};
        Replacement corrected = Replacement.of(
                layer,
                exact.choice(),
                List.of(exact.parts().get(0), new Stage(last.op(), last.weights(), Optional.of(correction))),
                0);
        Map<String, Tensor> inputs = Map.of("ids", Tensor.ofLongs(List.of(2L, 3L), new long[] {1, 2, 3, -7, -2, 1}));

        Tensor given =
                FullRank.run(model.with(List.of(corrected)).model(), inputs).get("y");

        Tensor plain = FullRank.run(model.model(), inputs).get("y");
        for (int i = 0; i < plain.elements(); i++) {
            assertThat(given.getDouble(i)).isCloseTo(plain.getDouble(i) + correction[i % 4], within(1e-5));
        }
    }

    @Test
    void aTableOfFloat16StaysOne() {
        ModelProto proto = new ModelBuilder()
                .typedInput("ids", LONG, "N", 3)
                .stored(ModelBuilder.halves("table", table(), ROWS, FEATURES))
                .node("Gather", "embed", List.of("table", "ids"), "y")
                .output("y", DataType.FLOAT16_VALUE, "N", 3, 4)
                .build();
        CompressibleModel<OnnxModel> model = FullRank.open(proto);
        Layer layer = model.layers().get(0);
        assertThat(layer.type()).isEqualTo(ElementType.FLOAT16);
        CompressibleModel<OnnxModel> small = model.with(List.of(exact(model, layer)));
        Map<String, Tensor> inputs = Map.of("ids", Tensor.ofLongs(List.of(1L, 3L), new long[] {6, 0, 3}));
        FullRank.assertSame(FullRank.run(small.model(), inputs), FullRank.run(model.model(), inputs), 2e-3);
        assertThat(small.model().proto().getGraph().getInitializerList())
                .extracting(TensorProto::getDataType)
                .containsOnly(DataType.FLOAT16_VALUE);
    }

    @Test
    void aTableInAFileIsReplacedAndSaved() throws IOException {
        Path file = ExternalFiles.write(model("N", 3), folder.resolve("large.onnx"), "table.bin", 0);
        CompressibleModel<OnnxModel> model = FullRank.FORMAT.open(file, OpenOptions.DEFAULT);
        Map<String, Tensor> inputs = Map.of("ids", Tensor.ofLongs(List.of(1L, 3L), new long[] {6, 0, -3}));
        Map<String, Tensor> expected = FullRank.run(model.model(), inputs);
        CompressibleModel<OnnxModel> small =
                model.with(List.of(exact(model, model.layers().get(0))));
        small.save(folder.resolve("small.onnx"));

        CompressibleModel<OnnxModel> again = FullRank.FORMAT.open(folder.resolve("small.onnx"), OpenOptions.DEFAULT);

        FullRank.assertSame(FullRank.run(again.model(), inputs), expected, 1e-6);
        assertThat(again.layers()).isEqualTo(small.layers());
        assertThat(again.stagesOf(new LayerId("embed"))).isEmpty();
    }

    @Test
    void twoLookupsOfOneTableShareWhatTakesItsPlace() {
        ModelProto proto = builder("N", 3)
                .node("Gather", "one", List.of("table", "ids"), "a")
                .node("Gather", "two", List.of("table", "ids"), "b", attribute("axis", -2))
                .node("Add", "add", List.of("a", "b"), "y")
                .output("y")
                .build();
        CompressibleModel<OnnxModel> model = FullRank.open(proto);
        CompressibleModel<OnnxModel> small = model.with(
                model.layers().stream().map(layer -> exact(model, layer)).toList());
        Map<String, Tensor> inputs = Map.of("ids", Tensor.ofLongs(List.of(1L, 3L), new long[] {6, 0, 3}));
        FullRank.assertSame(FullRank.run(small.model(), inputs), FullRank.run(model.model(), inputs), 1e-6);
        assertThat(small.model().proto().getGraph().getInitializerList())
                .extracting(TensorProto::getName)
                .containsExactly("one_svd_a_weight", "one_svd_b_weight");
        assertThat(small.model().proto().getGraph().getNodeList())
                .extracting(NodeProto::getOpType)
                .containsExactly("Gather", "MatMul", "Gather", "MatMul", "Add");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "tied | its table is also the weight of layer 'head'",
                "dequantized | it is quantised",
                "bytes | its weight is int8; only float32, float16 and bfloat16 are split",
                "double | its weight is float64; only float32, float16 and bfloat16 are split"
            })
    void whatCannotBeReplacedSaysWhy(String kind, String reason) {
        ModelBuilder builder =
                new ModelBuilder().typedInput("ids", LONG, "N", 3).output("y");
        NodeProto gather = ModelBuilder.nodeOf("Gather", "embed", List.of("table", "ids"), "e");
        switch (kind) {
            case "tied" ->
                builder.stored(ModelBuilder.floats("table", table(), ROWS, FEATURES))
                        .node(gather)
                        .node("Transpose", "", List.of("table"), "turned")
                        .node("MatMul", "head", List.of("e", "turned"), "y");
            case "dequantized" ->
                builder.stored(bytes("q"))
                        .stored(ModelBuilder.floats("scale", new float[] {0.1f}))
                        .node("DequantizeLinear", "", List.of("q", "scale"), "table")
                        .node(gather);
            case "bytes" -> builder.stored(bytes("table")).node(gather);
            case "double" ->
                builder.stored(ModelBuilder.tensor(
                                "table",
                                DataType.DOUBLE_VALUE,
                                ByteBuffer.allocate(8 * ROWS * FEATURES),
                                ROWS,
                                FEATURES))
                        .node(gather);
            default -> throw new IllegalArgumentException(kind);
        }
        assertThat(FullRank.open(builder.build()).layers().get(0))
                .extracting(Layer::op, Layer::unsupportedReason)
                .containsExactly(Lookup.of(FEATURES, ROWS), Optional.of(reason));
    }

    @Test
    void lookupsOfOtherThingsAreNoLayers() {
        ModelProto proto = builder("N", 3)
                .stored(ModelBuilder.longs("places", new long[] {1, 2}, 2))
                .stored(ModelBuilder.longs("numbers", new long[28], ROWS, FEATURES))
                .weight("vector", ROWS)
                .node("Gather", "columns", List.of("table", "ids"), "a", attribute("axis", 1))
                .node("Gather", "constant", List.of("table", "places"), "b")
                .node("Gather", "integers", List.of("numbers", "ids"), "c")
                .node("Gather", "vector", List.of("vector", "ids"), "d")
                .node("Gather", "data", List.of("d", "places"), "e", attribute("axis", 1))
                .output("e")
                .build();
        assertThat(FullRank.open(proto).layers()).isEmpty();
    }

    @Test
    void aProbeShowsItsIndicesAndItsOutputBeforeAndAfter() {
        CompressibleModel<OnnxModel> model = FullRank.open(model("N", 3));
        LayerId id = new LayerId("embed");
        CompressibleModel<OnnxModel> small =
                model.with(List.of(exact(model, model.layers().get(0))));
        Map<String, Tensor> inputs = Map.of("ids", Tensor.ofLongs(List.of(1L, 3L), new long[] {6, 0, -3}));
        try (Probe before = FullRank.FORMAT.probe(model.model(), List.of(id));
                Probe after = FullRank.FORMAT.probe(small.model(), small.stagesOf(id))) {
            Map<String, Tensor> seen = before.predictor().run(inputs);
            Tensor indices = seen.get(before.inputs().get(id));
            assertThat(indices.type()).isEqualTo(ElementType.INT64);
            assertThat(indices.shape()).containsExactly(1L, 3L);
            assertThat(List.of(indices.getDouble(0), indices.getDouble(1), indices.getDouble(2)))
                    .containsExactly(6.0, 0.0, -3.0);
            String output = before.outputs().get(id);
            assertThat(seen.get(output).shape()).containsExactly(1L, 3L, 4L);
            assertThat(after.outputs()).containsEntry(new LayerId("embed_svd_b"), output);
            assertThat(after.inputs().get(new LayerId("embed_svd_a")))
                    .isEqualTo(before.inputs().get(id));
        }
    }

    private static ModelProto model(Object... dims) {
        return builder(dims)
                .node("Gather", "embed", List.of("table", "ids"), "y")
                .output("y")
                .build();
    }

    private static ModelBuilder builder(Object... dims) {
        return new ModelBuilder()
                .typedInput("ids", LONG, dims)
                .stored(ModelBuilder.floats("table", table(), ROWS, FEATURES));
    }

    private static float[] table() {
        float[] table = new float[ROWS * FEATURES];
        for (int i = 0; i < table.length; i++) {
            table[i] = ((i * 37) % 23 - 11) / 11f;
        }
        return table;
    }

    private static TensorProto bytes(String name) {
        return ModelBuilder.tensor(name, DataType.INT8_VALUE, ByteBuffer.allocate(ROWS * FEATURES), ROWS, FEATURES);
    }

    /** W = B A with B upper triangular, so that neither is a matrix that looks the same transposed. */
    private static Replacement exact(CompressibleModel<OnnxModel> model, Layer layer) {
        float[] weight = model.weights(layer.id()).all();
        float[] a = weight.clone();
        float[] b = new float[FEATURES * FEATURES];
        for (int i = 0; i < FEATURES; i++) {
            b[i * FEATURES + i] = 1;
        }
        // The first feature is what A has of it and half of what it has of the last.
        b[FEATURES - 1] = 0.5f;
        for (int row = 0; row < ROWS; row++) {
            a[row] -= 0.5f * a[(FEATURES - 1) * ROWS + row];
        }
        return Replacement.of(
                layer,
                Choice.of("by-hand", FEATURES),
                List.of(new Stage(Lookup.of(FEATURES, ROWS), a), new Stage(Affine.of(FEATURES, FEATURES), b)),
                0);
    }
}
