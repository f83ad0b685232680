package dev.wsvd.evaluation;

import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.score.Evaluation;
import dev.wsvd.domain.score.EvaluatorIdentity;
import dev.wsvd.domain.spi.Evaluator;
import dev.wsvd.domain.tensor.Predictor;
import dev.wsvd.domain.tensor.TensorInfo;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.DoubleConsumer;
import java.util.function.Function;

/**
 * Whether a model's embeddings still find what the original's found: its score is recall@10, see {@link EmbeddingFidelity}. An
 * embedding is an output [samples, width], or one [samples, tokens, width] whose tokens are pooled. An iteration is a sample.
 *
 * <p>The original's vectors and their neighbours are computed once and kept. For one thread at a time.
 *
 * @param <M> what the format's users call a model
 */
public final class EmbeddingEvaluator<M> implements Evaluator<M> {
    /** How many neighbours count. */
    public static final int NEIGHBOURS = 10;

    private static final int BATCH = 100;

    private final Function<? super M, ? extends Predictor> predictor;
    private final M original;
    private final ArrayDataset data;
    private final int batchSize;
    private final Optional<Pooling> pooling;
    private final Optional<String> output;
    private Optional<Reference> kept = Optional.empty();

    /** What the original gives, and what is near it. */
    private record Reference(Embeddings vectors, Neighbours neighbours) {}

    private EmbeddingEvaluator(
            Function<? super M, ? extends Predictor> predictor,
            M original,
            ArrayDataset data,
            int batchSize,
            Optional<Pooling> pooling,
            Optional<String> output) {
        this.predictor = predictor;
        this.original = original;
        this.data = data;
        this.batchSize = batchSize;
        this.pooling = pooling;
        this.output = output;
    }

    /**
     * Nearness to an original's embeddings.
     *
     * @param predictor makes a model ready to run, such as {@code format::predictor}; what it makes is closed here
     */
    public static <M> EmbeddingEvaluator<M> of(
            Function<? super M, ? extends Predictor> predictor, M original, ArrayDataset data) {
        return new EmbeddingEvaluator<>(
                Objects.requireNonNull(predictor, "predictor"),
                Objects.requireNonNull(original, "original"),
                Objects.requireNonNull(data, "data"),
                BATCH,
                Optional.empty(),
                Optional.empty());
    }

    /** This evaluator running so many samples at once, 100 by default; a model whose batch dim is fixed has its way. */
    public EmbeddingEvaluator<M> batchSize(int samples) {
        return new EmbeddingEvaluator<>(
                predictor, original, data, Feed.atLeastOne("The batch size", samples), pooling, output);
    }

    /** This evaluator pooling tokens so, {@link Pooling#MEAN} by default; its output must then have tokens. */
    public EmbeddingEvaluator<M> pooling(Pooling how) {
        return new EmbeddingEvaluator<>(predictor, original, data, batchSize, Optional.of(how), output);
    }

    /** This evaluator looking at a named output; by default the only floating-point one. */
    public EmbeddingEvaluator<M> output(String name) {
        return new EmbeddingEvaluator<>(predictor, original, data, batchSize, pooling, Optional.of(name));
    }

    /**
     * This evaluator with the output it looks at settled, and named in its {@link #identity}, where the model has several.
     *
     * @throws InvalidInputException if no output may be an embedding, or several
     */
    public EmbeddingEvaluator<M> choosing(M model) {
        try (Predictor ready = predictor.apply(model)) {
            return output.isPresent() || ready.outputs().size() == 1 ? this : output(outputName(ready));
        }
    }

    /** The output it compares, if that is settled. */
    public Optional<String> compared() {
        return output;
    }

    /** {@link EmbeddingFidelity#recall()} on the first samples. */
    @Override
    public Evaluation evaluate(M model, int iterations) {
        return evaluate(model, iterations, done -> {});
    }

    @Override
    public Evaluation evaluate(M model, int iterations, DoubleConsumer done) {
        return Evaluation.of(compare(model, iterations, done).recall());
    }

    /**
     * Both measures on the first samples.
     *
     * @throws InvalidInputException if there are too few samples, the data does not fit the model, or the output is no embedding
     */
    public EmbeddingFidelity compare(M model, int iterations) {
        return compare(model, iterations, done -> {});
    }

    private EmbeddingFidelity compare(M model, int iterations, DoubleConsumer done) {
        int samples = Math.toIntExact(data.limit(iterations).samples());
        if (samples < NEIGHBOURS + 2) {
            throw new InvalidInputException("recall@" + NEIGHBOURS + " needs at least " + (NEIGHBOURS + 2)
                    + " samples, found " + samples + ": among fewer, all others are near. Maybe score by fidelity.");
        }
        Reference reference = reference(samples);
        Embeddings vectors = embeddings(model, samples, done);
        if (vectors.width() != reference.vectors.width()) {
            throw new InvalidInputException("The embeddings have " + vectors.width() + " values, the original's "
                    + reference.vectors.width() + "; only vectors of the same size can be compared.");
        }
        double cosines = 0;
        for (int i = 0; i < samples; i++) {
            cosines += reference.vectors.cosine(i, vectors, i);
        }
        Neighbours found = Neighbours.of(vectors, reference.vectors, NEIGHBOURS);
        return new EmbeddingFidelity(cosines / samples, reference.neighbours.sharedWith(found), samples);
    }

    @Override
    public boolean isConcurrent() {
        return true;
    }

    @Override
    public Optional<EvaluatorIdentity> identity(int iterations) {
        ArrayDataset used = data.limit(iterations);
        MessageDigest digest = ArrayDataset.newDigest();
        ArrayDataset.update(
                digest,
                "embedding\0" + NEIGHBOURS + "\0" + pooling.orElse(Pooling.MEAN) + "\0" + output.orElse("the only one")
                        + "\0" + used.sha256());
        return Optional.of(new EvaluatorIdentity(
                "recall@" + NEIGHBOURS,
                used.samples(),
                HexFormat.of().formatHex(digest.digest()),
                output.stream().toList()));
    }

    private synchronized Reference reference(int samples) {
        if (kept.isEmpty() || kept.get().vectors.samples() != samples) {
            Embeddings vectors = embeddings(original, samples, part -> {});
            kept = Optional.of(new Reference(vectors, Neighbours.of(vectors, vectors, NEIGHBOURS)));
        }
        return kept.get();
    }

    private Embeddings embeddings(M model, int samples, DoubleConsumer done) {
        try (Predictor ready = predictor.apply(model)) {
            String name = outputName(ready);
            Feed feed = Feed.of(data, ready, batchSize);
            Pooler pooler = new Pooler(name, pooling, feed.arrays());
            float[] rows = new float[0];
            int filled = 0;
            for (long from = 0; from < samples; from += feed.batchSize()) {
                long to = Math.min(samples, from + feed.batchSize());
                float[] some = pooler.pooled(feed.run(from, to, List.of(name)).get(name), from);
                if (rows.length == 0) {
                    rows = new float[Math.toIntExact(some.length / (to - from) * samples)];
                }
                System.arraycopy(some, 0, rows, filled, some.length);
                filled += some.length;
                done.accept((double) (to - from) / samples);
            }
            Embeddings vectors = Embeddings.normalised(rows, samples);
            if (model == original) {
                vectors.requireFinite(name);
            }
            return vectors;
        }
    }

    private String outputName(Predictor ready) {
        return output.map(name -> Feed.requireOutput(name, ready.outputs()))
                .orElseGet(() -> onlyOutput(ready.outputs()));
    }

    private String onlyOutput(List<TensorInfo> outputs) {
        List<TensorInfo> fitting = outputs.stream()
                .filter(info -> info.type().floating())
                .filter(info -> !info.ranked() || mayBeEmbedding(info.shape().size()))
                .toList();
        if (fitting.size() == 1) {
            return fitting.get(0).name();
        }
        throw new InvalidInputException(
                fitting.isEmpty()
                        ? "None of the model's outputs is an embedding, floating-point " + Pooler.allowed(pooling)
                                + "; the model gives " + Feed.described(outputs) + "."
                        : "Several outputs of the model may be embeddings: " + Feed.described(fitting)
                                + ". Maybe name one with --output-name, or output(name) in Java.");
    }

    private boolean mayBeEmbedding(int rank) {
        return rank == 3 || rank == 2 && pooling.isEmpty();
    }
}
