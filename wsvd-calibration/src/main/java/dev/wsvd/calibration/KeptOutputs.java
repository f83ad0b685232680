package dev.wsvd.calibration;

import dev.wsvd.domain.layer.Coupling.Side;
import dev.wsvd.domain.layer.Coupling.Slice;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.plan.Cut;
import java.util.Collection;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;

/** Which output channels cuts leave to layers. */
final class KeptOutputs {
    private final Collection<Cut> cuts;

    KeptOutputs(Collection<Cut> cuts) {
        this.cuts = cuts;
    }

    /**
     * Those of a layer that are outputs of what stands in its place now, in order.
     *
     * @return empty if that has fewer, and no cut says which, or they are combinations
     */
    Optional<int[]> of(Layer layer, Layer now) {
        Set<Integer> kept =
                new TreeSet<>(IntStream.range(0, layer.outChannels()).boxed().toList());
        if (now.outChannels() < layer.outChannels()) {
            for (Cut cut : cuts) {
                for (Slice slice : cut.coupling().slices()) {
                    if (slice.layer().id().equals(layer.id()) && slice.side() != Side.READS) {
                        if (!cut.combinations().isEmpty()) {
                            return Optional.empty();
                        }
                        kept.retainAll(cut.remaining(slice));
                    }
                }
            }
        }
        return Optional.of(kept.stream().mapToInt(channel -> channel).toArray())
                .filter(channels -> channels.length == now.outChannels());
    }
}
