package dev.wsvd.calibration;

import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.spi.Activations;
import dev.wsvd.domain.spi.Activations.Walk;
import dev.wsvd.domain.spi.Activations.Watch;
import dev.wsvd.domain.tensor.Tensor;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/**
 * How far the outputs of models are from an original's, on uniformly chosen inputs: about so many at most as are asked for, and no
 * more of their batches than it takes for a standard error below {@value #PRECISION} of the divergence. The original's outputs are
 * computed once and kept up to a memory bound. For one thread at a time.
 *
 * @param <M> what the format's users call a model
 */
public final class Divergence<M> implements AutoCloseable {
    /** Inputs that settle nearly every comparison. */
    public static final int SAMPLES = 200;

    private static final int LARGEST_BATCH = 10;
    private static final double PRECISION = 0.05;
    /** The standard error of fewer batches tells nothing. */
    private static final int FEWEST_BATCHES = 4;

    private static final long KEPT_BYTES = 256L << 20;

    private record Range(long from, long to) {}

    private final Activations<M> inputs;
    private final M original;
    private final int samples;
    private final int batch;
    private final Map<Range, Map<String, Tensor>> kept = new HashMap<>();
    private final Walk<M> walk;
    private Optional<LayerId> reached = Optional.empty();
    private long keptBytes;

    /** On about {@value #SAMPLES} inputs at most. */
    public Divergence(Activations<M> inputs, M original) {
        this(inputs, original, SAMPLES);
    }

    /** @param samples how many inputs at most, about; at least 1 */
    public Divergence(Activations<M> inputs, M original, int samples) {
        this.inputs = Objects.requireNonNull(inputs, "inputs");
        this.original = Objects.requireNonNull(original, "original");
        this.samples = samples;
        this.batch = Math.max(1, Math.min(LARGEST_BATCH, samples / FEWEST_BATCHES));
        this.walk = inputs.walk(batch);
    }

    /**
     * The divergence of a model, 0 for equal outputs: the mean Kullback–Leibler divergence KL(p ‖ q) of the class distributions
     * where the rows of an output are classes, else E‖y − y'‖² / E‖y‖²; the sum over all outputs that hold floating-point
     * numbers with the samples in their first dim. NaN if there is none such.
     */
    public double of(M model) {
        try (Watch others = inputs.watch(model, List.of(), batch)) {
            return of(others);
        }
    }

    /**
     * The same of a model that computes what the original does, up to a layer.
     *
     * @param first the layer, no earlier than that of the call before
     */
    public double of(M model, LayerId first) {
        go(first);
        try (Watch others = walk.rest(model)) {
            return of(others);
        }
    }

    private void go(LayerId layer) {
        if (reached.equals(Optional.of(layer))) {
            return;
        }
        try (Watch watch = walk.before(original, layer)) {
            if (walk.resumes()) {
                ranges(watch.batchSize()).forEach(range -> watch.run(range.from, range.to));
                walk.arrived();
            }
        }
        reached = Optional.of(layer);
    }

    /** From everywhere, as files are often sorted by class, and the first few too: the next always splits the widest gap between them. */
    private List<Range> ranges(int batch) {
        long step = Math.max(batch, inputs.samples() / Math.max(1, samples / batch));
        List<Range> inOrder = LongStream.iterate(0, from -> from < inputs.samples(), from -> from + step)
                .mapToObj(from -> new Range(from, Math.min(inputs.samples(), from + batch)))
                .toList();
        return IntStream.range(0, Integer.highestOneBit(inOrder.size()) << 1)
                .map(number -> Integer.reverse(number) >>> Integer.numberOfLeadingZeros(inOrder.size()))
                .filter(place -> place < inOrder.size())
                .mapToObj(inOrder::get)
                .toList();
    }

    private double of(Watch others) {
        Map<String, OutputDivergence> divergences = new HashMap<>();
        Set<String> incomparable = new HashSet<>();
        try (Reference originals = new Reference()) {
            for (Range range : ranges(others.batchSize())) {
                if (isSettled(divergences.values())) {
                    break;
                }
                Map<String, Tensor> expected = originals.run(range);
                CountedTokens counted = new CountedTokens(others.mask(range.from, range.to));
                others.run(range.from, range.to).forEach((name, found) -> {
                    if (!isComparable(found, range) || !isComparable(expected.get(name), range)) {
                        incomparable.add(name);
                    } else {
                        divergences
                                .computeIfAbsent(name, output -> new OutputDivergence())
                                .add(counted.output(expected.get(name)), counted.output(found));
                    }
                });
            }
        }
        divergences.keySet().removeAll(incomparable);
        return divergences.isEmpty()
                ? Double.NaN
                : divergences.values().stream()
                        .mapToDouble(OutputDivergence::value)
                        .sum();
    }

    private static boolean isSettled(Collection<OutputDivergence> divergences) {
        double value = divergences.stream().mapToDouble(OutputDivergence::value).sum();
        double[] residuals = divergences.stream()
                .map(OutputDivergence::residuals)
                .reduce((some, others) -> IntStream.range(0, Math.min(some.length, others.length))
                        .mapToDouble(i -> some[i] + others[i])
                        .toArray())
                .orElse(new double[0]);
        int n = residuals.length;
        double squares = Arrays.stream(residuals).map(r -> r * r).sum();
        return n >= FEWEST_BATCHES && Math.sqrt(squares * n / (n - 1)) <= PRECISION * value;
    }

    @Override
    public void close() {
        walk.close();
    }

    private static boolean isComparable(Tensor output, Range samples) {
        return output != null
                && output.type().floating()
                && !output.shape().isEmpty()
                && output.shape().get(0) == samples.to - samples.from;
    }

    /** The original's outputs, kept ones or else computed by a model that is made ready when it is first needed. */
    private final class Reference implements AutoCloseable {
        private Watch watch;

        Map<String, Tensor> run(Range range) {
            Map<String, Tensor> known = kept.get(range);
            if (known != null) {
                return known;
            }
            if (watch == null) {
                watch = inputs.watch(original, List.of(), batch);
            }
            Map<String, Tensor> outputs = watch.run(range.from, range.to);
            long bytes = outputs.values().stream()
                    .mapToLong(tensor -> tensor.data().remaining())
                    .sum();
            if (keptBytes + bytes <= KEPT_BYTES) {
                keptBytes += bytes;
                Map<String, Tensor> copies = new HashMap<>();
                outputs.forEach((name, tensor) -> copies.put(name, tensor.copy()));
                kept.put(range, copies);
            }
            return outputs;
        }

        @Override
        public void close() {
            if (watch != null) {
                watch.close();
            }
        }
    }
}
