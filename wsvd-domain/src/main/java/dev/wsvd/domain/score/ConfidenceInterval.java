package dev.wsvd.domain.score;

/**
 * Where a figure that was measured on samples lies, at 95 % confidence.
 *
 * @param low lower end
 * @param high upper end, not below {@code low}
 */
public record ConfidenceInterval(double low, double high) {
    /** The 97.5 % quantile of the standard normal distribution. */
    static final double Z = 1.959963984540054;

    public ConfidenceInterval {
        if (!(low <= high)) {
            throw new IllegalArgumentException("The interval " + low + " … " + high + " ends before it begins.");
        }
    }

    /**
     * Wilson's score interval of a proportion p of n samples, (p + z²/2n ± z √(p(1 − p)/n + z²/4n²)) / (1 + z²/n) with
     * z = 1.96. It lies within [0, 1].
     *
     * <p>E. B. Wilson, "Probable Inference, the Law of Succession, and Statistical Inference", 1927.
     *
     * @param proportion in [0, 1]
     * @param samples number of samples it is the proportion of, drawn independently; at least 1
     */
    public static ConfidenceInterval wilson(double proportion, long samples) {
        if (!(proportion >= 0 && proportion <= 1) || samples < 1) {
            throw new IllegalArgumentException("There is no proportion " + proportion + " of " + samples + " samples.");
        }
        double share = Z * Z / samples;
        double centre = (proportion + share / 2) / (1 + share);
        double half = Z * Math.sqrt(proportion * (1 - proportion) / samples + share / (4 * samples)) / (1 + share);
        return new ConfidenceInterval(Math.max(0, centre - half), Math.min(1, centre + half));
    }

    /** Half of its width. */
    public double halfWidth() {
        return (high - low) / 2;
    }
}
