/**
 * How far each layer is split: candidate ranks and their rounding, and the selectors that choose one decision per layer.
 *
 * <p>Every selector turns what it knows about the options of each layer (scores, residuals, or the user's word) into a
 * {@link dev.wsvd.domain.RankPlan}. Targets are upper bounds: no plan exceeds them.
 */
package dev.wsvd.selection;
