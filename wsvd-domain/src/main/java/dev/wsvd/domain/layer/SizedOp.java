package dev.wsvd.domain.layer;

import dev.wsvd.domain.tensor.ElementType;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * An op with the sizes it works on, which is all that a cost model sees.
 *
 * @param input shape of one sample, batch first; empty if unknown
 * @param output shape of one sample, batch first; empty if unknown
 * @param type how the weight is stored
 */
public record SizedOp(Op op, List<Long> input, List<Long> output, ElementType type) {
    public SizedOp {
        Objects.requireNonNull(op, "op");
        Objects.requireNonNull(type, "type");
        input = List.copyOf(input);
        output = List.copyOf(output);
    }

    /**
     * Multiply-accumulates per sample; 0 if a size is unknown.
     *
     * @throws ArithmeticException if they do not fit in 63 bits
     */
    public long macs() {
        return input.isEmpty() ? 0 : op.macs(input, output);
    }

    /** The same with its weight stored in another type. */
    public SizedOp as(ElementType other) {
        return new SizedOp(op, input, output, other);
    }

    /** The same with fewer channels, as {@link Op#shrunk}. */
    public SizedOp shrunk(int out, int in) {
        return new SizedOp(op.shrunk(out, in), narrower(input, in), narrower(output, out), type);
    }

    private List<Long> narrower(List<Long> shape, int by) {
        if (shape.isEmpty() || by == 0) {
            return shape;
        }
        List<Long> narrower = new ArrayList<>(shape);
        int dim = op.channelDim(shape);
        narrower.set(dim, shape.get(dim) - by);
        return narrower;
    }
}
