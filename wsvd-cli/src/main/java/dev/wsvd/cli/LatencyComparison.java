package dev.wsvd.cli;

import dev.wsvd.domain.tensor.Predictor;
import dev.wsvd.domain.tensor.Tensor;
import dev.wsvd.evaluation.ArrayDataset;
import dev.wsvd.evaluation.Latency;
import dev.wsvd.report.ComparisonReport;
import java.util.Map;

/** Times two models in turn, so that drift of the machine hits both alike. */
final class LatencyComparison {
    private static final int WARM_UPS = 10;
    private static final int RUNS = 100;
    private static final int BATCH = 64;
    private static final int BATCH_RUNS = 20;

    private final Predictor before;
    private final Predictor after;

    LatencyComparison(Predictor before, Predictor after) {
        this.before = before;
        this.after = after;
    }

    /** One sample at a time, and a batch at a time where there is more than one sample. */
    void addTo(ComparisonReport report, ArrayDataset dataset) {
        add(report, "one sample", dataset.sample(before), RUNS);
        Map<String, Tensor> batch = dataset.batch(before, BATCH);
        long samples = batch.values().iterator().next().shape().get(0);
        if (samples > 1) {
            add(report, "batch of " + samples, batch, BATCH_RUNS);
        }
    }

    private void add(ComparisonReport report, String name, Map<String, Tensor> input, int runs) {
        Latency.Comparison latency = Latency.compare(before, after, input, WARM_UPS, runs);
        report.latency(name, latency.first().medianMs(), latency.second().medianMs());
    }
}
