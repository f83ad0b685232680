package dev.wsvd.domain.layer;

import dev.wsvd.domain.error.InvalidInputException;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Shape of a weight W[n][m/g][k…]: {@code out} = n output channels, {@code inPerGroup} = m/g input channels per group,
 * {@code kernel} = the kernel dims k… (empty for a Linear layer). Elements are row-major in this order.
 *
 * @param out n, at least 1
 * @param inPerGroup m/g, at least 1
 * @param kernel each at least 1
 */
public record WeightShape(int out, int inPerGroup, List<Integer> kernel) {
    public WeightShape {
        kernel = List.copyOf(kernel);
        if (out < 1 || inPerGroup < 1 || kernel.stream().anyMatch(k -> k < 1)) {
            throw new InvalidInputException(
                    "A weight shape needs dims of at least 1, found " + text(out, inPerGroup, kernel) + ".");
        }
    }

    /** A weight W[n][m] without kernel dims. */
    public static WeightShape linear(int out, int in) {
        return new WeightShape(out, in, List.of());
    }

    /** K, the product of the kernel dims; 1 for a Linear layer. */
    public int kernelSize() {
        int taps = 1;
        for (int size : kernel) {
            taps = Math.multiplyExact(taps, size);
        }
        return taps;
    }

    /** Number of weight elements: n · m/g · K. */
    public long elements() {
        return Math.multiplyExact(Math.multiplyExact((long) out, inPerGroup), kernelSize());
    }

    /** All dims in order: n, m/g, k…. */
    public List<Integer> dims() {
        return Stream.concat(Stream.of(out, inPerGroup), kernel.stream()).toList();
    }

    /** For people: {@code 64×32×3×3}. */
    @Override
    public String toString() {
        return text(out, inPerGroup, kernel);
    }

    private static String text(int out, int inPerGroup, List<Integer> kernel) {
        return Stream.concat(Stream.of(out, inPerGroup), kernel.stream())
                .map(String::valueOf)
                .collect(Collectors.joining("×"));
    }
}
