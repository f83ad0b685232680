package dev.wsvd.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

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
import dev.wsvd.domain.cost.Metric;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.plan.Choice;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.OpenOptions;
import dev.wsvd.domain.stats.CompressionStats.LayerStats;
import dev.wsvd.domain.tensor.Predictor;
import dev.wsvd.domain.tensor.Tensor;
import dev.wsvd.evaluation.ArrayActivations;
import dev.wsvd.evaluation.ArrayDataset;
import dev.wsvd.evaluation.NpzMoments;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An embedding table made smaller by what is looked up in it: words used as often as Zipf says, 1 / (v + 1). */
class EmbeddingCompressionTest {
    private static final int ROWS = 150;
    private static final int FEATURES = 16;
    private static final int LENGTH = 8;
    private static final int SAMPLES = 400;
    /** What all rows together count beside those that were used; see {@code EmbeddingFactors}. */
    private static final double FLOOR = 0.1;

    private static final OnnxFormat ONNX = new OnnxFormat();
    private static final LayerId LAYER = new LayerId("embed");
    private static final float[] TABLE = table();
    private static final ArrayActivations<OnnxModel> SEEN = texts(1);
    private static final ArrayActivations<OnnxModel> OTHERS = texts(2);

    @TempDir
    Path folder;

    private final CompressibleModel<OnnxModel> model = ONNX.of(proto(), "words.onnx", OpenOptions.DEFAULT);

    @Test
    void featuresOfWordsThatAreUsedAreKept() {
        CompressionResult<OnnxModel> free = half().reportErrorsOn(OTHERS).compress();
        CompressionResult<OnnxModel> aware =
                half().calibration(SEEN).reportErrorsOn(OTHERS).compress();

        assertThat(aware.plan())
                .isEqualTo(free.plan())
                .extracting(plan -> plan.changes().get(LAYER))
                .isEqualTo(Choice.of("embedding", 7));
        assertThat(aware.stats().ratio(Metric.MEMORY)).isBetween(0.45, 0.5);
        assertThat(outputError(aware)).isLessThan(0.9 * outputError(free));
    }

    /**
     * Rows count by 0.9 of their frequency u and 0.1 / V, so with Var_w = Σ w_v ‖e_v − μ_w‖²: predicted² · Var_c = 0.9 · measured² ·
     * Var_u + 0.1 · (the mean of what is missed of all rows). So measured ≤ predicted · √(Var_c / (0.9 · Var_u)).
     */
    @Test
    void thePredictedErrorIsTheMeasuredOneButForRowsThatAreNotUsed() {
        CompressionResult<OnnxModel> result =
                half().calibration(SEEN).reportErrorsOn(SEEN).compress();

        double[] used = frequencies(1);
        double[] counted = new double[ROWS];
        double[] alike = new double[ROWS];
        for (int v = 0; v < ROWS; v++) {
            alike[v] = 1.0 / ROWS;
            counted[v] = (1 - FLOOR) * used[v] + FLOOR / ROWS;
        }
        double predicted = Math.pow(layer(result).error().orElseThrow(), 2) * variation(counted);
        double measured = Math.pow(outputError(result), 2) * variation(used);
        double ofAllRows = missedOfAllRows(result.model());

        assertThat((1 - FLOOR) * measured + FLOOR * ofAllRows).isCloseTo(predicted, within(1e-5 * predicted));
        assertThat(outputError(result))
                .isLessThan(layer(result).error().orElseThrow()
                        * Math.sqrt(variation(counted) / ((1 - FLOOR) * variation(used))));
    }

    @Test
    void momentsThatWereKeptDoAsWellAsTheInputs() {
        NpzMoments moments = NpzMoments.at(folder.resolve("moments.npz"));
        PlannedCompression learnt = energy().calibration(SEEN).moments(moments).plan();

        assertThat(energy().moments(moments).plan().plan()).isEqualTo(learnt.plan());
        assertThat(rank(learnt)).isLessThan(rank(energy().plan()));
    }

    private static int rank(PlannedCompression planned) {
        return planned.plan().changes().get(LAYER).rank();
    }

    private ModelCompressor<OnnxModel> half() {
        return embedding().parameters(CompressionParameters.budget(0.5));
    }

    private ModelCompressor<OnnxModel> energy() {
        return embedding().parameters(CompressionParameters.energy(0.7));
    }

    private ModelCompressor<OnnxModel> embedding() {
        return ModelCompressor.of(model).scheme("embedding-svd").metric(Metric.MEMORY);
    }

    private static LayerStats layer(CompressionResult<?> result) {
        return result.stats().layers().get(0);
    }

    private static double outputError(CompressionResult<?> result) {
        return layer(result).outputError().orElseThrow();
    }

    /** Σ_v w_v ‖e_v − Σ_u w_u e_u‖². */
    private static double variation(double[] weights) {
        double variation = 0;
        for (int i = 0; i < FEATURES; i++) {
            double mean = 0;
            double square = 0;
            for (int v = 0; v < ROWS; v++) {
                double value = TABLE[v * FEATURES + i];
                mean += weights[v] * value;
                square += weights[v] * value * value;
            }
            variation += square - mean * mean;
        }
        return variation;
    }

    /** The mean of ‖e_v − e'_v‖² over all rows. */
    private static double missedOfAllRows(CompressibleModel<OnnxModel> small) {
        // Filled up with row 0, which is left out of the sum.
        long samples = (ROWS + LENGTH - 1) / LENGTH;
        long[] ids =
                LongStream.range(0, samples * LENGTH).map(i -> i < ROWS ? i : 0).toArray();
        try (Predictor predictor = ONNX.predictor(small.model())) {
            Tensor rows = predictor
                    .run(Map.of("ids", Tensor.ofLongs(List.of(samples, (long) LENGTH), ids)))
                    .get("y");
            double missed = 0;
            for (int i = 0; i < TABLE.length; i++) {
                missed += Math.pow(rows.getDouble(i) - TABLE[i], 2);
            }
            return missed / ROWS;
        }
    }

    private static float[] table() {
        Random random = new Random(5);
        float[] table = new float[ROWS * FEATURES];
        for (int i = 0; i < table.length; i++) {
            table[i] = (float) (0.3 + random.nextGaussian());
        }
        return table;
    }

    private static ArrayActivations<OnnxModel> texts(long seed) {
        return ArrayActivations.of(
                ONNX,
                ArrayDataset.of(Map.of("ids", Tensor.ofLongs(List.of((long) SAMPLES, (long) LENGTH), words(seed)))));
    }

    private static double[] frequencies(long seed) {
        long[] words = words(seed);
        double[] frequencies = new double[ROWS];
        for (long word : words) {
            frequencies[(int) word] += 1.0 / words.length;
        }
        return frequencies;
    }

    private static long[] words(long seed) {
        double[] upTo = new double[ROWS];
        double sum = 0;
        for (int v = 0; v < ROWS; v++) {
            sum += 1.0 / (v + 1);
            upTo[v] = sum;
        }
        double all = sum;
        Random random = new Random(seed);
        return LongStream.range(0, SAMPLES * LENGTH)
                .map(i -> {
                    double drawn = random.nextDouble() * all;
                    int word = 0;
                    while (upTo[word] < drawn) {
                        word++;
                    }
                    return word;
                })
                .toArray();
    }

    private static ModelProto proto() {
        TensorProto.Builder table = TensorProto.newBuilder()
                .setName("table")
                .setDataType(DataType.FLOAT_VALUE)
                .addDims(ROWS)
                .addDims(FEATURES);
        for (float value : TABLE) {
            table.addFloatData(value);
        }
        TypeProto.Tensor.Builder ids = TypeProto.Tensor.newBuilder().setElemType(DataType.INT64_VALUE);
        ids.getShapeBuilder()
                .addDim(Dimension.newBuilder().setDimParam("N"))
                .addDim(Dimension.newBuilder().setDimValue(LENGTH));
        TypeProto.Tensor.Builder y = TypeProto.Tensor.newBuilder().setElemType(DataType.FLOAT_VALUE);
        return ModelProto.newBuilder()
                .setIrVersion(8)
                .addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(17))
                .setGraph(GraphProto.newBuilder()
                        .setName("words")
                        .addInitializer(table)
                        .addInput(value("ids", ids))
                        .addOutput(value("y", y))
                        .addNode(NodeProto.newBuilder()
                                .setOpType("Gather")
                                .setName(LAYER.name())
                                .addInput("table")
                                .addInput("ids")
                                .addOutput("y")))
                .build();
    }

    private static ValueInfoProto value(String name, TypeProto.Tensor.Builder type) {
        return ValueInfoProto.newBuilder()
                .setName(name)
                .setType(TypeProto.newBuilder().setTensorType(type))
                .build();
    }
}
