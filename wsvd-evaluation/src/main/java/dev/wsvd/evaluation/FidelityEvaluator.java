package dev.wsvd.evaluation;

import dev.wsvd.domain.EvaluatorIdentity;
import dev.wsvd.domain.spi.Evaluator;
import dev.wsvd.domain.tensor.Predictor;
import java.util.Optional;
import java.util.function.Function;

/**
 * How near a model's outputs are to the original's, on samples without labels.
 *
 * @param <M> what the format's users call a model
 */
public final class FidelityEvaluator<M> implements Evaluator<M> {
    private FidelityEvaluator() {}

    /**
     * Fidelity to an original.
     *
     * @param predictor makes a model ready to run, such as {@code format::predictor}
     */
    public static <M> FidelityEvaluator<M> of(Function<M, Predictor> predictor, M original, ArrayDataset data) {
        throw new UnsupportedOperationException(predictor.toString() + original + data);
    }

    /** This evaluator running so many samples at once, 100 by default; a model whose batch dim is fixed has its way. */
    public FidelityEvaluator<M> batchSize(int samples) {
        throw new UnsupportedOperationException(String.valueOf(samples));
    }

    /** Everything that {@link #score} sums up. */
    public Fidelity compare(M model, int iterations) {
        throw new UnsupportedOperationException(String.valueOf(model));
    }

    /** {@link Fidelity#score()}; @param iterations number of samples */
    @Override
    public double score(M model, int iterations) {
        return compare(model, iterations).score();
    }

    @Override
    public Optional<EvaluatorIdentity> identity(int iterations) {
        return Optional.empty();
    }
}
