package dev.wsvd.selection;

import dev.wsvd.domain.error.InvalidInputException;

/**
 * Ranks are made multiples of this number, for hardware that likes channel counts of 8 or 32.
 *
 * @param value q, at least 1; 1 leaves ranks as they are
 */
public record Multiplicity(int value) {
    /** Any rank will do. */
    public static final Multiplicity ONE = new Multiplicity(1);

    public Multiplicity {
        if (value < 1) {
            throw new InvalidInputException("A multiplicity must be at least 1, found " + value + ".");
        }
    }
}
