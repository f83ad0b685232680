package dev.wsvd.pipeline;

import dev.wsvd.domain.plan.Plan;
import dev.wsvd.domain.plan.PlanOrigin;
import dev.wsvd.domain.score.ScoreTable;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.stats.CompressionStats;

/**
 * What a compression gives.
 *
 * @param model the compressed model, the caller's to close; the original is unchanged
 * @param plan what was done to each layer
 * @param origin what the plan was made with, to be kept with it
 * @param scores the candidates' scores, empty when selection needed none
 * @param stats the report
 * @param <M> what the format's users call a model
 */
public record CompressionResult<M>(
        CompressibleModel<M> model, Plan plan, PlanOrigin origin, ScoreTable scores, CompressionStats stats) {}
