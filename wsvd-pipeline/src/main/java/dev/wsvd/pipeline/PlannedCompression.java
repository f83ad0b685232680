package dev.wsvd.pipeline;

import dev.wsvd.domain.CompressionStats;
import dev.wsvd.domain.PlanOrigin;
import dev.wsvd.domain.RankPlan;
import dev.wsvd.domain.ScoreTable;

/**
 * What a compression would do.
 *
 * @param plan what would be done to each layer
 * @param origin what the plan was made with, to be kept with it
 * @param scores the candidates' scores, empty when selection needed none
 * @param stats the account: planned costs, no errors, no score of the compressed model
 */
public record PlannedCompression(RankPlan plan, PlanOrigin origin, ScoreTable scores, CompressionStats stats) {}
