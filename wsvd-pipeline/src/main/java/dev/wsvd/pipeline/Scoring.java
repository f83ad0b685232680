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

/** Every evaluation of a run goes through here: counted, timed, checked and told. */
final class Scoring<M> {
    private final Optional<Evaluator<M>> evaluator;
    private final int iterations;
    private final Progress progress;
    private int evaluations;
    private int toCome;
    private boolean compressedToCome;
    private boolean begun;
    private Optional<Evaluation> original = Optional.empty();

    Scoring(Optional<Evaluator<M>> evaluator, int iterations, Progress progress) {
        this.evaluator = evaluator;
        this.iterations = iterations;
        this.progress = progress;
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

    /** Says that the compressed model will be scored at the end, if anything can be. */
    void expectCompressed() {
        compressedToCome = possible();
    }

    /** Says how many evaluations are to come, besides that of the compressed model; for progress alone. */
    void expect(int count) {
        toCome = count;
        if (possible() && !begun && left() > 0) {
            begun = true;
            progress.started(Stage.EVALUATE, evaluations + left());
        }
    }

    private int left() {
        return toCome + (compressedToCome ? 1 : 0);
    }

    /** Tells an evaluation that was made. */
    void tell(String name, Evaluation made) {
        toCome = Math.max(0, toCome - 1);
        progress.advanced(Stage.EVALUATE, evaluations, evaluations + left(), name, OptionalDouble.of(made.score()));
    }

    /** No more evaluations are to come. */
    void finish() {
        if (begun) {
            progress.finished(Stage.EVALUATE);
        }
    }

    /** The evaluation of what came out, the last one of a run; empty if nothing can be evaluated. */
    Optional<Evaluation> compressed(M model) {
        if (!possible()) {
            return Optional.empty();
        }
        expect(0);
        Evaluation made = evaluate(model, "the compressed model");
        compressedToCome = false;
        tell("compressed model", made);
        finish();
        return Optional.of(made);
    }

    /** The evaluation of the model that all others are compared with. */
    Evaluation original(M model) {
        Evaluation made = evaluate(model, "the original model");
        original = Optional.of(made);
        return made;
    }

    /** @param what for the message if the score is no number */
    Evaluation evaluate(M model, String what) {
        evaluations++;
        Evaluation made =
                progress.time(Stage.EVALUATE, () -> evaluator.orElseThrow().evaluate(model, iterations));
        if (!Double.isFinite(made.score())) {
            throw new WsvdException("The evaluator scored " + what + " with " + made.score()
                    + "; a score must be a finite number. Maybe the model gives NaN on this data.");
        }
        return made;
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
