package dev.wsvd.testkit;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wsvd.domain.tensor.Predictor;
import dev.wsvd.domain.tensor.Tensor;
import java.util.HashMap;
import java.util.Map;

/** Whether a predictor gives every sample of a batch its own answer, that which it gives to the sample alone. */
final class SampleRuns {
    private SampleRuns() {}

    /** @param what was run, for messages */
    static void assertIndependent(ContractExample<?> example, Predictor predictor, String what) {
        Map<String, Tensor> batch = example.inputs(predictor);
        boolean alone = predictor.inputs().stream()
                .allMatch(i -> i.ranked() && i.shape().get(0) < 0);
        long samples = batch.values().iterator().next().shape().get(0);
        example.requireShown(FormatFeature.BATCH, alone && samples > 1);
        Map<String, Tensor> together = predictor.run(batch);
        double apart = 0;
        for (long sample = 0; sample < samples; sample++) {
            Map<String, Tensor> expected = predictor.run(sample(batch, sample));
            Map<String, Tensor> found = sample(together, sample);
            ModelRuns.assertSame(
                    "sample " + sample + " of " + samples + " in a batch, and alone, of " + what,
                    expected,
                    found,
                    ReplacementPromises.TOLERANCE);
            apart = Math.max(apart, ModelRuns.largestDifference(sample(together, 0), found));
        }
        assertTrue(
                apart > 1e-6,
                () -> "All " + samples + " samples of a batch, which are not the same, get the same answer from "
                        + what);
    }

    /** One sample of each tensor, as a batch. */
    private static Map<String, Tensor> sample(Map<String, Tensor> batch, long sample) {
        Map<String, Tensor> one = new HashMap<>();
        batch.forEach((name, tensor) -> one.put(name, tensor.samples(sample, sample + 1)));
        return one;
    }
}
