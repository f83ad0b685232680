package dev.wsvd.domain.error;

import java.util.Locale;
import java.util.OptionalDouble;

/** The target cannot be met: even the smallest model that the candidates allow costs more, or none keeps the score. */
public final class UnreachableTargetException extends WsvdException {
    private static final long serialVersionUID = 1L;

    /** NaN if there is none; an {@link OptionalDouble} cannot be serialized. */
    private final double smallestRatio;

    /**
     * @param metric what the target limits: the id of a cost metric
     * @param target the ratio asked for
     * @param smallestRatio the smallest ratio that can be met, cost after / cost before
     */
    public UnreachableTargetException(String metric, double target, double smallestRatio) {
        this(
                String.format(
                        Locale.ROOT,
                        "The target %s ratio %s cannot be met: the smallest ratio reachable is %.4f. Maybe raise the target,"
                                + " allow more candidates or ignore fewer layers.",
                        metric,
                        target,
                        roundUp(smallestRatio)),
                smallestRatio);
    }

    /** A target that is not about the cost, such as a score. */
    public UnreachableTargetException(String message) {
        this(message, Double.NaN);
    }

    private UnreachableTargetException(String message, double smallestRatio) {
        super(message);
        this.smallestRatio = smallestRatio;
    }

    /**
     * A limit that was given as a number.
     *
     * @param unit what is counted, such as {@code MACs}
     * @param limit the most allowed
     * @param smallest the least reachable
     * @param smallestRatio the same as cost after / cost before
     */
    public static UnreachableTargetException ofNumber(String unit, long limit, long smallest, double smallestRatio) {
        return new UnreachableTargetException(
                "At most " + limit + " " + unit + " cannot be met: the fewest reachable are " + smallest
                        + ". Maybe raise the limit or ignore fewer layers.",
                smallestRatio);
    }

    /**
     * Ranks given by hand that cost more than the target.
     *
     * @param ratio what they come to, cost after / cost before
     */
    public static UnreachableTargetException ofGivenRanks(String metric, double target, double ratio) {
        return new UnreachableTargetException(
                String.format(
                        Locale.ROOT,
                        "The target %s ratio %s is not met: the ranks given come to %.4f. Maybe split more layers, or further.",
                        metric,
                        target,
                        roundUp(ratio)),
                ratio);
    }

    /** The smallest ratio (cost after / cost before) that can be met; absent where the target is not about the cost. */
    public OptionalDouble smallestRatio() {
        return Double.isNaN(smallestRatio) ? OptionalDouble.empty() : OptionalDouble.of(smallestRatio);
    }

    private static double roundUp(double ratio) {
        return Math.ceil(ratio * 1e4) / 1e4;
    }
}
