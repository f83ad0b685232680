package dev.wsvd.domain.spi;

import dev.wsvd.domain.cost.Metric;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.SizedOp;
import java.util.List;

/** Counts what ops cost, in one metric. Found by {@link java.util.ServiceLoader}; {@code --metric} takes its metric's id. */
public interface CostModel {
    /** What it counts. */
    Metric metric();

    /**
     * What some ops cost that run one after the other: a layer, or what stands in its place.
     *
     * @param layer the layer as it is in the model, for costs that depend on where it stands
     * @param ops its own op, that op with fewer channels, or the stages in its place
     * @return at least 0; 0 if it cannot be told
     * @throws ArithmeticException if it does not fit in 63 bits
     */
    long cost(Layer layer, List<SizedOp> ops);
}
