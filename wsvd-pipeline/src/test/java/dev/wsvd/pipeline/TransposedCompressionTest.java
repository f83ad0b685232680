package dev.wsvd.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.wsvd.adapter.onnx.OnnxFormat;
import dev.wsvd.adapter.onnx.OnnxModel;
import dev.wsvd.calibration.Divergence;
import dev.wsvd.domain.cost.Metric;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.plan.Choice;
import dev.wsvd.domain.plan.Decision;
import dev.wsvd.domain.plan.Plan;
import dev.wsvd.domain.score.Evaluation;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.Evaluator;
import dev.wsvd.domain.spi.OpenOptions;
import dev.wsvd.domain.stats.CompressionStats.LayerStats;
import dev.wsvd.evaluation.ArrayActivations;
import dev.wsvd.evaluation.ArrayDataset;
import dev.wsvd.selection.ManualChoice;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Transposed convolutions from end to end, in a small autoencoder on real images and a real engine. */
class TransposedCompressionTest {
    private static final OnnxFormat ONNX = new OnnxFormat();
    private static final ArrayActivations<OnnxModel> CALIBRATION = images("calibration-images.npz", 200);
    private static final ArrayActivations<OnnxModel> HELD_OUT = images("test-images.npz", 300);

    private final CompressibleModel<OnnxModel> model = ONNX.open(
            Path.of("src", "test", "resources", "autoencoder", "autoencoder.onnx"), OpenOptions.DEFAULT);
    private final Divergence<OnnxModel> divergence = new Divergence<>(HELD_OUT, model.model());

    private static ArrayActivations<OnnxModel> images(String file, int samples) {
        return ArrayActivations.of(
                ONNX, ArrayDataset.load(Path.of("..", "demo", file)).limit(samples));
    }

    private static LayerId layer(String name) {
        return new LayerId("/" + name + "/ConvTranspose");
    }

    @Test
    void print() {
        model.layers().forEach(l -> System.out.println(l + " " + l.sized().macs()));
        model.uncoupled().forEach(System.out::println);
        model.couplings().forEach(System.out::println);
        for (double target : new double[] {0.8, 0.5, 0.35}) {
            for (boolean correct : new boolean[] {false, true}) {
                var c = ModelCompressor.of(model)
                        .parameters(CompressionParameters.budget(target))
                        .calibration(CALIBRATION);
                var r = (correct ? c.correct() : c).reportErrorsOn(CALIBRATION).compress();
                System.out.println(target + " " + correct + " " + divergence.of(r.model().model()) + " "
                        + r.stats().ratio(Metric.MAC));
                r.stats().layers().forEach(System.out::println);
            }
            var r = ModelCompressor.of(model)
                    .parameters(CompressionParameters.budget(target))
                    .compress();
            System.out.println(target + " free " + divergence.of(r.model().model()));
        }
    }
}
