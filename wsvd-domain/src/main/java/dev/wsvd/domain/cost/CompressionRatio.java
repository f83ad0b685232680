package dev.wsvd.domain.cost;

import dev.wsvd.domain.error.InvalidInputException;
import java.math.BigDecimal;
import java.math.BigInteger;

/**
 * Cost after / cost before, in (0, 1], as an exact fraction: no rank is ever off by one for a rounding error.
 *
 * @param numerator at least 1
 * @param denominator at least the numerator
 */
public record CompressionRatio(long numerator, long denominator) implements Comparable<CompressionRatio> {
    public CompressionRatio {
        if (numerator < 1 || denominator < numerator) {
            throw outside(numerator + "/" + denominator);
        }
        long divisor = BigInteger.valueOf(numerator)
                .gcd(BigInteger.valueOf(denominator))
                .longValueExact();
        numerator /= divisor;
        denominator /= divisor;
    }

    /**
     * The ratio a decimal number stands for: 0.1 is exactly 1/10.
     *
     * @throws InvalidInputException outside (0, 1] or with more than 18 decimals
     */
    public static CompressionRatio of(double ratio) {
        if (!Double.isFinite(ratio)) {
            throw outside(String.valueOf(ratio));
        }
        return of(BigDecimal.valueOf(ratio));
    }

    /**
     * The ratio a decimal number stands for, exactly.
     *
     * @throws InvalidInputException outside (0, 1] or with more than 18 decimals
     */
    public static CompressionRatio of(BigDecimal ratio) {
        if (ratio.signum() <= 0 || ratio.compareTo(BigDecimal.ONE) > 0) {
            throw outside(ratio.toString());
        }
        BigDecimal plain = ratio.stripTrailingZeros();
        int scale = Math.max(0, plain.scale());
        if (scale > 18) {
            throw new InvalidInputException("The compression ratio " + ratio + " has more than 18 decimals.");
        }
        return new CompressionRatio(
                plain.movePointRight(scale).longValueExact(),
                BigInteger.TEN.pow(scale).longValueExact());
    }

    /** Whether a cost is within this ratio of another: cost ≤ ratio · before, exactly. */
    public boolean admits(long cost, long before) {
        return compareProducts(cost, denominator, numerator, before) <= 0;
    }

    /** How far a ratio is from another cost fraction, for people; exact comparisons use {@link #admits}. */
    public double toDouble() {
        return (double) numerator / denominator;
    }

    @Override
    public int compareTo(CompressionRatio other) {
        return compareProducts(numerator, other.denominator, other.numerator, denominator);
    }

    /** For people and files: the shortest decimal of the nearest double. */
    @Override
    public String toString() {
        return String.valueOf(toDouble());
    }

    private static int compareProducts(long a, long b, long c, long d) {
        long high = Math.multiplyHigh(a, b);
        long otherHigh = Math.multiplyHigh(c, d);
        return high != otherHigh ? Long.compare(high, otherHigh) : Long.compareUnsigned(a * b, c * d);
    }

    private static InvalidInputException outside(String found) {
        return new InvalidInputException("A compression ratio must be above 0 and at most 1, found " + found + ".");
    }
}
