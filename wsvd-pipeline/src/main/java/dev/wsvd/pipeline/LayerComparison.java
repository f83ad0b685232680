package dev.wsvd.pipeline;

import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.spi.Stopwatch;
import dev.wsvd.domain.stats.LayerTimes;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.Function;

/** Two networks timed in turn, the original and one in which layers were replaced, and where the time of each goes. */
public final class LayerComparison {
    /** Relative width of the interval that is enough. */
    private static final double WIDTH = 0.01;

    private static final long LONGEST_NS = 2_000_000_000L;
    /** Relative to their own time, by how much layers are slower that are taken to be. */
    private static final double SLOWER = 0.05;

    private final PairedRatio whole;
    private final LayerProfile before;
    private final LayerProfile after;
    private final Function<LayerId, List<LayerId>> stagesOf;

    private LayerComparison(
            PairedRatio whole, LayerProfile before, LayerProfile after, Function<LayerId, List<LayerId>> stagesOf) {
        this.whole = whole;
        this.before = before;
        this.after = after;
        this.stagesOf = stagesOf;
    }

    /**
     * Times both.
     *
     * @param stagesOf the layers of the other that stand in the place of one of the original
     * @throws dev.wsvd.domain.error.ModelFormatException if an engine fails
     */
    public static LayerComparison of(Stopwatch original, Stopwatch other, Function<LayerId, List<LayerId>> stagesOf) {
        PairedRatio whole = PairedRatio.of(original::run, other::run, WIDTH, LONGEST_NS);
        return new LayerComparison(
                whole,
                LayerProfile.of(original, whole.firstNs()),
                LayerProfile.of(other, whole.firstNs() * whole.ratio()),
                stagesOf);
    }

    PairedRatio whole() {
        return whole;
    }

    /** By layer of the original; one that the engine does not tell apart in both is absent. */
    public Map<LayerId, LayerTimes> layers() {
        Map<LayerId, LayerTimes> times = new LinkedHashMap<>();
        before.layers()
                .forEach((layer, dense) -> after.of(stagesOf.apply(layer))
                        .ifPresent(
                                now -> times.put(layer, new LayerTimes(dense.ns(), OptionalDouble.empty(), now.ns()))));
        return times;
    }

    /** Whether some layers of the original, together, are faster than what stands in their places, by more than noise. */
    boolean isSlower(Collection<LayerId> some) {
        Optional<LayerProfile.Time> dense = before.of(some);
        Optional<LayerProfile.Time> now = after.of(
                some.stream().flatMap(layer -> stagesOf.apply(layer).stream()).toList());
        if (dense.isEmpty() || now.isEmpty()) {
            return false;
        }
        double longer = now.get().ns() - dense.get().ns();
        return longer > SLOWER * dense.get().ns()
                && longer > dense.get().scatter() + now.get().scatter();
    }
}
