package dev.wsvd.selection;

import dev.wsvd.domain.error.InvalidInputException;
import java.util.OptionalInt;

/**
 * Ranks are made multiples of a number, for hardware that likes channel counts of 8 or 32.
 *
 * @param value q, at least 1; 1 leaves ranks as they are. Empty for what the engine of the model likes, layer by layer
 */
public record Multiplicity(OptionalInt value) {
    /** Any rank will do. */
    public static final Multiplicity ONE = new Multiplicity(1);

    /** What the engine computes at once. */
    public static final Multiplicity AUTO = new Multiplicity(OptionalInt.empty());

    public Multiplicity {
        value.ifPresent(q -> {
            if (q < 1) {
                throw new InvalidInputException("A multiplicity must be at least 1, found " + q + ".");
            }
        });
    }

    /** Multiples of a number. */
    public Multiplicity(int value) {
        this(OptionalInt.of(value));
    }
}
