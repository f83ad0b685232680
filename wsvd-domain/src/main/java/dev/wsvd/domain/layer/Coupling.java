package dev.wsvd.domain.layer;

import dev.wsvd.domain.error.InvalidInputException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Inner units of a model that only some layers write, pass on and read, so that there can be fewer of them on all sides at once: the
 * channels between two convolutions, the hidden units of a feed-forward block, the dims of attention heads.
 *
 * <p>Units are numbered group by group: unit u is number u mod {@code perGroup} of group u / {@code perGroup}. All groups keep
 * equally many.
 *
 * @param layer the layer by which people and files name it: the first that reads the units or, for {@link Kind#SCORES}, the one
 *     that writes the queries. A layer names one coupling at most
 * @param kind what stands between the writers and the readers
 * @param groups heads; 1 for channels
 * @param perGroup units of a group, at least 2
 * @param slices where the units are in the layers; writers, then layers that pass them on, then readers
 */
public record Coupling(Layer layer, Kind kind, int groups, int perGroup, List<Slice> slices) {
    /** What stands between the layers that write units and those that read them, and so what may be done to the units. */
    public enum Kind {
        /** Channel-wise work alone: bias, normalisation, any activation, pooling, depthwise convolution. Units may be left out. */
        CHANNELS,
        /** Sums over positions with weights that are the same for all units of a group: attention's values. Units may be combined. */
        VALUES,
        /**
         * The inner product of two writers' units, group by group: attention's queries, the first slice, and keys, the second.
         * Units may be combined.
         */
        SCORES
    }

    /** What a layer does with the units. */
    public enum Side {
        /** They are output channels. */
        WRITES,
        /** They are input and output channels of a depthwise convolution. */
        PASSES,
        /** They are input channels. */
        READS
    }

    /**
     * Where the units are in a layer.
     *
     * @param channels channel numbers, unit by unit, equally many of each; several where a unit is spread, as by a Flatten. No
     *     channel twice
     */
    public record Slice(Layer layer, Side side, List<Integer> channels) {
        public Slice {
            Objects.requireNonNull(layer, "layer");
            Objects.requireNonNull(side, "side");
            channels = List.copyOf(channels);
        }

        private boolean isSameAs(Slice other) {
            return layer.id().equals(other.layer.id())
                    && layer.op().equals(other.layer.op())
                    && side == other.side
                    && channels.equals(other.channels);
        }

        /** How many channels the layer has on that side. */
        public int width() {
            return side == Side.READS ? layer.inChannels() : layer.outChannels();
        }
    }

    /** @throws InvalidInputException if a slice does not fit its layer or the units */
    public Coupling {
        Objects.requireNonNull(layer, "layer");
        Objects.requireNonNull(kind, "kind");
        slices = List.copyOf(slices);
        if (groups < 1 || perGroup < 2) {
            throw new InvalidInputException("The coupling at '" + layer.id() + "' has " + groups + " groups of "
                    + perGroup + " units; it needs at least one group of two.");
        }
        int units = groups * perGroup;
        for (Slice slice : slices) {
            long distinct = slice.channels().stream()
                    .filter(channel -> channel >= 0 && channel < slice.width())
                    .distinct()
                    .count();
            if (slice.channels().isEmpty()
                    || slice.channels().size() % units != 0
                    || distinct != slice.channels().size()) {
                throw new InvalidInputException(
                        "The coupling at '" + layer.id() + "' has " + units + " units, for which "
                                + slice.channels().size() + " of the " + slice.width() + " channels of layer '"
                                + slice.layer().id()
                                + "' are given, " + distinct + " of them different ones.");
            }
        }
    }

    /** Whether another coupling has the same units in the same places of the same layers, whatever sizes those were measured at. */
    public boolean isSameAs(Coupling other) {
        return layer.id().equals(other.layer.id())
                && kind == other.kind
                && groups == other.groups
                && perGroup == other.perGroup
                && slices.size() == other.slices.size()
                && IntStream.range(0, slices.size()).allMatch(i -> slices.get(i).isSameAs(other.slices.get(i)));
    }

    /** How many units there are. */
    public int units() {
        return groups * perGroup;
    }

    /** Slices of layers that write the units, in order. */
    public List<Slice> writers() {
        return on(Side.WRITES).toList();
    }

    /** Slices of layers that read the units, in order. */
    public List<Slice> readers() {
        return on(Side.READS).toList();
    }

    private Stream<Slice> on(Side side) {
        return slices.stream().filter(slice -> slice.side() == side);
    }

    /** The layers it touches, each once, in the order of the slices. */
    public List<Layer> layers() {
        return slices.stream().map(Slice::layer).distinct().toList();
    }

    /** How many channels a slice has of one unit. */
    public int spread(Slice slice) {
        return slice.channels().size() / units();
    }

    /** The channels of a unit in a slice, {@link #spread} of them. */
    public List<Integer> channels(Slice slice, int unit) {
        int spread = spread(slice);
        return slice.channels().subList(unit * spread, (unit + 1) * spread);
    }

    /**
     * The channels of a layer's side that are there when only some units are, in order: those of these units, and those that are of
     * no unit.
     *
     * @param kept unit numbers
     */
    public List<Integer> remaining(Slice slice, List<Integer> kept) {
        boolean[] gone = new boolean[slice.width()];
        slice.channels().forEach(channel -> gone[channel] = true);
        kept.forEach(unit -> channels(slice, unit).forEach(channel -> gone[channel] = false));
        List<Integer> remaining = new ArrayList<>();
        for (int channel = 0; channel < gone.length; channel++) {
            if (!gone[channel]) {
                remaining.add(channel);
            }
        }
        return remaining;
    }
}
