package dev.wsvd.domain;

import java.util.List;

/** Arithmetic on shapes. */
final class Shapes {
    private Shapes() {}

    /** Product of dims[from … to), 1 for an empty range, 0 for an unknown (empty) shape. */
    static long product(List<Long> dims, int from, int to) {
        if (dims.isEmpty()) {
            return 0;
        }
        long product = 1;
        for (int i = from; i < to; i++) {
            product = Math.multiplyExact(product, dims.get(i));
        }
        return product;
    }
}
