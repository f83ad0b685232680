package dev.wsvd.adapter.djl.internal.block;

import dev.wsvd.domain.plan.Cut;
import java.util.List;
import java.util.stream.IntStream;

/**
 * A block whose parameters have an element for each channel, such as a {@code BatchNorm}, and whose channels are a coupling's units.
 *
 * @param place of the block: the numbers of the children that lead to it from the root
 * @param units by channel, the unit's number; −1 for none of the coupling's
 */
public record ChannelArrays(List<Integer> place, List<Integer> units) {
    public ChannelArrays {
        place = List.copyOf(place);
        units = List.copyOf(units);
    }

    /** By channel, whether it stays. */
    boolean[] remaining(Cut cut) {
        boolean[] stays = new boolean[units.size()];
        boolean[] kept = new boolean[cut.coupling().units()];
        cut.kept().forEach(unit -> kept[unit] = true);
        IntStream.range(0, stays.length).forEach(i -> stays[i] = units.get(i) < 0 || kept[units.get(i)]);
        return stays;
    }
}
