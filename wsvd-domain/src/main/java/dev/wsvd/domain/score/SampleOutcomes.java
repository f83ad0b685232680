package dev.wsvd.domain.score;

import java.util.BitSet;

/** Which samples a model got right: a score that is a proportion, sample by sample. Immutable. */
public final class SampleOutcomes {
    private final BitSet right;
    private final int samples;

    private SampleOutcomes(BitSet right, int samples) {
        this.right = right;
        this.samples = samples;
    }

    /**
     * Outcomes of samples 0 … samples − 1.
     *
     * @param right the bit of a sample is set if it is right; copied
     * @param samples at least 1
     */
    public static SampleOutcomes of(BitSet right, int samples) {
        if (samples < 1 || right.length() > samples) {
            throw new IllegalArgumentException("There are no outcomes of " + samples
                    + " samples with the last right one at " + (right.length() - 1) + ".");
        }
        return new SampleOutcomes((BitSet) right.clone(), samples);
    }

    /** A bit per sample, set if the sample is right; a copy. */
    public BitSet right() {
        return (BitSet) right.clone();
    }

    public int samples() {
        return samples;
    }

    /** The proportion of samples that are right. */
    public double proportion() {
        return (double) right.cardinality() / samples;
    }

    /** {@linkplain ConfidenceInterval#wilson Wilson's interval} of the proportion. */
    public ConfidenceInterval interval() {
        return ConfidenceInterval.wilson(proportion(), samples);
    }

    /**
     * The interval of the drop, this proportion less the other, of two models on the same n samples. With a samples that only
     * this one got right and b that only the other did, p = (a + 1)/(n + 2) and q = (b + 1)/(n + 2), it is
     * p − q ± z √((p + q − (p − q)²)/(n + 2)) within [−1, 1]. Samples that both got right or both wrong do not widen it, so it
     * is narrower than the two intervals suggest.
     *
     * <p>D. G. Bonett, R. M. Price, "Adjusted Wald Confidence Interval for a Difference of Binomial Proportions Based on
     * Paired Data", 2012.
     */
    public ConfidenceInterval dropTo(SampleOutcomes other) {
        if (samples != other.samples) {
            throw new IllegalArgumentException(
                    "Outcomes of " + samples + " and of " + other.samples + " samples are not paired.");
        }
        double p = (onlyIn(right, other.right) + 1.0) / (samples + 2);
        double q = (onlyIn(other.right, right) + 1.0) / (samples + 2);
        double half = ConfidenceInterval.Z * Math.sqrt((p + q - (p - q) * (p - q)) / (samples + 2));
        return new ConfidenceInterval(Math.max(-1, p - q - half), Math.min(1, p - q + half));
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof SampleOutcomes o && samples == o.samples && right.equals(o.right);
    }

    @Override
    public int hashCode() {
        return 31 * samples + right.hashCode();
    }

    @Override
    public String toString() {
        return right.cardinality() + " of " + samples + " right";
    }

    private static int onlyIn(BitSet one, BitSet other) {
        BitSet only = (BitSet) one.clone();
        only.andNot(other);
        return only.cardinality();
    }
}
