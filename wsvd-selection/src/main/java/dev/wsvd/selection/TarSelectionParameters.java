package dev.wsvd.selection;

import dev.wsvd.domain.cost.CompressionRatio;
import dev.wsvd.domain.error.InvalidInputException;
import java.util.Objects;
import java.util.Optional;

/**
 * Settings of TAR selection.
 *
 * @param target the model's cost after / before, an upper bound; empty to weigh score against cost instead
 * @param indices n: the common residuals tried are i/n, i = 1 … n; 2 … 50
 */
public record TarSelectionParameters(Optional<CompressionRatio> target, int indices) {
    public static final int DEFAULT_INDICES = 20;

    private static final int MOST_INDICES = 50;

    public TarSelectionParameters {
        Objects.requireNonNull(target, "target");
        if (indices < 2 || indices > MOST_INDICES) {
            throw new InvalidInputException(
                    "The number of TAR indices must be 2 … " + MOST_INDICES + ", found " + indices + ".");
        }
    }

    /** The defaults with a target. */
    public static TarSelectionParameters of(CompressionRatio target) {
        return new TarSelectionParameters(Optional.of(target), DEFAULT_INDICES);
    }

    /** The defaults without a target. */
    public static TarSelectionParameters withoutTarget() {
        return new TarSelectionParameters(Optional.empty(), DEFAULT_INDICES);
    }

    /** These settings with another number of indices. */
    public TarSelectionParameters withIndices(int number) {
        return new TarSelectionParameters(target, number);
    }
}
