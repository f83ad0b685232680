package dev.wsvd.adapter.onnx.internal.shape;

import dev.wsvd.adapter.onnx.internal.file.ElementTypes;
import dev.wsvd.domain.tensor.ElementType;
import dev.wsvd.domain.tensor.Tensor;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Element type and dims of a tensor.
 *
 * @param type ONNX's number of the element type, 0 if unknown
 * @param dims −1 where unknown
 */
record TensorShape(int type, List<Long> dims) {
    private static final long LARGEST = 1L << 28;

    TensorShape {
        dims = List.copyOf(dims);
    }

    boolean isKnown() {
        return dims.stream().allMatch(d -> d >= 0);
    }

    /** The same with another size of the first dim. */
    TensorShape withFirst(long size) {
        List<Long> changed = new ArrayList<>(dims);
        changed.set(0, size);
        return new TensorShape(type, changed);
    }

    /** A tensor of zeros; empty if the shape is not known, the type is none of numbers, or it would be too large to be made up. */
    Optional<Tensor> zeros() {
        Optional<ElementType> element = ElementTypes.of(type);
        if (element.isEmpty() || !isKnown()) {
            return Optional.empty();
        }
        long bytes = element.get().bytes();
        for (long dim : dims) {
            if (bytes > LARGEST || dim > LARGEST) {
                return Optional.empty();
            }
            bytes *= dim;
        }
        return bytes > LARGEST
                ? Optional.empty()
                : Optional.of(new Tensor(element.get(), dims, ByteBuffer.allocateDirect((int) bytes)));
    }
}
