package dev.wsvd.pipeline;

import dev.wsvd.domain.CalibrationIdentity;
import dev.wsvd.domain.ModelIdentity;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.score.Evaluation;
import dev.wsvd.domain.score.EvaluatorIdentity;
import dev.wsvd.domain.score.ScoreRecord;
import dev.wsvd.domain.score.ScoreTable;
import dev.wsvd.domain.score.ScoredPlan;
import dev.wsvd.domain.spi.ScoreStore;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * The scores of a run, with those that are kept from earlier ones, and saved whenever one is added. A file that does not say what it
 * belongs to goes on not saying it: nobody knows where its first scores are from.
 */
final class ScoreBook<M> {
    private final Run<M> run;
    private final Optional<ScoreStore> store;
    private Optional<ScoreRecord> record = Optional.empty();

    ScoreBook(Run<M> run, Optional<ScoreStore> store) {
        this.run = run;
        this.store = store;
    }

    /**
     * All scores that there are, loaded when they are first asked for.
     *
     * @throws InvalidInputException if those that are kept belong to something else
     */
    ScoreRecord record() {
        if (record.isEmpty()) {
            record = Optional.of(load());
        }
        return record.get();
    }

    /** The same, without loading any. */
    ScoreRecord soFar() {
        return record.orElseGet(() -> new ScoreRecord(
                Optional.of(run.model().identity()), run.scoring().identity(), ScoreTable.empty()));
    }

    /** Replaces them. */
    void save(ScoreRecord now) {
        store.ifPresent(it -> it.save(now));
        record = Optional.of(now);
    }

    /** The evaluation of a whole network, if it is kept. */
    Optional<Evaluation> of(ScoredPlan plan) {
        return Optional.ofNullable(record().plans().get(plan));
    }

    /** Keeps the evaluation of the original, which is that of the table too. */
    void addOriginal(Evaluation made) {
        ScoreRecord before = record();
        save(before.with(before.table().withBaseline(made.score())).with(ScoredPlan.ORIGINAL, made));
    }

    /**
     * Keeps the evaluation of a whole network.
     *
     * @param order of those that are evaluated together, which they are kept in whatever is made first
     */
    void add(ScoredPlan plan, Evaluation made, List<ScoredPlan> order) {
        ScoreRecord now = record().with(plan, made);
        Map<ScoredPlan, Evaluation> sorted = new LinkedHashMap<>();
        now.plans().keySet().stream()
                .sorted(Comparator.comparingInt(order::indexOf))
                .forEach(key -> sorted.put(key, now.plans().get(key)));
        save(new ScoreRecord(now.model(), now.evaluator(), now.calibration(), now.table(), sorted));
    }

    /** What was saved, with what it says it belongs to; else an empty table of this model and evaluator. */
    private ScoreRecord load() {
        Optional<ScoreRecord> saved = store.flatMap(ScoreStore::load);
        saved.ifPresent(this::refuseForeignScores);
        return saved.orElseGet(() -> new ScoreRecord(
                Optional.of(run.model().identity()),
                run.scoring().identity(),
                run.calibrated().identity(),
                ScoreTable.empty(),
                Map.of()));
    }

    private void refuseForeignScores(ScoreRecord saved) {
        ModelIdentity here = run.model().identity();
        saved.model()
                .ifPresentOrElse(
                        theirs -> {
                            if (!theirs.sha256().equals(here.sha256())) {
                                throw new InvalidInputException("The saved scores belong to another model: '"
                                        + theirs.name() + "' (sha256 " + abbreviated(theirs.sha256()) + "), this is '"
                                        + here.name() + "' (sha256 " + abbreviated(here.sha256())
                                        + "). Maybe use another scores file.");
                            }
                        },
                        () -> run.progress()
                                .notice("The saved scores do not say which model they belong to; used as given."));
        Optional<EvaluatorIdentity> evaluator = run.scoring().identity();
        if (saved.evaluator().isPresent()
                && run.scoring().possible()
                && !saved.evaluator().equals(evaluator)) {
            throw new InvalidInputException("The saved scores were made by "
                    + describe(saved.evaluator().get()) + ", this run evaluates with "
                    + evaluator.map(ScoreBook::describe).orElse("something that does not say what it is")
                    + ". Maybe use another scores file.");
        }
        if (saved.evaluator().isEmpty()) {
            run.progress().notice("The saved scores do not say which evaluator made them; used as given.");
        } else {
            refuseOtherFactors(saved.calibration(), run.calibrated().identity());
        }
    }

    /** Scores of networks whose factors were made with other inputs, or with none, say nothing of this run's. */
    private static void refuseOtherFactors(Optional<CalibrationIdentity> theirs, Optional<CalibrationIdentity> own) {
        if (!theirs.map(CalibrationIdentity::sha256).equals(own.map(CalibrationIdentity::sha256))) {
            throw new InvalidInputException("The saved scores are of factors made " + made(theirs)
                    + ", this run's are made " + made(own) + ". Maybe use another scores file.");
        }
    }

    private static String made(Optional<CalibrationIdentity> inputs) {
        return inputs.map(some -> "with calibration inputs (sha256 " + abbreviated(some.sha256()) + ")")
                .orElse("without calibration inputs");
    }

    private static String describe(EvaluatorIdentity evaluator) {
        String outputs = evaluator.outputs().isEmpty()
                ? ""
                : evaluator.outputs().stream().collect(Collectors.joining("', '", " of '", "'"));
        return evaluator.name() + outputs + " on " + evaluator.samples() + " samples (sha256 "
                + abbreviated(evaluator.sha256()) + ")";
    }

    static String abbreviated(String sha256) {
        return sha256.length() > 12 ? sha256.substring(0, 12) + "…" : sha256;
    }
}
