package dev.wsvd.evaluation;

import dev.wsvd.domain.tensor.Predictor;
import dev.wsvd.domain.tensor.Tensor;
import java.util.Arrays;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * Wall time of one run of a model. Percentiles are by nearest rank; the median of an even number is the mean of the middle two.
 *
 * @param medianMs median in ms
 * @param p10Ms tenth percentile in ms
 * @param p90Ms ninetieth percentile in ms
 * @param runs number of timed runs
 */
public record Latency(double medianMs, double p10Ms, double p90Ms, int runs) {
    private static final double NANOS_PER_MS = 1e6;

    /**
     * Two models timed in turn.
     *
     * @param first the first model
     * @param second the second model
     */
    public record Comparison(Latency first, Latency second) {
        /** Median of the second / median of the first; below 1 if the second is faster. */
        public double ratio() {
            return first.medianMs == 0 ? 1 : second.medianMs / first.medianMs;
        }
    }

    /**
     * Times a model on one input.
     *
     * @param warmUps runs before, not counted, at least 0
     * @param runs runs counted, at least 1
     * @throws dev.wsvd.domain.error.InvalidInputException if the input does not fit the model
     */
    public static Latency measure(Predictor predictor, Map<String, Tensor> input, int warmUps, int runs) {
        return measure(predictor, input, warmUps, runs, System::nanoTime);
    }

    /**
     * Times two models in turn, first second first second, so that drift of the machine hits both alike.
     *
     * @param warmUps runs of each before, not counted, at least 0
     * @param runs runs of each counted, at least 1
     * @throws dev.wsvd.domain.error.InvalidInputException if the input does not fit a model
     */
    public static Comparison compare(
            Predictor first, Predictor second, Map<String, Tensor> input, int warmUps, int runs) {
        return compare(first, second, input, warmUps, runs, System::nanoTime);
    }

    static Latency measure(Predictor predictor, Map<String, Tensor> input, int warmUps, int runs, LongSupplier nanos) {
        double[] times = new double[Feed.atLeastOne("The number of runs", runs)];
        for (int i = 0; i < warmUps; i++) {
            predictor.run(input);
        }
        for (int i = 0; i < runs; i++) {
            times[i] = time(predictor, input, nanos);
        }
        return of(times);
    }

    static Comparison compare(
            Predictor first, Predictor second, Map<String, Tensor> input, int warmUps, int runs, LongSupplier nanos) {
        double[] firstTimes = new double[Feed.atLeastOne("The number of runs", runs)];
        double[] secondTimes = new double[runs];
        for (int i = 0; i < warmUps; i++) {
            first.run(input);
            second.run(input);
        }
        for (int i = 0; i < runs; i++) {
            firstTimes[i] = time(first, input, nanos);
            secondTimes[i] = time(second, input, nanos);
        }
        return new Comparison(of(firstTimes), of(secondTimes));
    }

    private static double time(Predictor predictor, Map<String, Tensor> input, LongSupplier nanos) {
        long start = nanos.getAsLong();
        predictor.run(input);
        return (nanos.getAsLong() - start) / NANOS_PER_MS;
    }

    private static Latency of(double[] times) {
        double[] sorted = times.clone();
        Arrays.sort(sorted);
        return new Latency(median(sorted), percentile(sorted, 0.1), percentile(sorted, 0.9), sorted.length);
    }

    private static double median(double[] sorted) {
        int middle = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }

    private static double percentile(double[] sorted, double p) {
        return sorted[Math.max(0, (int) Math.ceil(p * sorted.length) - 1)];
    }
}
