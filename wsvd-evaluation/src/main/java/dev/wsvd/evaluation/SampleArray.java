package dev.wsvd.evaluation;

import dev.wsvd.domain.tensor.ElementType;
import dev.wsvd.domain.tensor.Tensor;
import java.util.List;

/** An array that may be larger than one buffer: read a few samples (of the first dim) at a time. */
interface SampleArray {
    ElementType type();

    /** All dims, samples first. */
    List<Long> shape();

    /** Samples from … to as a tensor. */
    Tensor samples(long from, long to);

    /** An array in memory. */
    static SampleArray of(Tensor tensor) {
        return new SampleArray() {
            @Override
            public ElementType type() {
                return tensor.type();
            }

            @Override
            public List<Long> shape() {
                return tensor.shape();
            }

            @Override
            public Tensor samples(long from, long to) {
                return tensor.samples(from, to);
            }
        };
    }
}
