package dev.wsvd.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.AttributeProto.AttributeType;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import ai.onnx.proto.OnnxMl.TensorShapeProto.Dimension;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import dev.wsvd.adapter.onnx.OnnxFormat;
import dev.wsvd.adapter.onnx.OnnxModel;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.plan.Choice;
import dev.wsvd.domain.plan.Decision;
import dev.wsvd.domain.plan.Plan;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.OpenOptions;
import dev.wsvd.domain.tensor.Predictor;
import dev.wsvd.domain.tensor.Tensor;
import dev.wsvd.evaluation.ArrayActivations;
import dev.wsvd.evaluation.ArrayDataset;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * Layers that read units of several cuts, as in DenseNet: three convolutions read the input, three more and a Gemm read all that was
 * written before them. What the first two and the fourth write is cut, so that the fourth reads units of two cuts and writes those of
 * a third, and the others read units of three.
 */
class DenseBlockTest {
    private static final OnnxFormat ONNX = new OnnxFormat();
    private static final int SIDE = 6;
    private static final String CUT = "channel-pruning";
    /** Its units are not cut. */
    private static final LayerId SPLIT = new LayerId("conv2");

    /** Numbers of the filters of the convolutions; those of one number are the same. */
    private static final int[][] DISTINCT = {{0, 1, 2, 3}, {4, 5, 6, 7}, {8, 9, 10}, {11, 12, 13, 14}};

    private static final int[][] REPEATED = {{0, 1, 2, 3}, {0, 1, 6, 7}, {0, 1, 10}, {11, 12, 11, 12}};

    @Test
    void whatIsThereTwiceIsNotMissed() {
        CompressibleModel<OnnxModel> model = network(REPEATED);

        CompressionResult<OnnxModel> result = compressor(model).correct().compress();

        assertThat(widths(result.model())).containsExactly("2×3", "2×3", "3×3", "2×7", "3×9", "3×12", "5×60", "3×5");
        assertThat(distance(model, result.model())).isLessThan(1e-4);
    }

    @Test
    void layersAreFittedToAllThatTheCutsLeave() {
        CompressibleModel<OnnxModel> model = network(DISTINCT);

        double plain = distance(model, compressor(model).compress().model());
        double corrected =
                distance(model, compressor(model).correct().compress().model());

        assertThat(corrected).isLessThan(0.7 * plain);
    }

    @Test
    void whatIsReadBesidesCutsMayBeSplit() {
        CompressibleModel<OnnxModel> model = network(DISTINCT);
        Plan plan = and(plan(model), SPLIT, Choice.of("output-channel", 2));

        CompressionResult<OnnxModel> plain = compressor(model, plan).compress();
        CompressionResult<OnnxModel> corrected =
                compressor(model, plan).correct().compress();

        assertThat(corrected.model().stagesOf(SPLIT)).hasSize(2);
        assertThat(distance(model, corrected.model())).isLessThan(0.7 * distance(model, plain.model()));
    }

    @Test
    void aLayerThatReadsWhatIsCutIsNotSplit() {
        CompressibleModel<OnnxModel> model = network(DISTINCT);
        Plan plan = and(plan(model), new LayerId("conv5"), Choice.of("input-channel", 4));

        assertThatThrownBy(() -> compressor(model, plan).plan())
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("The plan replaces layer 'conv5' and cuts units that it has a part in; only one of both is"
                        + " possible.");
    }

    private static Plan and(Plan plan, LayerId layer, Choice choice) {
        Map<LayerId, Decision> decisions = new LinkedHashMap<>(plan.decisions());
        decisions.put(layer, new Decision.Change(choice));
        return new Plan(decisions);
    }

    private static ModelCompressor<OnnxModel> compressor(CompressibleModel<OnnxModel> model) {
        return compressor(model, plan(model));
    }

    private static ModelCompressor<OnnxModel> compressor(CompressibleModel<OnnxModel> model, Plan plan) {
        return ModelCompressor.of(model)
                .parameters(CompressionParameters.plan(plan))
                .calibration(ArrayActivations.of(ONNX, ArrayDataset.of(images(600, 1))));
    }

    /** Half of what the first two convolutions and the fourth write. */
    private static Plan plan(CompressibleModel<OnnxModel> model) {
        Map<LayerId, Decision> decisions = new LinkedHashMap<>();
        model.couplings().stream()
                .filter(coupling -> List.of("conv0", "conv1", "conv3")
                        .contains(coupling.writers().get(0).layer().id().name()))
                .forEach(coupling -> decisions.put(coupling.layer().id(), new Decision.Change(Choice.of(CUT, 2))));
        return new Plan(decisions);
    }

    private static List<String> widths(CompressibleModel<OnnxModel> model) {
        return model.layers().stream()
                .map(Layer::weight)
                .map(weight -> weight.out() + "×" + weight.inPerGroup())
                .toList();
    }

    private static Map<String, Tensor> images(int samples, long seed) {
        Random random = new Random(seed);
        float[] values = new float[samples * 3 * SIDE * SIDE];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return Map.of("x", Tensor.ofFloats(List.of((long) samples, 3L, (long) SIDE, (long) SIDE), values));
    }

    /** √(Σ‖y − y'‖² / Σ‖y‖²) on images that nothing was fitted to. */
    private static double distance(CompressibleModel<OnnxModel> original, CompressibleModel<OnnxModel> small) {
        Tensor expected = outputs(original);
        Tensor found = outputs(small);
        double missed = 0;
        double energy = 0;
        for (int i = 0; i < expected.elements(); i++) {
            missed += Math.pow(expected.getDouble(i) - found.getDouble(i), 2);
            energy += Math.pow(expected.getDouble(i), 2);
        }
        return Math.sqrt(missed / energy);
    }

    private static Tensor outputs(CompressibleModel<OnnxModel> model) {
        try (Predictor predictor = ONNX.predictor(model.model())) {
            return predictor.run(images(500, 2)).get("y");
        }
    }

    private static CompressibleModel<OnnxModel> network(int[][] filters) {
        return ONNX.of(new Network().proto(filters), "dense.onnx", OpenOptions.DEFAULT);
    }

    /** An ONNX graph in the making. */
    private static final class Network {
        private final GraphProto.Builder graph = GraphProto.newBuilder().setName("dense");

        ModelProto proto(int[][] filters) {
            graph.addInput(value("x", 3, SIDE, SIDE)).addOutput(value("y", 3));
            for (int i = 0; i < 3; i++) {
                conv(i, 3, filters[i], "x");
            }
            node("Concat", "all3", List.of("relu0", "relu1", "relu2"), number("axis", 1));
            conv(3, 11, filters[3], "all3");
            node("Concat", "all4", List.of("all3", "relu3"), number("axis", 1));
            conv(4, 15, new int[] {15, 16, 17}, "all4");
            node("Concat", "all5", List.of("all4", "relu4"), number("axis", 1));
            conv(5, 18, new int[] {18, 19, 20}, "all5");
            node("Concat", "all6", List.of("all5", "relu5"), number("axis", 1));
            node("MaxPool", "pool", List.of("all6"), numbers("kernel_shape", 3L, 3L), numbers("strides", 3L, 3L));
            node("Flatten", "flat", List.of("pool"));
            gemm("fc", 5, 21 * 4, "flat", "features");
            node("Relu", "active", List.of("features"));
            gemm("head", 3, 5, "active", "y");
            return ModelProto.newBuilder()
                    .setIrVersion(8)
                    .addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(17))
                    .setGraph(graph)
                    .build();
        }

        private void conv(int number, int in, int[] filters, String from) {
            float[] weights = new float[filters.length * in * 9];
            float[] bias = new float[filters.length];
            for (int i = 0; i < filters.length; i++) {
                float[] filter = values(filters[i], in * 9 + 1);
                System.arraycopy(filter, 0, weights, i * in * 9, in * 9);
                bias[i] = filter[in * 9];
            }
            store("w" + number, weights, filters.length, in, 3, 3);
            store("b" + number, bias, filters.length);
            String name = "conv" + number;
            node("Conv", name, List.of(from, "w" + number, "b" + number), numbers("pads", 1L, 1L, 1L, 1L));
            node("Relu", "relu" + number, List.of(name));
        }

        private void gemm(String name, int out, int in, String from, String to) {
            store(name + ".w", values(in, in * out), in, out);
            graph.addNode(NodeProto.newBuilder()
                    .setOpType("Gemm")
                    .setName(name)
                    .addInput(from)
                    .addInput(name + ".w")
                    .addOutput(to));
        }

        /** Its name is that of what it gives. */
        private void node(String op, String name, List<String> inputs, AttributeProto... attributes) {
            graph.addNode(NodeProto.newBuilder()
                    .setOpType(op)
                    .setName(name)
                    .addAllInput(inputs)
                    .addOutput(name)
                    .addAllAttribute(Arrays.asList(attributes)));
        }

        private static AttributeProto number(String name, long value) {
            return AttributeProto.newBuilder()
                    .setName(name)
                    .setType(AttributeType.INT)
                    .setI(value)
                    .build();
        }

        private static AttributeProto numbers(String name, Long... values) {
            return AttributeProto.newBuilder()
                    .setName(name)
                    .setType(AttributeType.INTS)
                    .addAllInts(Arrays.asList(values))
                    .build();
        }

        private void store(String name, float[] values, long... dims) {
            TensorProto.Builder tensor = TensorProto.newBuilder().setName(name).setDataType(DataType.FLOAT_VALUE);
            for (long dim : dims) {
                tensor.addDims(dim);
            }
            for (float value : values) {
                tensor.addFloatData(value);
            }
            graph.addInitializer(tensor);
        }

        private static ValueInfoProto value(String name, int... dims) {
            TypeProto.Tensor.Builder tensor = TypeProto.Tensor.newBuilder().setElemType(DataType.FLOAT_VALUE);
            tensor.getShapeBuilder().addDim(Dimension.newBuilder().setDimParam("N"));
            for (int dim : dims) {
                tensor.getShapeBuilder().addDim(Dimension.newBuilder().setDimValue(dim));
            }
            return ValueInfoProto.newBuilder()
                    .setName(name)
                    .setType(TypeProto.newBuilder().setTensorType(tensor))
                    .build();
        }

        /** From a seed, about as large as keeps what layers give in one range. */
        private static float[] values(int seed, int size) {
            Random random = new Random(seed);
            float[] values = new float[size];
            for (int i = 0; i < size; i++) {
                values[i] = (float) (random.nextGaussian() / Math.sqrt(size));
            }
            return values;
        }
    }
}
