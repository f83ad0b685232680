package dev.wsvd.factorization;

import dev.wsvd.domain.layer.Coupling;
import dev.wsvd.domain.layer.Coupling.Slice;
import dev.wsvd.domain.layer.Layer;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/** Which input channels of a layer are those of a coupling's units, and which of none. */
final class ReadChannels {
    private final Layer layer;
    private final int[][] byUnit;
    private final int[] others;

    private ReadChannels(Coupling coupling, Layer layer, List<Slice> slices) {
        this.layer = layer;
        this.byUnit = IntStream.range(0, coupling.units())
                .mapToObj(unit -> slices.stream()
                        .flatMap(slice -> coupling.channels(slice, unit).stream())
                        .mapToInt(channel -> channel)
                        .toArray())
                .toArray(int[][]::new);
        boolean[] taken = new boolean[layer.inChannels()];
        Arrays.stream(byUnit).flatMapToInt(Arrays::stream).forEach(channel -> taken[channel] = true);
        this.others = IntStream.range(0, taken.length).filter(c -> !taken[c]).toArray();
    }

    /** Of every layer that reads the units, once each, in order. */
    static List<ReadChannels> of(Coupling coupling) {
        return coupling.readers().stream()
                .map(Slice::layer)
                .distinct()
                .map(layer -> of(coupling, layer))
                .toList();
    }

    /** Of one layer that reads the units. */
    static ReadChannels of(Coupling coupling, Layer layer) {
        List<Slice> slices = coupling.readers().stream()
                .filter(slice -> slice.layer().equals(layer))
                .toList();
        return new ReadChannels(coupling, layer, slices);
    }

    Layer layer() {
        return layer;
    }

    int units() {
        return byUnit.length;
    }

    /** How many channels a unit has. */
    int spread() {
        return byUnit[0].length;
    }

    /** The channels of a unit. */
    int[] of(int unit) {
        return byUnit[unit];
    }

    /** Those of no unit, rising. */
    int[] others() {
        return others;
    }

    /** All channels: those of no unit, then unit by unit. */
    int[] inOrder(int[] units) {
        return IntStream.concat(
                        Arrays.stream(others), Arrays.stream(units).flatMap(unit -> Arrays.stream(byUnit[unit])))
                .toArray();
    }

    /** How many of {@link #inOrder} are there with so many units. */
    int count(int units) {
        return others.length + units * spread();
    }
}
