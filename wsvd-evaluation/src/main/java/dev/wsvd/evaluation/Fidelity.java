package dev.wsvd.evaluation;

import java.util.Map;
import java.util.OptionalDouble;

/**
 * How near a model's outputs are to the original's.
 *
 * @param score one number in [0, 1], higher is better, 1 if identical
 * @param outputs by output name, in the model's order
 * @param samples number of samples compared
 */
public record Fidelity(double score, Map<String, Output> outputs, long samples) {
    /**
     * One output.
     *
     * @param argmaxAgreement fraction of rows whose arg-max is the same, absent for outputs without classes
     * @param cosine mean over the samples of the cosine between the two outputs
     * @param sqnrDb 10·log10(Σ y² / Σ (y − ŷ)²) in dB, infinite if identical
     */
    public record Output(OptionalDouble argmaxAgreement, double cosine, double sqnrDb) {}

    /** The outputs' mean arg-max agreement, absent if none has classes. */
    public OptionalDouble argmaxAgreement() {
        throw new UnsupportedOperationException();
    }

    /** The outputs' mean cosine. */
    public double cosine() {
        throw new UnsupportedOperationException();
    }

    /** The SQNR in dB of all outputs together, each with the same weight. */
    public double sqnrDb() {
        throw new UnsupportedOperationException();
    }
}
