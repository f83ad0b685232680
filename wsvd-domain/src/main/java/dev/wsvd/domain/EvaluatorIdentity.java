package dev.wsvd.domain;

import java.util.Objects;

/**
 * Which evaluator made a score, so that scores are reused only where they mean the same.
 *
 * @param name such as {@code accuracy}
 * @param samples number of samples behind one score, 0 if unknown
 * @param sha256 digest of the data and settings, empty if unknown
 */
public record EvaluatorIdentity(String name, long samples, String sha256) {
    public EvaluatorIdentity {
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(sha256, "sha256");
    }
}
