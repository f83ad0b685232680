package dev.wsvd.report;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wsvd.domain.ModelIdentity;
import dev.wsvd.domain.layer.Affine;
import dev.wsvd.domain.layer.Convolution;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.layer.Lookup;
import dev.wsvd.domain.layer.WeightShape;
import dev.wsvd.domain.quantization.Quantization.Mode;
import dev.wsvd.domain.score.Evaluation;
import dev.wsvd.domain.score.EvaluatorIdentity;
import dev.wsvd.domain.score.SampleOutcomes;
import dev.wsvd.domain.stats.CompressionStats;
import dev.wsvd.domain.stats.QuantizationStats;
import dev.wsvd.domain.tensor.ElementType;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
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

    private static QuantizationStats stats(Mode mode, QuantizationStats.LayerStats... layers) {
        return new QuantizationStats(
                new ModelIdentity("model.onnx", "ab12"),
                Optional.empty(),
                mode,
                mode == Mode.STATIC ? 1 : 0,
                Optional.empty(),
                new QuantizationStats.Files(4_000_000, 1_050_000),
                List.of(layers));
    }

    private static QuantizationStats.LayerStats int8(Layer layer, double... error) {
        return new QuantizationStats.LayerStats(
                layer,
                true,
                Optional.empty(),
                error.length == 0 ? OptionalDouble.empty() : OptionalDouble.of(error[0]));
    }

    private static QuantizationStats.LayerStats kept(Layer layer) {
        return new QuantizationStats.LayerStats(
                layer, false, Optional.of("its weight is float16"), OptionalDouble.empty());
    }

    private static QuantizationReport report(Mode mode, QuantizationStats.LayerStats... layers) {
        return QuantizationReport.of(stats(mode, layers));
    }

    @Test
    void layersHaveWhatTheyComputeInAndWhyThatIsFloat() {
        assertThat(report(Mode.STATIC, int8(CONV), kept(LINEAR)).layers().toString())
                .isEqualToNormalizingNewlines("""
                layer      kind    weight   share of MAC  computes in  note
                conv1      conv/2  8×2×3×3        75.0 %  int8
                fc (head)  linear  2×2            25.0 %  float16      its weight is float16
                """);
    }

    @Test
    void theSummaryTellsTheShareOfTheMacs() {
        assertThat(report(Mode.STATIC, int8(CONV), kept(LINEAR)).summary())
                .isEqualTo("1 of 2 layers in int8, 75.0 % of the MACs; 1 activations with a known range.");
        assertThat(report(Mode.DYNAMIC, int8(CONV), int8(LINEAR)).summary())
                .isEqualTo("2 of 2 layers in int8, 100.0 % of the MACs; ranges of activations are found in each run.");
    }

    @Test
    void layersWithoutMacsHaveNoShareOfThem() {
        QuantizationReport report = report(Mode.DYNAMIC, int8(TABLE));

        assertThat(report.layers().toString()).isEqualToNormalizingNewlines("""
                layer   kind       weight  share of MAC  computes in  note
                tokens  embedding  4×100                 int8
                """);
        assertThat(report.summary()).isEqualTo("1 of 1 layers in int8; ranges of activations are found in each run.");
    }

    @Test
    void measuredErrorsHaveAColumn() {
        assertThat(report(Mode.STATIC, int8(CONV, 0.0123), int8(TABLE), kept(LINEAR))
                        .layers()
                        .toString())
                .isEqualToNormalizingNewlines("""
                layer      kind       weight   share of MAC  computes in  output error  note
                conv1      conv/2     8×2×3×3        75.0 %  int8                0.012
                tokens     embedding  4×100           0.0 %  int8                    -
                fc (head)  linear     2×2            25.0 %  float16                    its weight is float16
                """);
    }

    @Test
    void scoresComeBeforeFiles() {
        EvaluatorIdentity accuracy = new EvaluatorIdentity("accuracy", 10, "ab12");
        QuantizationStats plain = stats(Mode.STATIC, int8(CONV), kept(LINEAR));
        QuantizationStats scored = new QuantizationStats(
                plain.model(),
                plain.calibration(),
                plain.mode(),
                plain.activations(),
                Optional.of(CompressionStats.Score.of(accuracy, right(9), right(8))),
                plain.files(),
                plain.layers());

        assertThat(QuantizationReport.of(scored).totals().toString()).isEqualToNormalizingNewlines("""
                                              original              int8  ratio
                accuracy (10 samples)           0.9000            0.8000
                  95 % interval        0.5958 … 0.9821   0.4902 … 0.9433
                  drop, 95 % interval                   -0.1956 … 0.3623
                file                           4.00 MB           1.05 MB  0.263
                """);
    }

    private static Evaluation right(int samples) {
        BitSet right = new BitSet();
        right.set(0, samples);
        return Evaluation.of(SampleOutcomes.of(right, 10));
    }
}
