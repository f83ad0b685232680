package dev.wsvd.evaluation;

import dev.wsvd.domain.tensor.Predictor;
import dev.wsvd.domain.tensor.Tensor;
import java.util.Map;

/**
 * Wall time of one run of a model.
 *
 * @param medianMs median in ms
 * @param p10Ms tenth percentile in ms
 * @param p90Ms ninetieth percentile in ms
 * @param runs number of timed runs
 */
public record Latency(double medianMs, double p10Ms, double p90Ms, int runs) {
    /**
     * Two models timed in turn.
     *
     * @param first the first model
     * @param second the second model
     * @param ratio median over the pairs of second / first; below 1 if the second is faster
     */
    public record Comparison(Latency first, Latency second, double ratio) {}

    /** Times a model on one input, after warm-up runs that do not count. */
    public static Latency measure(Predictor predictor, Map<String, Tensor> input, int warmUps, int runs) {
        throw new UnsupportedOperationException(predictor.toString() + input + warmUps + runs);
    }

    /** Times two models in turn, first second first second, so that drift of the machine hits both alike. */
    public static Comparison compare(
            Predictor first, Predictor second, Map<String, Tensor> input, int warmUps, int runs) {
        throw new UnsupportedOperationException(first.toString() + second + input + warmUps + runs);
    }
}
