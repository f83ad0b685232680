package dev.wsvd.domain;

import java.util.Objects;

/**
 * Which inputs were learnt from, so that a plan can be applied with the same.
 *
 * @param samples number of inputs, 0 if unknown
 * @param sha256 lower-case hex digest of the inputs, empty if unknown
 */
public record CalibrationIdentity(long samples, String sha256) {
    /** Inputs of which nothing is known. */
    public static final CalibrationIdentity UNKNOWN = new CalibrationIdentity(0, "");

    public CalibrationIdentity {
        Objects.requireNonNull(sha256, "sha256");
    }
}
