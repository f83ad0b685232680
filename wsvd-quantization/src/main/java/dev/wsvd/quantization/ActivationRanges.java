package dev.wsvd.quantization;

import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.quantization.Encoding;
import dev.wsvd.domain.spi.Activations;
import dev.wsvd.domain.spi.Activations.Watch;
import dev.wsvd.domain.spi.Quantizable;
import dev.wsvd.domain.spi.Quantizable.Observed;
import dev.wsvd.domain.tensor.Tensor;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;

/** What values tensors inside a model have on calibration inputs. */
final class ActivationRanges<M> {
    private static final long TENSORS_BYTES = 128L << 20;
    private static final int LARGEST_BATCH = 50;

    private final Quantizable<M> model;
    private final Activations<M> inputs;

    /** The least and the largest number of a tensor. */
    private static final class Range {
        private double min = Double.POSITIVE_INFINITY;
        private double max = Double.NEGATIVE_INFINITY;

        void add(float[] values) {
            float least = Float.POSITIVE_INFINITY;
            float most = Float.NEGATIVE_INFINITY;
            for (float value : values) {
                least = Math.min(least, value);
                most = Math.max(most, value);
            }
            min = Math.min(min, least);
            max = Math.max(max, most);
        }
    }

    ActivationRanges(Quantizable<M> model, Activations<M> inputs) {
        this.model = model;
        this.inputs = inputs;
    }

    /**
     * An encoding for each of some tensors.
     *
     * @throws InvalidInputException if a tensor holds a number that is not finite
     */
    Map<String, Encoding> encodings(Collection<String> tensors, RangeMethod method) {
        Map<String, Range> ranges = new LinkedHashMap<>();
        tensors.forEach(name -> ranges.put(name, new Range()));
        visit(tensors, (name, values) -> {
            ranges.get(name).add(values);
        });
        ranges.forEach((name, range) -> requireFinite(name, range));
        Map<String, Encoding> encodings = new LinkedHashMap<>();
        if (method == RangeMethod.MIN_MAX) {
            ranges.forEach((name, range) -> encodings.put(name, Encoding.of(range.min, range.max)));
            return encodings;
        }
        Map<String, Histogram> histograms = new LinkedHashMap<>();
        ranges.forEach((name, range) -> histograms.put(name, new Histogram(range.min, range.max)));
        visit(tensors, (name, values) -> {
            Histogram histogram = histograms.get(name);
            for (float value : values) {
                histogram.add(value);
            }
        });
        histograms.forEach((name, histogram) ->
                encodings.put(name, method == RangeMethod.MSE ? histogram.leastError() : histogram.percentile()));
        return encodings;
    }

    private static void requireFinite(String name, Range range) {
        if (!Double.isFinite(range.min) || !Double.isFinite(range.max)) {
            throw new InvalidInputException("The tensor '" + name + "' is " + range.min + " … " + range.max
                    + " on the calibration inputs; int8 needs finite numbers.");
        }
    }

    /**
     * The largest |x| by channel.
     *
     * @param channels by tensor, the dim that counts channels from the front; −1 for the last
     */
    Map<String, double[]> magnitudes(Map<String, Integer> channels) {
        Map<String, double[]> magnitudes = new LinkedHashMap<>();
        run(channels.keySet(), (name, tensor) -> {
            int dim = channels.get(name);
            double[] largest = magnitudes.computeIfAbsent(name, key -> new double[ChannelRuns.channels(tensor, dim)]);
            ChannelRuns.forEach(tensor, dim, (channel, values, from, to) -> {
                float most = 0;
                for (int i = from; i < to; i++) {
                    most = Math.max(most, Math.abs(values[i]));
                }
                largest[channel] = Math.max(largest[channel], most);
            });
        });
        return magnitudes;
    }

    private void visit(Collection<String> tensors, BiConsumer<String, float[]> visitor) {
        run(tensors, (name, tensor) -> visitor.accept(name, ChannelRuns.floats(tensor)));
    }

    private void run(Collection<String> tensors, BiConsumer<String, Tensor> visitor) {
        if (tensors.isEmpty()) {
            return;
        }
        Observed<M> observed = model.observed(tensors);
        try (Watch watch = inputs.watch(observed.model(), List.of(), batch())) {
            for (long from = 0; from < inputs.samples(); from += watch.batchSize()) {
                Map<String, Tensor> seen = watch.run(from, Math.min(inputs.samples(), from + watch.batchSize()));
                tensors.forEach(
                        name -> visitor.accept(name, seen.get(observed.outputs().get(name))));
            }
        }
    }

    /** So many samples at once that what all layers see and give fits into memory, about. */
    private int batch() {
        long bytes = model.model().layers().stream()
                .mapToLong(layer -> Float.BYTES * (elements(layer.inputShape()) + elements(layer.outputShape())))
                .sum();
        return (int) Math.max(1, Math.min(LARGEST_BATCH, TENSORS_BYTES / Math.max(1, bytes)));
    }

    private static long elements(List<Long> shape) {
        return shape.stream().reduce(1L, Math::multiplyExact);
    }
}
