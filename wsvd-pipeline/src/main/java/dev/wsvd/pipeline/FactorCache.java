package dev.wsvd.pipeline;

import dev.wsvd.domain.Layer;
import dev.wsvd.domain.LayerId;
import dev.wsvd.domain.RankDecision;
import dev.wsvd.domain.Unfolding;
import dev.wsvd.domain.factor.FactorizedLayer;
import dev.wsvd.domain.factor.Factorizer;
import dev.wsvd.domain.factor.LayerFactors;
import dev.wsvd.domain.factor.LayerMoments;
import dev.wsvd.domain.spi.CompressibleModel;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;

/** One decomposition per layer and unfolding, which serves every rank. */
final class FactorCache {
    private record Key(LayerId layer, Unfolding unfolding) {}

    private record RefinedKey(LayerId layer, RankDecision.Split split) {}

    private final CompressibleModel<?> model;
    private final Supplier<Factorizer> factorizer;
    private final Function<LayerId, Optional<LayerMoments>> moments;
    private final Map<Key, LayerFactors> factors = new HashMap<>();
    /** Plans that are tried one after the other have many splits in common. */
    private final Map<RefinedKey, FactorizedLayer> refined = new HashMap<>();

    /**
     * @param factorizer asked for when something has to be decomposed, so that a plan from saved scores needs no backend
     * @param moments what a layer sees, if that is known
     */
    FactorCache(
            CompressibleModel<?> model,
            Supplier<Factorizer> factorizer,
            Function<LayerId, Optional<LayerMoments>> moments) {
        this.model = model;
        this.factorizer = factorizer;
        this.moments = moments;
    }

    /** An empty cache for another model with the same layers. */
    FactorCache forModel(CompressibleModel<?> other) {
        return new FactorCache(other, factorizer, moments);
    }

    /** The layer's factors up to at least that rank. */
    LayerFactors factors(Layer layer, Unfolding unfolding, int rank) {
        Key key = new Key(layer.id(), unfolding);
        LayerFactors known = factors.get(key);
        if (known == null || known.maxRank() < rank) {
            float[] weight = model.weight(layer.id());
            known = moments.apply(layer.id())
                    .map(seen -> factorizer.get().factor(layer, weight, seen, unfolding, rank))
                    .orElseGet(() -> factorizer.get().factor(layer, weight, unfolding, rank));
            factors.put(key, known);
        }
        return known;
    }

    /** The two weights of a split that is the last use of the layer's factors, which are let go. */
    FactorizedLayer take(Layer layer, RankDecision.Split split) {
        FactorizedLayer taken = refined(layer, split);
        factors.remove(new Key(layer.id(), split.unfolding()));
        refined.keySet().removeIf(key -> key.layer().equals(layer.id()));
        return taken;
    }

    /** The two weights of a split that is meant to stay. */
    FactorizedLayer refined(Layer layer, RankDecision.Split split) {
        return refined.computeIfAbsent(
                new RefinedKey(layer.id(), split),
                key -> factors(layer, split.unfolding(), split.rank()).refined(split.rank()));
    }

    /** The two weights of a split. */
    FactorizedLayer at(Layer layer, RankDecision.Split split) {
        return factors(layer, split.unfolding(), split.rank()).at(split.rank());
    }
}
