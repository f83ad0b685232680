package dev.wsvd.calibration;

import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.moments.LayerMoments;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * Sums over what some layers see in a range of samples. With those over all other samples added, the moments of these layers follow. Layers
 * that see the same have the same sums.
 */
public final class MomentsPart implements Serializable {
    private static final long serialVersionUID = 1L;

    /** Empty where the range has no batch. */
    private final List<Shared> shared;

    /** What layers that see the same have. */
    private static final class Shared implements Serializable {
        private static final long serialVersionUID = 1L;

        private final String[] layers;
        private final Sums sums;

        Shared(List<Layer> layers, Sums sums) {
            this.layers = layers.stream().map(layer -> layer.id().name()).toArray(String[]::new);
            this.sums = sums;
        }
    }

    MomentsPart() {
        this.shared = new ArrayList<>();
    }

    void put(List<Layer> layers, Sums sums) {
        shared.add(new Shared(layers, sums));
    }

    /**
     * Adds what the same layers see in other samples. The order of additions decides on the last bits of the result.
     *
     * @param next must not be used any more, nor this: only what is returned
     * @throws InvalidInputException if it is of other layers
     */
    public MomentsPart plus(MomentsPart next) {
        if (shared.isEmpty() || next.shared.isEmpty()) {
            return shared.isEmpty() ? next : this;
        }
        if (shared.size() != next.shared.size()) {
            throw new InvalidInputException("Sums over what other layers see cannot be added.");
        }
        for (int i = 0; i < shared.size(); i++) {
            Shared mine = shared.get(i);
            Shared theirs = next.shared.get(i);
            if (!Arrays.equals(mine.layers, theirs.layers)) {
                throw new InvalidInputException("Sums over what other layers see cannot be added: "
                        + String.join(", ", mine.layers) + " and " + String.join(", ", theirs.layers) + ".");
            }
            mine.sums.add(theirs.sums);
        }
        return this;
    }

    /** Keeps the moments of each layer. */
    void keep(Function<LayerMoments, Supplier<LayerMoments>> keeper, Map<LayerId, Supplier<LayerMoments>> found) {
        for (Shared some : shared) {
            Supplier<LayerMoments> seen = keeper.apply(some.sums.moments());
            Arrays.stream(some.layers).forEach(layer -> found.put(new LayerId(layer), seen));
        }
    }
}
