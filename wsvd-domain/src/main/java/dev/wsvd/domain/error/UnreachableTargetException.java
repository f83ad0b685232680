package dev.wsvd.domain.error;

import java.util.Locale;

/** The target cannot be met: even the smallest model that the candidates allow costs more. */
public final class UnreachableTargetException extends WsvdException {
    private static final long serialVersionUID = 1L;

    private final double smallestRatio;

    /**
     * @param metric what the target limits: the id of a cost metric
     * @param target the ratio asked for
     * @param smallestRatio the smallest ratio that can be met, cost after / cost before
     */
    public UnreachableTargetException(String metric, double target, double smallestRatio) {
        super(String.format(
                Locale.ROOT,
                "The target %s ratio %s cannot be met: the smallest ratio reachable is %.4f. Maybe raise the target,"
                        + " allow more candidates or ignore fewer layers.",
                metric,
                target,
                roundUp(smallestRatio)));
        this.smallestRatio = smallestRatio;
    }

    /** A target that is not a ratio, such as a score; {@link #smallestRatio} is then 1, the original's. */
    public UnreachableTargetException(String message) {
        this(message, 1);
    }

    private UnreachableTargetException(String message, double smallestRatio) {
        super(message);
        this.smallestRatio = smallestRatio;
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

    /** The smallest ratio (cost after / cost before) that can be met. */
    public double smallestRatio() {
        return smallestRatio;
    }

    private static double roundUp(double ratio) {
        return Math.ceil(ratio * 1e4) / 1e4;
    }
}
