package dev.wsvd.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wsvd.adapter.onnx.OnnxFormat;
import dev.wsvd.domain.plan.Plan;
import dev.wsvd.domain.spi.OpenOptions;
import dev.wsvd.evaluation.AccuracyEvaluator;
import dev.wsvd.evaluation.ArrayDataset;
import dev.wsvd.pipeline.CompressionParameters;
import dev.wsvd.pipeline.ModelCompressor;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The demo's network, compressed with each backend. */
class SamePlanTest {
    private static final Path DEMO = Path.of("..", "demo");

    @Test
    void everyBackendLeadsToTheSameGreedyPlan() {
        var onnx = new OnnxFormat();
        var data = ArrayDataset.load(DEMO.resolve("test-images.npz"), DEMO.resolve("test-labels.npy"));
        Map<String, Plan> plans = new LinkedHashMap<>();
        Backends.all().forEach((id, backend) -> {
            var model = onnx.open(DEMO.resolve("fashion-resnet.onnx"), OpenOptions.DEFAULT);
            plans.put(
                    id,
                    ModelCompressor.of(model)
                            .parameters(CompressionParameters.greedy(0.5).withMultiplicity(8))
                            .evaluator(AccuracyEvaluator.of(onnx::predictor, data), 500)
                            .backend(backend)
                            .plan()
                            .plan());
        });

        assertThat(plans.get("ejml").changes()).hasSizeGreaterThan(5);
        assertThat(plans.values()).containsOnly(plans.get("ejml"));
    }
}
