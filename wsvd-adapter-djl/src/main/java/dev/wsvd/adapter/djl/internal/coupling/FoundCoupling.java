package dev.wsvd.adapter.djl.internal.coupling;

import dev.wsvd.adapter.djl.internal.block.ChannelArrays;
import dev.wsvd.domain.layer.Coupling;
import java.util.List;

/** A coupling, and the blocks besides layers that have an element for each unit. */
public record FoundCoupling(Coupling coupling, List<ChannelArrays> arrays) {
    public FoundCoupling {
        arrays = List.copyOf(arrays);
    }
}
