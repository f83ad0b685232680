package dev.wsvd.domain;

import dev.wsvd.domain.error.InvalidInputException;
import java.util.Arrays;
import java.util.stream.Collectors;

/** What a target limits. */
public enum CostMetric {
    /** Multiply-accumulates per sample. */
    MAC("mac"),
    /** Weight elements; biases are not counted. */
    MEMORY("memory");

    private final String id;

    CostMetric(String id) {
        this.id = id;
    }

    /** The name in files and on the command line. */
    public String id() {
        return id;
    }

    /**
     * The metric of that id.
     *
     * @throws InvalidInputException if there is none
     */
    public static CostMetric of(String id) {
        return Arrays.stream(values())
                .filter(m -> m.id.equals(id))
                .findFirst()
                .orElseThrow(() -> new InvalidInputException("Unknown cost metric '" + id + "'; allowed: "
                        + Arrays.stream(values()).map(CostMetric::id).collect(Collectors.joining(", ")) + "."));
    }

    @Override
    public String toString() {
        return id;
    }
}
