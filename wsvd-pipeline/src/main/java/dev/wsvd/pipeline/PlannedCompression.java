package dev.wsvd.pipeline;

import dev.wsvd.domain.plan.Plan;
import dev.wsvd.domain.plan.PlanOrigin;
import dev.wsvd.domain.score.ScoreTable;
import dev.wsvd.domain.stats.CompressionStats;

/**
 * What a compression would do.
 *
 * @param plan what would be done to each layer
 * @param origin what the plan was made with, to be kept with it
 * @param scores the candidates' scores, empty when selection needed none
 * @param stats the report: planned costs, no errors, no score of the compressed model
 */
public record PlannedCompression(Plan plan, PlanOrigin origin, ScoreTable scores, CompressionStats stats) {}
