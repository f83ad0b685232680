package dev.wsvd.pipeline;

import dev.wsvd.domain.EvaluatorIdentity;
import dev.wsvd.domain.error.WsvdException;
import dev.wsvd.domain.factor.FactorizedLayer;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.Evaluator;
import dev.wsvd.domain.spi.ProgressEvent.Stage;
import java.util.List;
import java.util.Optional;

/** Every evaluation of a run goes through here: counted, timed and checked. */
final class Scoring<M> {
    private final Optional<Evaluator<M>> evaluator;
    private final int iterations;
    private final Stopwatch stopwatch;
    private int evaluations;

    Scoring(Optional<Evaluator<M>> evaluator, int iterations, Stopwatch stopwatch) {
        this.evaluator = evaluator;
        this.iterations = iterations;
        this.stopwatch = stopwatch;
    }

    boolean possible() {
        return evaluator.isPresent();
    }

    Optional<EvaluatorIdentity> identity() {
        return evaluator.flatMap(e -> e.identity(iterations));
    }

    int evaluations() {
        return evaluations;
    }

    /** The score of a model with some layers split, which exists only as long as that takes. */
    double score(CompressibleModel<M> model, List<FactorizedLayer> splits, String what) {
        try (CompressibleModel<M> candidate = model.with(splits)) {
            return score(candidate.model(), what);
        }
    }

    double score(M model, String what) {
        evaluations++;
        double score =
                stopwatch.time(Stage.EVALUATE, () -> evaluator.orElseThrow().score(model, iterations));
        if (!Double.isFinite(score)) {
            throw new WsvdException("The evaluator scored " + what + " with " + score
                    + "; a score must be a finite number. Maybe the model gives NaN on this data.");
        }
        return score;
    }
}
