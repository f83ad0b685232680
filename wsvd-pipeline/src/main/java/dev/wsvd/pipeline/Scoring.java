package dev.wsvd.pipeline;

import dev.wsvd.domain.error.WsvdException;
import dev.wsvd.domain.score.ConfidenceInterval;
import dev.wsvd.domain.score.Evaluation;
import dev.wsvd.domain.score.EvaluatorIdentity;
import dev.wsvd.domain.score.ScoreRecord;
import dev.wsvd.domain.spi.Evaluator;
import dev.wsvd.domain.spi.ProgressEvent.Stage;
import dev.wsvd.domain.stats.CompressionStats;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.DoubleConsumer;

/** Every evaluation that a run makes goes through here: counted, timed, checked and told. */
final class Scoring<M> {
    private final Optional<Evaluator<M>> evaluator;
    private final int iterations;
    private final Progress progress;
    private final Workload workload;
    private int evaluations;
    private Optional<Evaluation> original = Optional.empty();

    Scoring(Optional<Evaluator<M>> evaluator, int iterations, Progress progress, Workload workload) {
        this.evaluator = evaluator;
        this.iterations = iterations;
        this.progress = progress;
        this.workload = workload;
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

    /** Tells an evaluation that was made. */
    void tell(String name, Evaluation made) {
        progress.evaluated(name, made.score());
    }

    /** The evaluation of what came out, the last one of a run; empty if nothing can be evaluated. */
    Optional<Evaluation> compressed(M model) {
        if (!possible()) {
            return Optional.empty();
        }
        Evaluation made = evaluate(model, "the compressed model");
        tell("compressed model", made);
        return Optional.of(made);
    }

    /** The evaluation of the model that all others are compared with. */
    Evaluation original(M model) {
        Evaluation made = evaluate(model, "the original model");
        original = Optional.of(made);
        return made;
    }

    /** The evaluation of that model is known. */
    void originalIs(Evaluation known) {
        original = Optional.of(known);
    }

    /** @param what for progress, and for the message if the score is no number */
    private Evaluation evaluate(M model, String what) {
        count();
        return progress.step(
                Stage.EVALUATE, what, workload.evaluation(), () -> evaluate(model, what, progress::advance));
    }

    /**
     * An evaluation that is neither counted nor told, by any thread.
     *
     * @param done told of parts, as shares of the whole
     */
    Evaluation evaluate(M model, String what, DoubleConsumer done) {
        Evaluation made = evaluator.orElseThrow().evaluate(model, iterations, done);
        if (!Double.isFinite(made.score())) {
            throw new WsvdException("The evaluator scored " + what + " with " + made.score()
                    + "; a score must be a finite number. Maybe the model gives NaN on this data.");
        }
        return made;
    }

    /** An evaluation was made. */
    void count() {
        evaluations++;
    }

    /** The interval of the drop from the original, if both are known sample by sample. */
    Optional<ConfidenceInterval> dropTo(Evaluation made) {
        return original.flatMap(before -> before.dropTo(made));
    }

    /** The original's score, made in this run or saved, and the compressed model's; empty if there is neither. */
    Optional<CompressionStats.Score> report(ScoreRecord scored, Optional<Evaluation> compressed) {
        OptionalDouble baseline = scored.table().baseline();
        if (baseline.isEmpty() && compressed.isEmpty()) {
            return Optional.empty();
        }
        long samples = scored.evaluator().map(EvaluatorIdentity::samples).orElse(0L);
        // A baseline from saved scores is a proportion too, if the same evaluator now counts right samples.
        Optional<ConfidenceInterval> before = original.flatMap(Evaluation::interval)
                .or(() -> compressed
                        .flatMap(Evaluation::outcomes)
                        .filter(now -> now.samples() == samples)
                        .filter(now -> baseline.orElse(-1) >= 0 && baseline.getAsDouble() <= 1)
                        .map(now -> ConfidenceInterval.wilson(baseline.getAsDouble(), samples)));
        return Optional.of(new CompressionStats.Score(
                scored.evaluator().map(EvaluatorIdentity::name).orElse("score"),
                baseline,
                compressed.map(made -> OptionalDouble.of(made.score())).orElseGet(OptionalDouble::empty),
                samples,
                before,
                compressed.flatMap(Evaluation::interval),
                compressed.flatMap(this::dropTo),
                scored.evaluator().map(EvaluatorIdentity::outputs).orElse(List.of())));
    }
}
