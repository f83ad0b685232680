package dev.wsvd.json;

import dev.wsvd.domain.error.InvalidInputException;

/**
 * What cuts left of a layer, where the network as it was made has another there.
 *
 * @param out output channels
 * @param bias whether it has a bias that it had not
 */
public record CutShape(int out, boolean bias) {
    /** @throws InvalidInputException if there is no channel */
    public CutShape {
        if (out < 1) {
            throw new InvalidInputException("Cuts leave at least 1 output channel of a layer, found " + out + ".");
        }
    }
}
