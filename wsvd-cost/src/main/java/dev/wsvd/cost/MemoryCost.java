package dev.wsvd.cost;

import dev.wsvd.domain.cost.Metric;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.SizedOp;
import dev.wsvd.domain.spi.CostModel;
import java.util.List;

/** Weight elements, n·m'·K of each op. Biases are not counted. */
public final class MemoryCost implements CostModel {
    @Override
    public Metric metric() {
        return Metric.MEMORY;
    }

    @Override
    public long cost(Layer layer, List<SizedOp> ops) {
        return ops.stream().mapToLong(op -> op.op().weight().elements()).reduce(0, Math::addExact);
    }
}
