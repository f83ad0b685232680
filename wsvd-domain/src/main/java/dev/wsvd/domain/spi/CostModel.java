package dev.wsvd.domain.spi;

import dev.wsvd.domain.cost.Metric;
import dev.wsvd.domain.layer.SizedOp;
import java.util.List;

/** Counts what ops cost, in one metric. Found by {@link java.util.ServiceLoader}; {@code --metric} takes its metric's id. */
public interface CostModel {
    /** What it counts. */
    Metric metric();

    /**
     * What some ops cost that run one after the other: a layer, or what stands in its place.
     *
     * @return at least 0; 0 if it cannot be told
     * @throws ArithmeticException if it does not fit in 63 bits
     */
    long cost(List<SizedOp> ops);
}
