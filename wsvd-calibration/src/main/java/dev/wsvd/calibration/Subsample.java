package dev.wsvd.calibration;

import dev.wsvd.domain.layer.Convolution;
import dev.wsvd.domain.layer.Layer;
import java.math.BigInteger;
import java.util.function.Predicate;

/**
 * Every {@code step}-th patch of a batch from {@code first} on: a layer with very many positions is looked at in uniformly
 * subsampled ones.
 */
record Subsample(int first, int step) {
    private static final int PATCHES = 30_000;
    private static final int PATCHES_PER_ELEMENT = 20;
    /** Elements of all patches that are taken of a batch, about. */
    private static final long LARGEST_BATCH = 1L << 24;

    /** Every patch. */
    static final Subsample ALL = new Subsample(0, 1);

    /**
     * Of all inputs about {@value #PATCHES} patches, or {@value #PATCHES_PER_ELEMENT} per element of a patch if that is more, and
     * of a batch no more than fit into memory.
     *
     * @param patches those of the batch
     * @param samples number of samples in the batch
     * @param all number of samples in all batches
     * @param batch number of the batch
     */
    static Subsample of(Layer layer, Patches patches, long samples, long all, long batch) {
        int elements = layer.weight().inPerGroup() * layer.weight().kernelSize();
        long most = Math.max(PATCHES, (long) PATCHES_PER_ELEMENT * elements);
        long count = Math.max(1, patches.count() / samples) * all;
        long perBatch = (long) patches.count() * elements / LARGEST_BATCH + 1;
        long even = Math.min(patches.count(), Math.max(perBatch, (count + most - 1) / most));
        int step = step(layer, even);
        // So that not the same positions are left out of every sample, the first one moves.
        return new Subsample((int) (batch % step), step);
    }

    /** At most so far. Odd, so that an image of even width is not looked at in the same columns of every row. */
    private static int step(Layer layer, long most) {
        int step = (int) Math.max(1, most % 2 == 0 ? most - 1 : most);
        if (layer.op() instanceof Convolution conv && conv.transposed()) {
            while (conv.stride().stream().anyMatch(sharesDivisor(step))) {
                step -= 2;
            }
        }
        return step;
    }

    /** With a stride, so that only outputs of some taps would be looked at. */
    private static Predicate<Integer> sharesDivisor(int step) {
        return stride ->
                BigInteger.valueOf(stride).gcd(BigInteger.valueOf(step)).intValue() > 1;
    }

    /** How many of so many patches. */
    int of(int patches) {
        return (patches - first + step - 1) / step;
    }
}
