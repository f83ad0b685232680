package dev.wsvd.adapter.onnx.internal.coupling;

import dev.wsvd.adapter.onnx.internal.coupling.Seen.Channels;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Dims by number from the end. */
final class Axes {
    private Axes() {}

    /**
     * A dim of a tensor by its number from the end; empty if that is not known.
     *
     * @param given from the front, or from the end if negative
     * @param rank 0 if unknown
     */
    static Optional<Integer> fromEnd(long given, int rank) {
        return given < 0 ? Optional.of((int) given) : rank == 0 ? Optional.empty() : Optional.of((int) given - rank);
    }

    /** All of them; empty if one is not known. */
    static Optional<List<Integer>> fromEnd(List<Long> given, int rank) {
        List<Integer> axes = new ArrayList<>();
        for (long axis : given) {
            Optional<Integer> found = fromEnd(axis, rank);
            if (found.isEmpty()) {
                return Optional.empty();
            }
            axes.add(found.get());
        }
        return Optional.of(axes);
    }

    /** Channels behind the loss of other dims. */
    static Channels without(Channels channels, List<Integer> gone) {
        int behind = (int) gone.stream().filter(axis -> axis > channels.axis()).count();
        int rank = channels.rank() == 0 ? 0 : channels.rank() - gone.size();
        return channels.at(channels.axis() + behind, rank);
    }
}
