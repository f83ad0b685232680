package dev.wsvd.domain.score;

import java.util.List;
import java.util.Objects;

/**
 * Which evaluator made a score, so that scores are reused only where they mean the same.
 *
 * @param name such as {@code accuracy}
 * @param samples number of samples behind one score, 0 if unknown
 * @param sha256 digest of the data and settings, empty if unknown
 * @param outputs the outputs it looks at, of a model that has several; else empty
 */
public record EvaluatorIdentity(String name, long samples, String sha256, List<String> outputs) {
    public EvaluatorIdentity {
        outputs = List.copyOf(outputs);
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(sha256, "sha256");
    }

    /** An evaluator of a model's only output. */
    public EvaluatorIdentity(String name, long samples, String sha256) {
        this(name, samples, sha256, List.of());
    }
}
