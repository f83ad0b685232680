package dev.wsvd.pipeline;

import dev.wsvd.domain.RankPlan;
import dev.wsvd.domain.ScoreTable;

/**
 * What selection decided, and the scores it decided by.
 *
 * @param scores empty when it needed none; a baseline alone when only whole plans were scored
 */
record Selection(RankPlan plan, ScoreTable scores) {}
