/**
 * One {@link dev.wsvd.domain.spi.Selector} per way to choose what is done to each layer.
 *
 * <p>Every selector turns what it knows of a layer's options (costs, scores, predicted errors, or the user's word) into a
 * {@link dev.wsvd.domain.plan.Plan}. Targets are upper bounds: no plan that is selected exceeds them.
 */
package dev.wsvd.selection;
