package dev.wsvd.calibration;

import dev.wsvd.domain.error.InvalidInputException;

/**
 * Some of all samples: the batches that begin at one of them, so that ranges side by side have the same batches as all at once.
 *
 * @param from the first, among the inputs at hand
 * @param to behind the last
 * @param before how many there are before the inputs at hand
 * @param all how many there are, which tells how many patches of each are looked at
 */
public record SampleRange(long from, long to, long before, long all) {
    /** @throws InvalidInputException if these are no numbers of samples */
    public SampleRange {
        if (from < 0 || to < from || before < 0 || all < before + to) {
            throw new InvalidInputException("Samples " + from + " to " + to + " behind " + before
                    + " others are not among " + all + " samples.");
        }
    }

    /** All samples of inputs. */
    public static SampleRange all(long samples) {
        return new SampleRange(0, samples, 0, samples);
    }

    /**
     * One of several parts of about the same size.
     *
     * @param number from 0
     * @param of how many parts there are
     */
    public static SampleRange part(int number, int of, long samples) {
        return new SampleRange(at(number, of, samples), at(number + 1, of, samples), 0, samples);
    }

    private static long at(int number, int of, long samples) {
        return Math.multiplyExact(samples, (long) number) / of;
    }

    /**
     * All samples of inputs that are some of those that are looked at.
     *
     * @param before how many there are before them
     * @param all how many there are
     */
    public static SampleRange of(long samples, long before, long all) {
        return new SampleRange(0, samples, before, all);
    }
}
