package dev.wsvd.evaluation;

import dev.wsvd.domain.EvaluatorIdentity;
import dev.wsvd.domain.spi.Evaluator;
import dev.wsvd.domain.tensor.Predictor;
import java.util.Optional;
import java.util.function.Function;

/**
 * Top-k accuracy on labelled samples: the fraction, in [0, 1], of samples whose label is among the k highest values of an
 * output [N,C].
 *
 * @param <M> what the format's users call a model
 */
public final class AccuracyEvaluator<M> implements Evaluator<M> {
    private AccuracyEvaluator() {}

    /**
     * Top-1 accuracy.
     *
     * @param predictor makes a model ready to run, such as {@code format::predictor}
     */
    public static <M> AccuracyEvaluator<M> of(Function<M, Predictor> predictor, ArrayDataset data) {
        throw new UnsupportedOperationException(predictor.toString() + data);
    }

    /** This evaluator counting a label among the k highest values. */
    public AccuracyEvaluator<M> topK(int k) {
        throw new UnsupportedOperationException(String.valueOf(k));
    }

    /** This evaluator running so many samples at once, 100 by default; a model whose batch dim is fixed has its way. */
    public AccuracyEvaluator<M> batchSize(int samples) {
        throw new UnsupportedOperationException(String.valueOf(samples));
    }

    /** This evaluator looking at a named output; by default the first floating-point one. */
    public AccuracyEvaluator<M> output(String name) {
        throw new UnsupportedOperationException(name);
    }

    /** @param iterations number of samples */
    @Override
    public double score(M model, int iterations) {
        throw new UnsupportedOperationException(String.valueOf(model));
    }

    /** The accuracy of a model that is ready to run. */
    public double score(Predictor predictor, int iterations) {
        throw new UnsupportedOperationException(String.valueOf(predictor));
    }

    @Override
    public Optional<EvaluatorIdentity> identity(int iterations) {
        return Optional.empty();
    }
}
