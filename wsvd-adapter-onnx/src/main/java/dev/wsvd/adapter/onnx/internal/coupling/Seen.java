package dev.wsvd.adapter.onnx.internal.coupling;

import dev.wsvd.adapter.onnx.internal.coupling.GraphEdit.Home;
import java.util.List;
import java.util.Optional;

/** What is known of a tensor as far as units go. */
sealed interface Seen {
    /**
     * A dim of it counts channels.
     *
     * @param axis counted from the end, −1 for the last
     * @param rank 0 if unknown
     * @param units by channel
     */
    record Channels(int axis, int rank, int[] units) implements Seen {
        int width() {
            return units.length;
        }

        /** The axis counted from the front; negative if the rank is unknown. */
        int fromFront() {
            return rank == 0 ? -1 : rank + axis;
        }

        /** Other units in the same place. */
        Channels of(int[] others) {
            return new Channels(axis, rank, others);
        }

        Channels at(int otherAxis, int otherRank) {
            return new Channels(otherAxis, otherRank, units);
        }
    }

    /** It holds sizes. */
    record Numbers(List<Number> numbers) implements Seen {
        public Numbers {
            numbers = List.copyOf(numbers);
        }
    }

    /**
     * A size.
     *
     * @param value if it is the same for every input
     * @param spot where it is stored, if it is
     * @param units if it counts the channels of a tensor: those
     */
    record Number(Optional<Long> value, Optional<Spot> spot, Optional<int[]> units) {
        static final Number UNKNOWN = new Number(Optional.empty(), Optional.empty(), Optional.empty());

        boolean counts(int channels) {
            return units.filter(own -> own.length == channels).isPresent();
        }

        boolean is(long other) {
            return value.filter(own -> own == other).isPresent();
        }
    }

    /** Which of the numbers stored somewhere. */
    record Spot(Home home, int index) {}
}
