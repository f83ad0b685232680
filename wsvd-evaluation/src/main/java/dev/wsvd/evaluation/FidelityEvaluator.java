package dev.wsvd.evaluation;

import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.score.Evaluation;
import dev.wsvd.domain.score.EvaluatorIdentity;
import dev.wsvd.domain.spi.Evaluator;
import dev.wsvd.domain.tensor.Predictor;
import dev.wsvd.domain.tensor.TensorInfo;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.DoubleConsumer;
import java.util.function.Function;

/**
 * How near a model's outputs are to the original's, on samples without labels; see {@link Fidelity} for the measures and for
 * the score. All floating-point outputs count, unless some are named. An iteration is a sample.
 *
 * <p>The original's outputs are computed once and kept up to a memory bound; what does not fit is computed again each time.
 * For one thread at a time.
 *
 * @param <M> what the format's users call a model
 */
public final class FidelityEvaluator<M> implements Evaluator<M> {
    private static final int BATCH = 100;
    private static final long KEPT_BYTES = 256L << 20;

    private final Function<? super M, ? extends Predictor> predictor;
    private final M original;
    private final ArrayDataset data;
    private final int batchSize;
    private final List<String> outputs;
    private final long keptBytes;
    private final KeptOutputs kept;

    private FidelityEvaluator(
            Function<? super M, ? extends Predictor> predictor,
            M original,
            ArrayDataset data,
            int batchSize,
            List<String> outputs,
            long keptBytes) {
        this.predictor = predictor;
        this.original = original;
        this.data = data;
        this.batchSize = batchSize;
        this.outputs = outputs;
        this.keptBytes = keptBytes;
        this.kept = new KeptOutputs(keptBytes);
    }

    /**
     * Fidelity to an original.
     *
     * @param predictor makes a model ready to run, such as {@code format::predictor}; what it makes is closed here
     */
    public static <M> FidelityEvaluator<M> of(
            Function<? super M, ? extends Predictor> predictor, M original, ArrayDataset data) {
        return new FidelityEvaluator<>(
                Objects.requireNonNull(predictor, "predictor"),
                Objects.requireNonNull(original, "original"),
                Objects.requireNonNull(data, "data"),
                BATCH,
                List.of(),
                KEPT_BYTES);
    }

    /** This evaluator running so many samples at once, 100 by default; a model whose batch dim is fixed has its way. */
    public FidelityEvaluator<M> batchSize(int samples) {
        return new FidelityEvaluator<>(
                predictor, original, data, Feed.atLeastOne("The batch size", samples), outputs, keptBytes);
    }

    /** This evaluator comparing only these outputs. */
    public FidelityEvaluator<M> outputs(String... names) {
        return new FidelityEvaluator<>(predictor, original, data, batchSize, List.of(names), keptBytes);
    }

    /** The outputs it compares, in the model's order. */
    public List<String> compared() {
        try (Predictor ready = predictor.apply(original)) {
            return names(ready.outputs());
        }
    }

    /** This evaluator keeping at most so many bytes of the original's outputs, 256 MiB by default. */
    public FidelityEvaluator<M> keepingAtMost(long bytes) {
        return new FidelityEvaluator<>(predictor, original, data, batchSize, outputs, bytes);
    }

    /** {@link Fidelity#score()} on the first samples. */
    @Override
    public Evaluation evaluate(M model, int iterations) {
        return evaluate(model, iterations, done -> {});
    }

    @Override
    public Evaluation evaluate(M model, int iterations, DoubleConsumer done) {
        return Evaluation.of(compare(model, iterations, done).score());
    }

    /**
     * All measures on the first samples.
     *
     * @throws InvalidInputException if the data does not fit the model, or an output is not there, holds whole numbers or does
     *     not have the samples in its first dim
     */
    public Fidelity compare(M model, int iterations) {
        return compare(model, iterations, done -> {});
    }

    private Fidelity compare(M model, int iterations, DoubleConsumer done) {
        long samples = data.limit(iterations).samples();
        try (Predictor ready = predictor.apply(model);
                LazyPredictor reference = new LazyPredictor(() -> predictor.apply(original))) {
            List<String> names = names(ready.outputs());
            Feed feed = Feed.of(data, ready, batchSize);
            Map<String, FidelityMeter> meters = new LinkedHashMap<>();
            names.forEach(name -> meters.put(name, new FidelityMeter(name)));
            for (long from = 0; from < samples; from += feed.batchSize()) {
                long to = Math.min(samples, from + feed.batchSize());
                addBatch(feed, reference, from, to, meters);
                done.accept((double) (to - from) / samples);
            }
            Map<String, Fidelity.Output> results = new LinkedHashMap<>();
            meters.forEach((name, meter) -> results.put(name, meter.result()));
            return new Fidelity(results, samples);
        }
    }

    @Override
    public boolean isConcurrent() {
        return true;
    }

    @Override
    public Optional<EvaluatorIdentity> identity(int iterations) {
        ArrayDataset used = data.limit(iterations);
        MessageDigest digest = ArrayDataset.newDigest();
        ArrayDataset.update(digest, "fidelity\0" + outputs + "\0" + used.sha256());
        return Optional.of(
                new EvaluatorIdentity("fidelity", used.samples(), HexFormat.of().formatHex(digest.digest()), outputs));
    }

    private void addBatch(Feed feed, LazyPredictor reference, long from, long to, Map<String, FidelityMeter> meters) {
        List<String> names = List.copyOf(meters.keySet());
        var originals = kept.get(
                from, to, names, () -> Feed.of(data, reference.get(), batchSize).run(from, to, names));
        var others = feed.run(from, to, names);
        meters.forEach((name, meter) -> meter.add(originals.get(name), others.get(name)));
    }

    private List<String> names(List<TensorInfo> present) {
        List<String> floating = present.stream()
                .filter(o -> o.type().floating())
                .map(TensorInfo::name)
                .toList();
        for (String name : outputs) {
            if (!floating.contains(Feed.requireOutput(name, present))) {
                throw new InvalidInputException(
                        "Output '" + name + "' holds whole numbers; fidelity compares floating-point"
                                + " outputs. The model gives " + Feed.described(present) + ".");
            }
        }
        if (floating.isEmpty()) {
            throw new InvalidInputException(
                    "Fidelity needs a floating-point output; the model gives " + Feed.described(present) + ".");
        }
        return outputs.isEmpty() ? floating : outputs;
    }
}
