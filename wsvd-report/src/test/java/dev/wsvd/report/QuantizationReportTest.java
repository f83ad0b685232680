package dev.wsvd.report;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wsvd.domain.layer.Affine;
import dev.wsvd.domain.layer.Convolution;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.layer.Lookup;
import dev.wsvd.domain.layer.WeightShape;
import dev.wsvd.domain.quantization.Encoding;
import dev.wsvd.domain.quantization.Quantization;
import dev.wsvd.domain.quantization.Quantization.Mode;
import dev.wsvd.domain.quantization.QuantizedLayer;
import dev.wsvd.domain.quantization.QuantizedWeights;
import dev.wsvd.domain.score.Evaluation;
import dev.wsvd.domain.score.EvaluatorIdentity;
import dev.wsvd.domain.score.SampleOutcomes;
import dev.wsvd.domain.stats.CompressionStats;
import dev.wsvd.domain.tensor.ElementType;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class QuantizationReportTest {
    private static final Layer CONV = Layer.of(
            new LayerId("conv1"),
            new Convolution(new WeightShape(8, 2, List.of(3, 3)), 2, List.of(2, 2)),
            List.of(1L, 4L, 10L, 10L),
            List.of(1L, 8L, 5L, 5L));
    private static final Layer LINEAR = new Layer(
            new LayerId("fc"),
            Affine.of(2, 2),
            List.of(1L, 300L, 2L),
            List.of(1L, 300L, 2L),
            ElementType.FLOAT16,
            Optional.empty(),
            Optional.of("head"));
    private static final Layer TABLE =
            Layer.of(new LayerId("tokens"), Lookup.of(4, 100), List.of(1L, 7L), List.of(1L, 7L, 4L));

    private static Quantization quantization(Mode mode, Layer... layers) {
        List<QuantizedLayer> int8 = Stream.of(layers)
                .map(layer -> new QuantizedLayer(
                        layer.id(),
                        new QuantizedWeights(
                                layer.weight(),
                                new byte[(int) layer.weight().elements()],
                                new float[layer.weight().out()]),
                        Optional.empty()))
                .toList();
        return new Quantization(mode, int8, mode == Mode.STATIC ? Map.of("x", new Encoding(1, 0)) : Map.of());
    }

    private static QuantizationReport report(Mode mode, Layer... layers) {
        return new QuantizationReport(
                List.of(CONV, LINEAR), quantization(mode, layers), Map.of(LINEAR.id(), "its weight is float16"));
    }

    @Test
    void layersHaveWhatTheyComputeInAndWhyThatIsFloat() {
        assertThat(report(Mode.STATIC, CONV).layers().toString()).isEqualToNormalizingNewlines("""
                layer      kind    weight   share of MAC  computes in  note
                conv1      conv/2  8×2×3×3        75.0 %  int8
                fc (head)  linear  2×2            25.0 %  float16      its weight is float16
                """);
    }

    @Test
    void theSummaryTellsTheShareOfTheMacs() {
        assertThat(report(Mode.STATIC, CONV).summary())
                .isEqualTo("1 of 2 layers in int8, 75.0 % of the MACs; 1 activations with a known range.");
        assertThat(report(Mode.DYNAMIC, CONV, LINEAR).summary())
                .isEqualTo("2 of 2 layers in int8, 100.0 % of the MACs; ranges of activations are found in each run.");
    }

    @Test
    void layersWithoutMacsHaveNoShareOfThem() {
        QuantizationReport report = new QuantizationReport(List.of(TABLE), quantization(Mode.DYNAMIC, TABLE), Map.of());

        assertThat(report.layers().toString()).isEqualToNormalizingNewlines("""
                layer   kind       weight  share of MAC  computes in  note
                tokens  embedding  4×100                 int8
                """);
        assertThat(report.summary()).isEqualTo("1 of 1 layers in int8; ranges of activations are found in each run.");
    }

    @Test
    void filesAndScoresAreComparedInTheOrderGiven() {
        EvaluatorIdentity accuracy = new EvaluatorIdentity("accuracy", 10, "ab12");

        assertThat(report(Mode.STATIC, CONV)
                        .files(4_000_000, 1_050_000)
                        .score(CompressionStats.Score.of(accuracy, right(9), right(8)))
                        .totals()
                        .toString())
                .isEqualToNormalizingNewlines("""
                                              original              int8  ratio
                file                           4.00 MB           1.05 MB  0.263
                accuracy (10 samples)           0.9000            0.8000
                  95 % interval        0.5958 … 0.9821   0.4902 … 0.9433
                  drop, 95 % interval                   -0.1956 … 0.3623
                """);
    }

    private static Evaluation right(int samples) {
        BitSet right = new BitSet();
        right.set(0, samples);
        return Evaluation.of(SampleOutcomes.of(right, 10));
    }
}
