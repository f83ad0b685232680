package dev.wsvd.cost;

import dev.wsvd.domain.cost.LatencyTable;
import dev.wsvd.domain.cost.Metric;
import dev.wsvd.domain.layer.Convolution;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.Op;
import dev.wsvd.domain.layer.SizedOp;
import dev.wsvd.domain.spi.CostModel;
import dev.wsvd.domain.tensor.ElementType;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.ToIntFunction;
import java.util.stream.Collectors;

/**
 * Wall time in ns, as far as a {@link LatencyTable} tells: straight between the points that were measured for what stands in a layer's
 * place, over its MACs with inner channels rounded up to whole blocks, since the engine computes these at once. Below the first point
 * it falls as between the first two, but no faster than the MACs do; beyond the last it rises as they do.
 *
 * <p>What was never measured there takes {@value #FIXED} of the layer's own time and the rest by its share of the MACs. A layer that is
 * not in the table costs nothing, whatever stands there.
 *
 * <p>Times of a whole network are not the sum of its layers' to the last percent: {@link #scaled} says by how much savings differ.
 */
public final class LatencyCost implements CostModel {
    private static final double FIXED = 0.3;

    private final LatencyTable table;
    private final ToIntFunction<Layer> block;
    private final double scale;

    /** @param block how many channels of a layer the engine computes at once, at least 1 */
    public LatencyCost(LatencyTable table, ToIntFunction<Layer> block) {
        this(table, block, 1);
    }

    private LatencyCost(LatencyTable table, ToIntFunction<Layer> block, double scale) {
        this.table = Objects.requireNonNull(table, "table");
        this.block = Objects.requireNonNull(block, "block");
        this.scale = scale;
    }

    /**
     * The same with all savings times a factor.
     *
     * @param factor what a network was measured to save / what it was predicted to save, above 0
     */
    public LatencyCost scaled(double factor) {
        return new LatencyCost(table, block, scale * factor);
    }

    @Override
    public Metric metric() {
        return Metric.LATENCY;
    }

    @Override
    public long cost(Layer layer, List<SizedOp> ops) {
        LatencyTable.Entry entry = table.layers().get(layer.id());
        if (entry == null) {
            return 0;
        }
        if (ops.equals(List.of(layer.sized()))) {
            return entry.ns();
        }
        double ns = ns(layer, ops, entry);
        return Math.max(0, Math.round(entry.ns() - scale * (entry.ns() - ns)));
    }

    private double ns(Layer layer, List<SizedOp> ops, LatencyTable.Entry entry) {
        double macs = macs(ops, block.applyAsInt(layer));
        List<LatencyTable.Point> points = new ArrayList<>(entry.curves().getOrDefault(pattern(ops), List.of()));
        if (points.isEmpty()) {
            double all = macs(List.of(layer.sized()), block.applyAsInt(layer));
            return entry.ns() * (FIXED + (1 - FIXED) * (all == 0 ? 1 : macs / all));
        }
        LatencyTable.Point first = points.get(0);
        LatencyTable.Point last = points.get(points.size() - 1);
        if (macs <= first.macs()) {
            double proportional = first.macs() == 0 ? first.ns() : first.ns() * macs / first.macs();
            return points.size() == 1
                    ? (proportional + first.ns()) / 2
                    : Math.max(proportional, between(first, points.get(1), macs));
        }
        for (int i = 1; i < points.size(); i++) {
            if (macs <= points.get(i).macs()) {
                return between(points.get(i - 1), points.get(i), macs);
            }
        }
        return last.ns() * macs / last.macs();
    }

    private static double between(LatencyTable.Point from, LatencyTable.Point to, double macs) {
        return from.ns() + (to.ns() - from.ns()) * (macs - from.macs()) / (to.macs() - from.macs());
    }

    /** What ops are, whatever their number of channels: {@code conv 1x1 + conv 3x3}, and with {@code int8} behind what is that. */
    public static String pattern(List<SizedOp> ops) {
        return ops.stream()
                .map(sized -> pattern(sized.op()) + (sized.type() == ElementType.INT8 ? " int8" : ""))
                .collect(Collectors.joining(" + "));
    }

    private static String pattern(Op op) {
        String kernel = op.weight().kernel().stream().map(String::valueOf).collect(Collectors.joining("x"));
        return op.kind() + (kernel.isEmpty() ? "" : " " + kernel) + (op.groups() > 1 ? " grouped" : "");
    }

    /**
     * MACs per sample, with the channels of convolutions rounded up to whole blocks, but for what the first reads and the last gives where
     * that is less than a block, such as the colours of an image; of groups, which are narrower, and transposed ones, exactly.
     *
     * @return 0 if sizes are unknown
     */
    public static long macs(List<SizedOp> ops, int block) {
        double sum = 0;
        for (int i = 0; i < ops.size(); i++) {
            Op op = ops.get(i).op();
            double macs = ops.get(i).macs();
            if (op instanceof Convolution conv && !conv.transposed() && op.groups() == 1) {
                macs *= rounded(op.weight().inPerGroup(), block, i > 0)
                        * rounded(op.weight().out(), block, i < ops.size() - 1);
            }
            sum += macs;
        }
        return Math.round(sum);
    }

    /** By how much a number of channels grows. */
    private static double rounded(int channels, int block, boolean inner) {
        return channels < block && !inner ? 1 : (double) ((channels + block - 1) / block * block) / channels;
    }
}
