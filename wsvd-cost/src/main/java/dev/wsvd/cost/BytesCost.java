package dev.wsvd.cost;

import dev.wsvd.domain.cost.Metric;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.SizedOp;
import dev.wsvd.domain.spi.CostModel;
import java.util.List;

/** Bytes of weights in the type they are stored in, of packed ones {@link Layer#packedBytes}. Biases are not counted. */
public final class BytesCost implements CostModel {
    @Override
    public Metric metric() {
        return Metric.BYTES;
    }

    @Override
    public long cost(Layer layer, List<SizedOp> ops) {
        if (layer.packedBytes().isPresent() && ops.equals(List.of(layer.sized()))) {
            return layer.packedBytes().getAsLong();
        }
        return ops.stream()
                .mapToLong(op -> Math.multiplyExact(
                        op.op().weight().elements(), op.type().bytes()))
                .reduce(0, Math::addExact);
    }
}
