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

    /** The smallest ratio (cost after / cost before) that can be met. */
    public double smallestRatio() {
        return smallestRatio;
    }

    private static double roundUp(double ratio) {
        return Math.ceil(ratio * 1e4) / 1e4;
    }
}
