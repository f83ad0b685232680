package dev.wsvd.pipeline;

import dev.wsvd.domain.EvaluatorIdentity;
import dev.wsvd.domain.RankPlan;
import dev.wsvd.domain.ScoreTable;
import java.util.Optional;

/**
 * What selection decided, and the scores it decided by.
 *
 * @param scores empty when it needed none; a baseline alone when only whole plans were scored
 * @param evaluator what made the scores, if it says so
 */
record Selection(RankPlan plan, ScoreTable scores, Optional<EvaluatorIdentity> evaluator) {}
