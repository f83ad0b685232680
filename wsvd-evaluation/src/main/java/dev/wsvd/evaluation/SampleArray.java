package dev.wsvd.evaluation;

import dev.wsvd.domain.tensor.ElementType;
import dev.wsvd.domain.tensor.Tensor;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/** An array that may be larger than one buffer: read a few samples (of the first dim) at a time. */
interface SampleArray {
    ElementType type();

    /** All dims, samples first. */
    List<Long> shape();

    /** Samples from … to as a tensor. */
    Tensor samples(long from, long to);

    /** Some samples, in the order given. */
    static SampleArray ordered(SampleArray array, int[] order) {
        return new SampleArray() {
            @Override
            public ElementType type() {
                return array.type();
            }

            @Override
            public List<Long> shape() {
                return shape(order.length);
            }

            private List<Long> shape(long samples) {
                List<Long> shape = new ArrayList<>(array.shape());
                shape.set(0, samples);
                return shape;
            }

            @Override
            public Tensor samples(long from, long to) {
                List<Tensor> rows = IntStream.range((int) from, (int) to)
                        .mapToObj(i -> array.samples(order[i], order[i] + 1L))
                        .toList();
                ByteBuffer data = ByteBuffer.allocateDirect(
                        rows.stream().mapToInt(row -> row.data().remaining()).sum());
                rows.forEach(row -> data.put(row.data()));
                return new Tensor(array.type(), shape(to - from), data.flip());
            }
        };
    }

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
