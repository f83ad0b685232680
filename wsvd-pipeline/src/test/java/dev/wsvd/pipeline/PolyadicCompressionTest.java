package dev.wsvd.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wsvd.adapter.onnx.OnnxFormat;
import dev.wsvd.adapter.onnx.OnnxModel;
import dev.wsvd.backend.ejml.EjmlProvider;
import dev.wsvd.calibration.Moments;
import dev.wsvd.cost.Costs;
import dev.wsvd.domain.cost.Cost;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.linalg.LinearAlgebra;
import dev.wsvd.domain.moments.LayerMoments;
import dev.wsvd.domain.plan.Choice;
import dev.wsvd.domain.plan.Factors;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.OpenOptions;
import dev.wsvd.domain.spi.Schemes;
import dev.wsvd.evaluation.ArrayActivations;
import dev.wsvd.evaluation.ArrayDataset;
import dev.wsvd.pipeline.resolve.Services;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** {@code cp} on the demo network with real images and a real engine. */
class PolyadicCompressionTest {
    private static final Path DEMO = Path.of("..", "demo");
    private static final OnnxFormat ONNX = new OnnxFormat();
    private static final LinearAlgebra EJML = new EjmlProvider().create();
    private static final Schemes SCHEMES = Services.schemes();
    private static final Costs COSTS = Costs.of(SCHEMES);
    private static final ArrayActivations<OnnxModel> CALIBRATION = ArrayActivations.of(
            ONNX, ArrayDataset.load(DEMO.resolve("calibration-images.npz")).limit(100));

    private final CompressibleModel<OnnxModel> model =
            ONNX.open(DEMO.resolve("fashion-resnet.onnx"), OpenOptions.DEFAULT);

    @Test
    void atEqualCostItMissesLessThanTucker() {
        Layer layer = layer("stage1.0.conv2");
        Map<LayerId, LayerMoments> moments = Moments.of(CALIBRATION, model.model(), List.of(layer), EJML);
        for (int rank : new int[] {31, 63}) {
            Choice polyadic = Choice.of("cp", rank);
            Cost most = COSTS.of(layer, polyadic);
            Choice largest = new Choice("tucker-2", List.of(32, 32));
            Factors tucker = factors(layer, moments, largest);
            Choice best = SCHEMES.of("tucker-2").choices(layer, "tucker-2", 1).stream()
                    .filter(choice -> COSTS.of(layer, choice).isAtMost(most))
                    .min(Comparator.comparingDouble(tucker::error))
                    .orElseThrow();

            assertThat(factors(layer, moments, polyadic).refined(polyadic).predictedError())
                    .isLessThan(0.8 * tucker.refined(best).predictedError());
        }
    }

    private Layer layer(String name) {
        return model.layers().stream()
                .filter(layer -> layer.id().name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    private Factors factors(Layer layer, Map<LayerId, LayerMoments> moments, Choice largest) {
        return SCHEMES.of(largest.form())
                .factor(layer, model.weights(layer.id()), Optional.of(moments.get(layer.id())), largest, EJML);
    }

    @Test
    void itIsUsedWhereItIsNamedOnly() {
        assertThat(Services.schemes().named(Schemes.ANY).ids())
                .contains("tucker-2")
                .doesNotContain("cp");
    }
}
