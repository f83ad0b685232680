package dev.wsvd.domain.score;

import dev.wsvd.domain.CalibrationIdentity;
import dev.wsvd.domain.ModelIdentity;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * Scores with what they belong to. Tables made by hand do not say that.
 *
 * @param model the model that was scored
 * @param evaluator what scored it
 * @param calibration the inputs that factors were made with; empty if they are those of the weights alone
 * @param table the scores of networks with one layer changed, and of the original
 * @param plans the evaluations of whole networks, in the order they are kept; the original may be among them
 */
public record ScoreRecord(
        Optional<ModelIdentity> model,
        Optional<EvaluatorIdentity> evaluator,
        Optional<CalibrationIdentity> calibration,
        ScoreTable table,
        Map<ScoredPlan, Evaluation> plans) {
    public ScoreRecord {
        Objects.requireNonNull(model, "model");
        Objects.requireNonNull(evaluator, "evaluator");
        Objects.requireNonNull(calibration, "calibration");
        Objects.requireNonNull(table, "table");
        plans = Collections.unmodifiableMap(new LinkedHashMap<>(plans));
    }

    /** A table of factors of the weights alone, and no whole networks. */
    public ScoreRecord(Optional<ModelIdentity> model, Optional<EvaluatorIdentity> evaluator, ScoreTable table) {
        this(model, evaluator, Optional.empty(), table, Map.of());
    }

    /** This record with another table. */
    public ScoreRecord with(ScoreTable other) {
        return new ScoreRecord(model, evaluator, calibration, other, plans);
    }

    /** This record with the evaluation of a whole network. */
    public ScoreRecord with(ScoredPlan plan, Evaluation made) {
        Map<ScoredPlan, Evaluation> more = new LinkedHashMap<>(plans);
        more.put(plan, made);
        return new ScoreRecord(model, evaluator, calibration, table, more);
    }
}
