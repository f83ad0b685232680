package dev.wsvd.evaluation;

import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.score.Evaluation;
import dev.wsvd.domain.score.EvaluatorIdentity;
import dev.wsvd.domain.score.SampleOutcomes;
import dev.wsvd.domain.spi.Evaluator;
import dev.wsvd.domain.tensor.Predictor;
import dev.wsvd.domain.tensor.Tensor;
import java.security.MessageDigest;
import java.util.BitSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.DoubleConsumer;
import java.util.function.Function;

/**
 * Top-k accuracy on labelled samples: the fraction, in [0, 1], of samples whose label is among the k highest values of an
 * output [N,C] (trailing dims of 1 are allowed).
 *
 * <p>Of equal values the one of the lowest class counts as higher. A sample with a NaN among its values is wrong. An iteration
 * is a sample. Immutable; may be used by several threads.
 *
 * @param <M> what the format's users call a model
 */
public final class AccuracyEvaluator<M> implements Evaluator<M> {
    private static final int BATCH = 100;

    private final Function<? super M, ? extends Predictor> predictor;
    private final ArrayDataset data;
    private final int k;
    private final int batchSize;
    private final Optional<String> output;

    private AccuracyEvaluator(
            Function<? super M, ? extends Predictor> predictor,
            ArrayDataset data,
            int k,
            int batchSize,
            Optional<String> output) {
        this.predictor = predictor;
        this.data = data;
        this.k = k;
        this.batchSize = batchSize;
        this.output = output;
    }

    /**
     * Top-1 accuracy.
     *
     * @param predictor makes a model ready to run, such as {@code format::predictor}; what it makes is closed here
     * @throws InvalidInputException if the data has no labels
     */
    public static <M> AccuracyEvaluator<M> of(Function<? super M, ? extends Predictor> predictor, ArrayDataset data) {
        if (!data.labelled()) {
            throw new InvalidInputException(
                    "Accuracy needs labels, found data without. Maybe compare the model with the"
                            + " original instead (fidelity), which needs none.");
        }
        return new AccuracyEvaluator<>(
                Objects.requireNonNull(predictor, "predictor"), data, 1, BATCH, Optional.empty());
    }

    /** This evaluator counting a label among the k highest values. */
    public AccuracyEvaluator<M> topK(int k) {
        return new AccuracyEvaluator<>(predictor, data, Feed.atLeastOne("k of top-k accuracy", k), batchSize, output);
    }

    /** This evaluator running so many samples at once, 100 by default; a model whose batch dim is fixed has its way. */
    public AccuracyEvaluator<M> batchSize(int samples) {
        return new AccuracyEvaluator<>(predictor, data, k, Feed.atLeastOne("The batch size", samples), output);
    }

    /** This evaluator looking at a named output; by default the one that fits the labels, see {@link #choosing}. */
    public AccuracyEvaluator<M> output(String name) {
        return new AccuracyEvaluator<>(predictor, data, k, batchSize, Optional.of(name));
    }

    /**
     * This evaluator with the output it looks at settled, and named in its {@link #identity}, where the model has several: of the
     * floating-point outputs the one with a value for each class of the labels.
     *
     * @throws InvalidInputException if no output fits the labels, or several
     */
    public AccuracyEvaluator<M> choosing(M model) {
        try (Predictor ready = predictor.apply(model)) {
            return output.isPresent() || ready.outputs().size() == 1 ? this : output(outputName(ready));
        }
    }

    /**
     * The model's accuracy on the first samples, and which of them it gets right.
     *
     * @throws InvalidInputException if the data, a label or the output does not fit the model
     */
    @Override
    public Evaluation evaluate(M model, int iterations) {
        return evaluate(model, iterations, done -> {});
    }

    @Override
    public Evaluation evaluate(M model, int iterations, DoubleConsumer done) {
        try (Predictor ready = predictor.apply(model)) {
            return Evaluation.of(outcomes(ready, iterations, done));
        }
    }

    private SampleOutcomes outcomes(Predictor ready, int iterations, DoubleConsumer done) {
        int samples = Math.toIntExact(data.limit(iterations).samples());
        String name = outputName(ready);
        Feed feed = Feed.of(data, ready, batchSize);
        BitSet right = new BitSet(samples);
        for (long from = 0; from < samples; from += feed.batchSize()) {
            long to = Math.min(samples, from + feed.batchSize());
            addRight(feed.run(from, to, List.of(name)).get(name), (int) from, name, right);
            done.accept((double) (to - from) / samples);
        }
        return SampleOutcomes.of(right, samples);
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
                digest, "accuracy\0" + k + "\0" + output.orElse("the one that fits") + "\0" + used.sha256());
        return Optional.of(new EvaluatorIdentity(
                k == 1 ? "accuracy" : "accuracy@" + k,
                used.samples(),
                HexFormat.of().formatHex(digest.digest()),
                output.stream().toList()));
    }

    private String outputName(Predictor ready) {
        return output.map(name -> Feed.requireOutput(name, ready.outputs()))
                .orElseGet(() -> ClassOutput.of(ready, data, k));
    }

    private void addRight(Tensor logits, int firstSample, String name, BitSet right) {
        int classes = classes(logits, name);
        int samples = Math.toIntExact(logits.shape().get(0));
        for (int i = 0; i < samples; i++) {
            int label = data.label(firstSample + i);
            if (label >= classes) {
                throw new InvalidInputException("The label of sample " + (firstSample + i) + " is " + label
                        + "; output '" + name + "' has the classes 0 … " + (classes - 1) + ".");
            }
            right.set(firstSample + i, isAmongHighest(logits, i * classes, classes, label));
        }
    }

    private int classes(Tensor logits, String name) {
        int classes = Math.toIntExact(ClassOutput.classesOf(logits.shape()));
        if (classes < 2) {
            throw new InvalidInputException("Output '" + name + "' has shape " + logits.shape()
                    + "; accuracy needs one value per class, [samples, classes]. Maybe name another output.");
        }
        if (k > classes) {
            throw new InvalidInputException("Top-" + k + " accuracy needs at least " + k + " classes; output '" + name
                    + "' has " + classes + ".");
        }
        return classes;
    }

    private boolean isAmongHighest(Tensor logits, int from, int classes, int label) {
        double own = logits.getDouble(from + label);
        int higher = 0;
        for (int c = 0; c < classes; c++) {
            double value = logits.getDouble(from + c);
            if (Double.isNaN(value)) {
                return false;
            }
            if (value > own || value == own && c < label) {
                higher++;
            }
        }
        return higher < k;
    }
}
