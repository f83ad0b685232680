package dev.wsvd.pipeline;

import dev.wsvd.domain.CompressionStats;
import dev.wsvd.domain.ConfidenceInterval;
import dev.wsvd.domain.EvaluatorIdentity;
import dev.wsvd.domain.SampleOutcomes;
import dev.wsvd.domain.error.WsvdException;
import dev.wsvd.domain.factor.FactorizedLayer;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.Evaluator;
import dev.wsvd.domain.spi.ProgressEvent.Stage;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/** Every evaluation of a run goes through here: counted, timed, checked and told. */
final class Scoring<M> {
    private final Optional<Evaluator<M>> evaluator;
    private final int iterations;
    private final Stopwatch stopwatch;
    private final Progress progress;
    private int evaluations;
    private int toCome;
    private boolean compressedToCome;
    private boolean begun;
    private Optional<SampleOutcomes> original = Optional.empty();
    private Optional<SampleOutcomes> last = Optional.empty();

    Scoring(Optional<Evaluator<M>> evaluator, int iterations, Stopwatch stopwatch, Progress progress) {
        this.evaluator = evaluator;
        this.iterations = iterations;
        this.stopwatch = stopwatch;
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

    /** Tells the score that was made last. */
    void tell(String name, double score) {
        toCome = Math.max(0, toCome - 1);
        progress.advanced(Stage.EVALUATE, evaluations, evaluations + left(), name, OptionalDouble.of(score));
    }

    /** No more evaluations are to come. */
    void finish() {
        if (begun) {
            progress.finished(Stage.EVALUATE);
        }
    }

    /** The score of what came out, the last one of a run; empty if nothing can be evaluated. */
    OptionalDouble compressed(M model) {
        if (!possible()) {
            return OptionalDouble.empty();
        }
        expect(0);
        double score = score(model, "the compressed model");
        compressedToCome = false;
        tell("compressed model", score);
        finish();
        return OptionalDouble.of(score);
    }

    /** The score of a model with some layers split, which exists only as long as that takes. */
    double score(CompressibleModel<M> model, List<FactorizedLayer> splits, String what) {
        try (CompressibleModel<M> candidate = model.with(splits)) {
            return score(candidate.model(), what);
        }
    }

    /** The score of the model that all others are compared with. */
    double original(M model) {
        double score = score(model, "the original model");
        original = last;
        return score;
    }

    private double score(M model, String what) {
        evaluations++;
        double score = stopwatch.time(Stage.EVALUATE, () -> evaluate(model));
        if (!Double.isFinite(score)) {
            throw new WsvdException("The evaluator scored " + what + " with " + score
                    + "; a score must be a finite number. Maybe the model gives NaN on this data.");
        }
        return score;
    }

    private double evaluate(M model) {
        Evaluator<M> chosen = evaluator.orElseThrow();
        last = chosen.outcomes(model, iterations);
        return last.isPresent() ? last.get().proportion() : chosen.score(model, iterations);
    }

    /** The interval of the score that was made last, if it is known sample by sample. */
    Optional<ConfidenceInterval> interval() {
        return last.map(SampleOutcomes::interval);
    }

    /** The interval of the drop from the original to the model that was scored last, if it is known sample by sample. */
    Optional<ConfidenceInterval> drop() {
        return original.flatMap(before -> last.map(before::dropTo));
    }

    /**
     * The original's scores and the compressed model's.
     *
     * @param compressed of the model that was scored last, if it is the compressed one
     */
    Optional<CompressionStats.Score> account(Selection selection, OptionalDouble compressed) {
        OptionalDouble baseline = selection.scores().baseline();
        if (baseline.isEmpty() && compressed.isEmpty()) {
            return Optional.empty();
        }
        long samples = selection.evaluator().map(EvaluatorIdentity::samples).orElse(0L);
        Optional<SampleOutcomes> after = compressed.isPresent() ? last : Optional.empty();
        // A baseline from saved scores is a proportion too, if the same evaluator now counts right samples.
        Optional<ConfidenceInterval> before = original.map(SampleOutcomes::interval)
                .or(() -> after.filter(now -> now.samples() == samples)
                        .filter(now -> baseline.orElse(-1) >= 0 && baseline.getAsDouble() <= 1)
                        .map(now -> ConfidenceInterval.wilson(baseline.getAsDouble(), samples)));
        return Optional.of(new CompressionStats.Score(
                selection.evaluator().map(EvaluatorIdentity::name).orElse("score"),
                baseline,
                compressed,
                samples,
                before,
                after.map(SampleOutcomes::interval),
                compressed.isPresent() ? drop() : Optional.empty(),
                selection.evaluator().map(EvaluatorIdentity::outputs).orElse(List.of())));
    }
}
