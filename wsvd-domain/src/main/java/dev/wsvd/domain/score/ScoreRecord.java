package dev.wsvd.domain.score;

import dev.wsvd.domain.ModelIdentity;
import java.util.Objects;
import java.util.Optional;

/**
 * A score table with what it belongs to; absent in tables made by hand.
 *
 * @param model the model that was scored
 * @param evaluator what scored it
 * @param table the scores
 */
public record ScoreRecord(Optional<ModelIdentity> model, Optional<EvaluatorIdentity> evaluator, ScoreTable table) {
    public ScoreRecord {
        Objects.requireNonNull(model, "model");
        Objects.requireNonNull(evaluator, "evaluator");
        Objects.requireNonNull(table, "table");
    }
}
