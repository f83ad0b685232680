package dev.wsvd.evaluation;

import dev.wsvd.domain.tensor.Tensor;
import dev.wsvd.domain.tensor.TensorInfo;
import java.nio.ByteBuffer;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Token sequences that are filled up to one length behind their ends, in the order of their own lengths: those of a batch are about as
 * long as each other, and what only fills all of them up can be left out.
 */
final class PaddedTokens {
    private final ArrayDataset data;
    private final SampleArray mask;

    private PaddedTokens(ArrayDataset data, SampleArray mask) {
        this.mask = mask;
        int[] lengths = IntStream.range(0, Math.toIntExact(data.samples()))
                .map(i -> length(mask.samples(i, i + 1L)))
                .toArray();
        this.data = data.ordered(IntStream.range(0, lengths.length)
                .boxed()
                .sorted(Comparator.comparing(i -> lengths[i]))
                .mapToInt(i -> i)
                .toArray());
    }

    /** Present if every array of the data has an element for each token, and one of them is the mask. */
    static Optional<PaddedTokens> of(ArrayDataset data) {
        return Optional.ofNullable(data.arrays().get(Pooler.MASK))
                .filter(mask -> mask.shape().size() == 2
                        && data.arrays().values().stream()
                                .allMatch(array -> array.shape().equals(mask.shape())))
                .map(mask -> new PaddedTokens(data, mask));
    }

    /** All samples, short sequences before long ones. */
    ArrayDataset data() {
        return data;
    }

    /** Whether inputs may have any number of tokens. */
    static boolean areOpen(Collection<TensorInfo> inputs) {
        return inputs.stream()
                .allMatch(input -> input.shape().size() == 2 && input.shape().get(1) < 0);
    }

    /** Inputs of samples from … to, as many tokens of each as the longest of the samples has. */
    Map<String, Tensor> trimmed(Map<String, Tensor> inputs, long from, long to) {
        int length = length(data.arrays().get(Pooler.MASK).samples(from, to));
        Map<String, Tensor> trimmed = new LinkedHashMap<>();
        inputs.forEach((name, tensor) -> trimmed.put(name, trimmed(tensor, length)));
        return trimmed;
    }

    private static Tensor trimmed(Tensor tensor, int length) {
        int rows = tensor.shape().get(0).intValue();
        int tokens = tensor.shape().get(1).intValue();
        int bytes = tensor.type().bytes();
        ByteBuffer all = tensor.data();
        ByteBuffer data = ByteBuffer.allocateDirect(rows * length * bytes);
        for (int row = 0; row < rows; row++) {
            data.put(all.slice(all.position() + row * tokens * bytes, length * bytes));
        }
        return new Tensor(tensor.type(), List.of((long) rows, (long) length), data.flip());
    }

    /** Up to the last token that counts in any of the sequences, at least 1. */
    private int length(Tensor masks) {
        int tokens = Math.toIntExact(mask.shape().get(1));
        return IntStream.range(0, Math.toIntExact(masks.elements()))
                .filter(i -> masks.getDouble(i) != 0)
                .map(i -> i % tokens + 1)
                .max()
                .orElse(1);
    }
}
