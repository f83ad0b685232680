package dev.wsvd.domain.quantization;

import dev.wsvd.domain.error.InvalidInputException;

/**
 * How the numbers of a tensor are uint8: x ≈ scale · (q − zeroPoint), q = clamp(round(x / scale) + zeroPoint, 0, 255). Zero is exact, as
 * padding needs it.
 *
 * @param scale above 0
 * @param zeroPoint 0 … 255
 */
public record Encoding(float scale, int zeroPoint) {
    private static final int LARGEST = 255;

    public Encoding {
        if (!(scale > 0) || Float.isInfinite(scale) || zeroPoint < 0 || zeroPoint > LARGEST) {
            throw new InvalidInputException("An encoding needs a scale above 0 and a zero point in 0 … 255, found "
                    + scale + " and " + zeroPoint + ".");
        }
    }

    /**
     * The encoding whose steps span a range.
     *
     * @param min at most max; the range is widened to hold 0
     * @throws InvalidInputException if a bound is not finite
     */
    public static Encoding of(double min, double max) {
        if (!Double.isFinite(min) || !Double.isFinite(max)) {
            throw new InvalidInputException("A range needs finite bounds, found " + min + " … " + max + ".");
        }
        double low = Math.min(0, min);
        float scale = (float) ((Math.max(0, max) - low) / LARGEST);
        if (!(scale >= Float.MIN_NORMAL)) {
            return new Encoding(1, 0);
        }
        return new Encoding(scale, (int) Math.max(0, Math.min(LARGEST, Math.rint(-low / scale))));
    }

    /** What a number is after it was rounded to a step. */
    public double rounded(double x) {
        return scale * (Math.max(0, Math.min(LARGEST, Math.rint(x / scale) + zeroPoint)) - zeroPoint);
    }
}
