package dev.wsvd.selection;

import dev.wsvd.domain.cost.CompressionRatio;
import dev.wsvd.domain.cost.Metric;
import dev.wsvd.domain.error.UnreachableTargetException;

/**
 * What a model may cost. A model whose cost is unknown (0) meets no target but 1: nothing could be said to save.
 *
 * @param before the original's cost
 */
record CostBudget(Metric metric, CompressionRatio target, long before) {
    boolean admits(long cost) {
        return before == 0 ? target.numerator() == target.denominator() : target.admits(cost, before);
    }

    UnreachableTargetException unreachable(long smallest) {
        return new UnreachableTargetException(metric.id(), target.toDouble(), ratio(smallest, before));
    }

    /** Cost after / before; 1 for a model without cost. */
    static double ratio(long after, long before) {
        return before == 0 ? 1 : (double) after / before;
    }
}
