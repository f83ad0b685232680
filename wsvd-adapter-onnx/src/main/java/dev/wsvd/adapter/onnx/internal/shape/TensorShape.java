package dev.wsvd.adapter.onnx.internal.shape;

import java.util.List;

/**
 * Element type and dims of a tensor.
 *
 * @param type ONNX's number of the element type, 0 if unknown
 * @param dims −1 where unknown
 */
record TensorShape(int type, List<Long> dims) {
    TensorShape {
        dims = List.copyOf(dims);
    }

    boolean isKnown() {
        return dims.stream().allMatch(d -> d >= 0);
    }
}
