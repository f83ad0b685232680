package dev.wsvd.adapter.djl.internal.coupling;

import ai.djl.ndarray.NDList;
import java.util.Optional;

/**
 * What one block gives to the next.
 *
 * @param channels where units are in the array, if there is one array and it has units
 */
record Flowing(NDList arrays, Optional<Channels> channels) {
    /**
     * A dim of an array counts channels.
     *
     * @param axis from 0
     * @param units by channel
     */
    record Channels(int axis, int[] units) {
        int width() {
            return units.length;
        }
    }

    static Flowing without(NDList arrays) {
        return new Flowing(arrays, Optional.empty());
    }

    static Flowing with(NDList arrays, Channels channels) {
        return new Flowing(arrays, Optional.of(channels));
    }

    /** The units; none if there are none. */
    int[] units() {
        return channels.map(Channels::units).orElse(new int[0]);
    }
}
