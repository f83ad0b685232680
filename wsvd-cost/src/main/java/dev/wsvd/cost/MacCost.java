package dev.wsvd.cost;

import dev.wsvd.domain.cost.Metric;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.SizedOp;
import dev.wsvd.domain.spi.CostModel;
import java.util.List;

/**
 * Multiply-accumulates per sample: n·m'·K at each of P output positions of an op, with n output and m' input channels per group and
 * K kernel taps. An op whose input or output size is unknown counts none.
 */
public final class MacCost implements CostModel {
    @Override
    public Metric metric() {
        return Metric.MAC;
    }

    @Override
    public long cost(Layer layer, List<SizedOp> ops) {
        return ops.stream().mapToLong(SizedOp::macs).reduce(0, Math::addExact);
    }
}
