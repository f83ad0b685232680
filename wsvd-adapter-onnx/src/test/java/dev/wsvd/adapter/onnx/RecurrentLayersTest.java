package dev.wsvd.adapter.onnx;

import static dev.wsvd.adapter.onnx.ModelBuilder.attribute;
import static dev.wsvd.adapter.onnx.ModelBuilder.value;
import static dev.wsvd.adapter.onnx.RecurrentNet.HIDDEN;
import static dev.wsvd.adapter.onnx.RecurrentNet.INPUTS;
import static dev.wsvd.adapter.onnx.RecurrentNet.SAMPLES;
import static dev.wsvd.adapter.onnx.RecurrentNet.STEPS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import dev.wsvd.domain.error.ModelFormatException;
import dev.wsvd.domain.layer.Affine;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.quantization.Quantization.Mode;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.OpenOptions;
import dev.wsvd.domain.spi.Probe;
import dev.wsvd.domain.tensor.ElementType;
import dev.wsvd.domain.tensor.Tensor;
import dev.wsvd.quantization.ModelQuantizer;
import dev.wsvd.quantization.QuantizationResult;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Recurrent nodes: their input weights are layers that are split, their recurrent weights layers that are not. */
class RecurrentLayersTest {
    private static final RecurrentNet LSTM = RecurrentNet.lstm();
    private static final RecurrentNet BOTH_WAYS = new RecurrentNet("GRU", "bidirectional", false);
    private static final LayerId CELL = new LayerId("cell");

    @TempDir
    Path folder;

    @Test
    void theRowsOfBothDirectionsAreOneMatrix() {
        CompressibleModel<OnnxModel> model = FullRank.open(BOTH_WAYS.model(BOTH_WAYS.operands("b")));
        assertThat(model.layers())
                .containsExactly(
                        new Layer(
                                CELL,
                                Affine.of(2 * 3 * HIDDEN, INPUTS),
                                List.of(1L, (long) STEPS, (long) INPUTS),
                                List.of(1L, (long) STEPS, 2L * 3 * HIDDEN),
                                ElementType.FLOAT32,
                                Optional.empty(),
                                Optional.empty()),
                        new Layer(
                                new LayerId("cell/R"),
                                Affine.of(2 * 3 * HIDDEN, HIDDEN),
                                List.of(1L, (long) STEPS, (long) HIDDEN),
                                List.of(1L, (long) STEPS, 2L * 3 * HIDDEN),
                                ElementType.FLOAT32,
                                Optional.of("it is a recurrent weight; only input weights are split"),
                                Optional.empty()));
        Tensor stored = tensor(model, "w");
        float[] weight = model.weights(CELL).all();
        for (int i = 0; i < weight.length; i++) {
            assertThat(weight[i]).isEqualTo((float) stored.getDouble(i));
        }
    }

    @Test
    void stagesCountOncePerStep() {
        CompressibleModel<OnnxModel> model = FullRank.open(BOTH_WAYS.model(BOTH_WAYS.operands("b")));
        int n = BOTH_WAYS.outputs();
        int rank = 3;
        CompressibleModel<OnnxModel> split =
                model.with(List.of(FullRank.split(model, model.layers().get(0), "input-channel", rank)));
        assertThat(model.layers())
                .extracting(layer -> layer.sized().macs())
                .containsExactly((long) STEPS * n * INPUTS, (long) STEPS * n * HIDDEN);
        assertThat(split.layers())
                .extracting(layer ->
                        layer.id() + " " + layer.weight() + " " + layer.sized().macs() + " " + layer.supported())
                .containsExactly(
                        "cell_svd_a 3×6 " + STEPS * rank * INPUTS + " true",
                        "cell_svd_b 24×3 " + STEPS * n * rank + " true",
                        "cell_svd_b/R 24×4 " + STEPS * n * HIDDEN + " false");
        assertThat(split.stagesOf(CELL)).extracting(LayerId::name).containsExactly("cell_svd_a", "cell_svd_b");
        assertThat(split.stagesOf(new LayerId("cell/R")))
                .extracting(LayerId::name)
                .containsExactly("cell_svd_b/R");
        assertThat(split.model().proto().getGraph().getInitializerList())
                .extracting(t -> t.getName() + " " + t.getDimsList())
                .contains("cell_svd_a_weight [6, 3]", "cell_svd_b_weight [2, 12, 3]")
                .doesNotContain("w [2, 12, 6]");
        assertThat(model.parameters().orElseThrow() - split.parameters().orElseThrow())
                .isEqualTo(n * INPUTS - rank * (INPUTS + n));
    }

    @Test
    void aSplitNodeIsSplitAgain() {
        CompressibleModel<OnnxModel> model = FullRank.open(LSTM.model(LSTM.operands("b", "p")));
        Map<String, Tensor> inputs = FullRank.inputs(model.model());
        CompressibleModel<OnnxModel> once =
                model.with(List.of(FullRank.split(model, model.layers().get(0), "input-channel")));

        CompressibleModel<OnnxModel> twice = FullRank.splitAll(once, "output-channel");

        FullRank.assertSame(FullRank.run(twice.model(), inputs), FullRank.run(model.model(), inputs), 1e-4);
        assertThat(twice.stagesOf(CELL)).hasSize(4);
    }

    /** ONNX Runtime does not run these, so that they are split without inputs only. */
    @Test
    void aSequenceMayHaveItsSamplesFirst() {
        ModelProto proto = LSTM.stored(new ModelBuilder().input("x", "N", STEPS, INPUTS))
                .node(LSTM.node(LSTM.operands("b"), List.of("y"), attribute("layout", 1)))
                .output("y")
                .build();
        CompressibleModel<OnnxModel> model = FullRank.open(proto);
        Layer layer = model.layers().get(0);
        assertThat(layer.supported()).isTrue();
        assertThat(layer.inputShape()).containsExactly(1L, (long) STEPS, (long) INPUTS);

        NodeProto cell = model.with(List.of(RecurrentNet.exact(model, layer, Optional.empty())))
                .model()
                .proto()
                .getGraph()
                .getNode(1);

        assertThat(cell.getAttributeList()).contains(attribute("layout", 1));
        assertThatThrownBy(() -> FullRank.inputs(model.model()))
                .isInstanceOf(ModelFormatException.class)
                .hasMessageContaining("layout == 1");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "input | its weight is not a stored tensor: it is an input of the model",
                "computed | its weight is not a stored tensor: it is computed by Mul node 'scaled'",
                "dequantized | it is quantised",
                "double | its weight is float64; only float32, float16 and bfloat16 are split",
                "matrix | its weight [16, 6] is not that of 4 gates in 1 direction",
                "direction | its weight [2, 16, 6] is not that of 4 gates in 1 direction",
                "hidden | its weight [1, 12, 6] is not that of 4 gates in 1 direction"
            })
    void aWeightThatCannotBeSplitSaysWhy(String kind, String reason) {
        ModelBuilder builder = new ModelBuilder()
                .input("x", STEPS, SAMPLES, INPUTS)
                .weight("r", 1, 16, HIDDEN)
                .output("y");
        switch (kind) {
            case "input" -> builder.input("w", 1, 16, INPUTS);
            case "computed" ->
                builder.weight("v", 1, 16, INPUTS)
                        .weight("g", 1, 1, INPUTS)
                        .node("Mul", "scaled", List.of("v", "g"), "w");
            case "dequantized" ->
                builder.stored(ModelBuilder.tensor(
                                "q", DataType.INT8_VALUE, ByteBuffer.allocate(16 * INPUTS), 1, 16, INPUTS))
                        .stored(ModelBuilder.floats("scale", new float[] {0.1f}))
                        .node("DequantizeLinear", "", List.of("q", "scale"), "w");
            case "double" ->
                builder.stored(ModelBuilder.tensor(
                        "w", DataType.DOUBLE_VALUE, ByteBuffer.allocate(16 * INPUTS * 8), 1, 16, INPUTS));
            case "matrix" -> builder.weight("w", 16, INPUTS);
            case "direction" -> builder.weight("w", 2, 16, INPUTS);
            case "hidden" -> builder.weight("w", 1, 12, INPUTS);
            default -> throw new IllegalArgumentException(kind);
        }
        builder.node(LSTM.node(LSTM.operands(), List.of("y")));
        List<Layer> layers = FullRank.open(builder.build()).layers();
        assertThat(layers).extracting(layer -> layer.id().name()).containsExactly("cell", "cell/R");
        assertThat(layers.get(0).unsupportedReason()).contains(reason);
    }

    @Test
    void aCellComputesInFloat() {
        CompressibleModel<OnnxModel> model = FullRank.open(LSTM.model(LSTM.operands("b")));
        CompressibleModel<OnnxModel> split =
                model.with(List.of(RecurrentNet.exact(model, model.layers().get(0), Optional.empty())));
        assertThat(split.quantizable().layers(Mode.DYNAMIC))
                .extracting(layer -> layer.id().name())
                .containsExactly("cell_svd_a");
        assertThat(split.quantizable().refused(Mode.DYNAMIC))
                .containsEntry(new LayerId("cell_svd_b"), "it is inside a recurrent cell")
                .containsEntry(new LayerId("cell_svd_b/R"), "it is inside a recurrent cell");
    }

    @Test
    void aProbeShowsWhatAProductInInt8AheadOfACellSeesAndGives() {
        LayerId product = new LayerId("cell_svd_a");
        CompressibleModel<OnnxModel> model = FullRank.open(LSTM.model(LSTM.operands("b")));
        CompressibleModel<OnnxModel> split =
                model.with(List.of(RecurrentNet.exact(model, model.layers().get(0), Optional.empty())));
        Map<String, Tensor> inputs = FullRank.inputs(model.model());
        try (QuantizationResult<OnnxModel> int8 = ModelQuantizer.of(split).quantize();
                Probe before = FullRank.FORMAT.probe(split.model(), List.of(product));
                Probe after = FullRank.FORMAT.probe(int8.model().model(), List.of(product))) {
            assertThat(int8.quantization().mode()).isEqualTo(Mode.DYNAMIC);
            Map<String, Tensor> expected = before.predictor().run(inputs);
            Map<String, Tensor> seen = after.predictor().run(inputs);
            Tensor sequence = seen.get(after.inputs().get(product));
            Tensor given = seen.get(after.outputs().get(product));
            assertThat(sequence.shape()).containsExactly((long) SAMPLES, (long) STEPS, (long) INPUTS);
            assertThat(given.shape()).containsExactly((long) SAMPLES, (long) STEPS, (long) INPUTS);
            assertThat(FullRank.distance(sequence, expected.get(before.inputs().get(product))))
                    .isZero();
            assertThat(FullRank.distance(given, expected.get(before.outputs().get(product))))
                    .isLessThan(0.02);
        }
    }

    /** A node may give its last state only, and nothing may be known of the sizes but the sequence's. */
    @Test
    void aNodeWithoutItsFirstOutputIsALayer() {
        ModelProto proto = LSTM.outputs(
                        LSTM.builder().node(LSTM.node(LSTM.operands("b"), List.of("", "h"))), List.of("h"))
                .build();
        CompressibleModel<OnnxModel> model = FullRank.open(proto);
        CompressibleModel<OnnxModel> split =
                model.with(List.of(RecurrentNet.exact(model, model.layers().get(0), Optional.empty())));
        Map<String, Tensor> inputs = FullRank.inputs(model.model());
        FullRank.assertSame(FullRank.run(split.model(), inputs), FullRank.run(model.model(), inputs), 1e-4);
    }

    @ParameterizedTest
    @ValueSource(strings = {"stored", "none", "state", "computed", "external", "float16", "float16 none"})
    void aCorrectionOfTheBiasGoesIntoTheCell(String kind) throws IOException {
        RecurrentNet net = new RecurrentNet("LSTM", "bidirectional", kind.startsWith("float16"));
        String[] optional =
                switch (kind) {
                    case "none", "float16 none" -> new String[0];
                    case "state" -> new String[] {"h0", "c0"};
                    default -> new String[] {"b", "h0"};
                };
        ModelBuilder builder = net.builder();
        List<String> operands = net.operands(optional);
        if (kind.equals("computed")) {
            builder.node("Mul", "doubled", List.of("b", "b"), "bb");
            operands.set(3, "bb");
        }
        ModelProto proto = net.outputs(builder.node(net.node(operands, List.of("y"))), List.of("y"))
                .build();
        CompressibleModel<OnnxModel> model = kind.equals("external")
                ? FullRank.FORMAT.open(
                        ExternalFiles.write(proto, folder.resolve("m.onnx"), "m.bin", 0), OpenOptions.DEFAULT)
                : FullRank.open(proto);
        Layer layer = model.layers().get(0);
        float[] correction = new float[layer.outChannels()];
        for (int i = 0; i < correction.length; i++) {
            correction[i] = (i % 7 - 3) / 4f;
        }
        CompressibleModel<OnnxModel> split =
                model.with(List.of(RecurrentNet.exact(model, layer, Optional.of(correction))));

        Tensor before = gates(model, CELL);
        Tensor after = gates(split, split.stagesOf(CELL).get(1));

        assertThat(after.shape()).isEqualTo(before.shape());
        for (int i = 0; i < before.elements(); i++) {
            assertThat(after.getDouble(i))
                    .isCloseTo(
                            before.getDouble(i) + correction[i % correction.length], within(net.half() ? 2e-2 : 1e-4));
        }
        Map<String, Tensor> inputs = FullRank.inputs(model.model());
        FullRank.assertSame(
                FullRank.run(split.model(), inputs),
                FullRank.run(FullRank.open(corrected(net, correction, operands)).model(), inputs),
                net.half() ? 5e-3 : 1e-4);
    }

    /** The model with a bias that was added up here. */
    private static ModelProto corrected(RecurrentNet net, float[] correction, List<String> operands) {
        int perDirection = correction.length / net.directions();
        float[] sum = new float[2 * correction.length];
        String bias = operands.size() > 3 ? operands.get(3) : "";
        for (int i = 0; i < sum.length; i++) {
            double stored = bias.isEmpty() ? 0 : tensor(net, "b").getDouble(i);
            double before = bias.equals("bb") ? stored * stored : stored;
            int direction = i / (2 * perDirection);
            int row = i % (2 * perDirection);
            sum[i] = (float) (before + (row < perDirection ? correction[direction * perDirection + row] : 0));
        }
        long[] dims = {net.directions(), 2L * perDirection};
        List<String> with = new ArrayList<>(operands);
        if (with.size() == 3) {
            with.add("sum");
        } else {
            with.set(3, "sum");
        }
        ModelBuilder builder = net.builder()
                .stored(net.half() ? ModelBuilder.halves("sum", sum, dims) : ModelBuilder.floats("sum", sum, dims))
                .node(net.node(with, List.of("y")));
        return net.outputs(builder, List.of("y")).build();
    }

    @Test
    void aProbeShowsTheSequenceAndWhatTheWeightMakesOfIt() {
        CompressibleModel<OnnxModel> model = FullRank.open(BOTH_WAYS.model(BOTH_WAYS.operands("b")));
        CompressibleModel<OnnxModel> split =
                model.with(List.of(RecurrentNet.exact(model, model.layers().get(0), Optional.empty())));
        Map<String, Tensor> inputs = FullRank.inputs(model.model());
        try (Probe before = FullRank.FORMAT.probe(model.model(), List.of(CELL));
                Probe after = FullRank.FORMAT.probe(split.model(), split.stagesOf(CELL))) {
            Map<String, Tensor> seen = before.predictor().run(inputs);
            Tensor sequence = seen.get(before.inputs().get(CELL));
            Tensor gates = seen.get(before.outputs().get(CELL));
            int n = BOTH_WAYS.outputs();
            assertThat(sequence.shape()).containsExactly((long) SAMPLES, (long) STEPS, (long) INPUTS);
            assertThat(gates.shape()).containsExactly((long) SAMPLES, (long) STEPS, (long) n);
            float[] weight = model.weights(CELL).all();
            Tensor bias = tensor(model, "b");
            for (int i = 0; i < gates.elements(); i++) {
                int row = i / n;
                int channel = i % n;
                double sum = bias.getDouble(channel / (n / 2) * n + channel % (n / 2));
                for (int m = 0; m < INPUTS; m++) {
                    assertThat(sequence.getDouble(row * INPUTS + m))
                            .isEqualTo(inputs.get("sequence").getDouble(row * INPUTS + m));
                    sum += weight[channel * INPUTS + m] * sequence.getDouble(row * INPUTS + m);
                }
                assertThat(gates.getDouble(i)).isCloseTo(sum, within(1e-4));
            }
            LayerId last = split.stagesOf(CELL).get(1);
            assertThat(after.outputs()).containsEntry(last, before.outputs().get(CELL));
        }
    }

    private static Tensor gates(CompressibleModel<OnnxModel> model, LayerId layer) {
        try (Probe probe = FullRank.FORMAT.probe(model.model(), List.of(layer))) {
            return probe.predictor()
                    .run(FullRank.inputs(model.model()))
                    .get(probe.outputs().get(layer));
        }
    }

    private static Tensor tensor(CompressibleModel<OnnxModel> model, String name) {
        return tensor(model.model().proto().getGraph(), name);
    }

    private static Tensor tensor(RecurrentNet net, String name) {
        return tensor(net.builder().graph().build(), name);
    }

    private static Tensor tensor(GraphProto graph, String name) {
        TensorProto tensor = graph.getInitializerList().stream()
                .filter(one -> one.getName().equals(name))
                .findFirst()
                .orElseThrow();
        ElementType type = tensor.getDataType() == DataType.FLOAT16_VALUE ? ElementType.FLOAT16 : ElementType.FLOAT32;
        return new Tensor(type, tensor.getDimsList(), tensor.getRawData().asReadOnlyByteBuffer());
    }
}
