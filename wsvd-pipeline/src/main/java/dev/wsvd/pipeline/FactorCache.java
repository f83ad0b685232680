package dev.wsvd.pipeline;

import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.layer.Place;
import dev.wsvd.domain.layer.Weights;
import dev.wsvd.domain.linalg.LinearAlgebra;
import dev.wsvd.domain.moments.LayerMoments;
import dev.wsvd.domain.plan.Choice;
import dev.wsvd.domain.plan.Factors;
import dev.wsvd.domain.plan.Replacement;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.LayerKnowledge;
import dev.wsvd.domain.spi.Schemes;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;

/** One decomposition per layer and form, which serves every rank. */
final class FactorCache {
    private record Key(LayerId layer, String form) {}

    private record RefinedKey(LayerId layer, Choice choice) {}

    private final CompressibleModel<?> model;
    private final Schemes schemes;
    private final Supplier<LinearAlgebra> linearAlgebra;
    private final Function<LayerId, Optional<LayerMoments>> moments;
    private final LayerKnowledge known;
    private final Map<Key, Factors> factors = new HashMap<>();
    /** Plans that are tried one after the other have many replacements in common. */
    private final Map<RefinedKey, Replacement> refined = new HashMap<>();

    /**
     * @param linearAlgebra asked for when something has to be decomposed, so that a plan from saved scores needs no backend
     * @param moments what a layer sees, if that is known
     */
    FactorCache(
            CompressibleModel<?> model,
            Schemes schemes,
            Supplier<LinearAlgebra> linearAlgebra,
            Function<LayerId, Optional<LayerMoments>> moments) {
        this.model = model;
        this.schemes = schemes;
        this.linearAlgebra = linearAlgebra;
        this.moments = moments;
        this.known = known(model, moments);
    }

    private static LayerKnowledge known(CompressibleModel<?> model, Function<LayerId, Optional<LayerMoments>> moments) {
        return new LayerKnowledge() {
            @Override
            public Weights weights(LayerId layer) {
                return model.weights(layer);
            }

            @Override
            public Optional<float[]> bias(LayerId layer) {
                return model.bias(layer);
            }

            @Override
            public Optional<LayerMoments> moments(LayerId layer) {
                return moments.apply(layer);
            }
        };
    }

    /** An empty cache for another model with the same layers. */
    FactorCache forModel(CompressibleModel<?> other) {
        return new FactorCache(other, schemes, linearAlgebra, moments);
    }

    /** The layer's factors up to at least that choice. */
    Factors factors(Place layer, Choice choice) {
        Key key = new Key(layer.id(), choice.form());
        Factors made = factors.get(key);
        if (made == null || !made.covers(choice)) {
            made = schemes.of(choice.form()).factor(layer, known, choice, linearAlgebra.get());
            factors.put(key, made);
        }
        return made;
    }

    /** What a choice puts in the layer's place. */
    Replacement at(Place layer, Choice choice) {
        return factors(layer, choice).at(choice);
    }

    /** What a choice puts in the layer's place that is meant to stay. */
    Replacement refined(Place layer, Choice choice) {
        return refined.computeIfAbsent(
                new RefinedKey(layer.id(), choice),
                key -> factors(layer, choice).refined(choice));
    }

    /** The same, where that is the last use of the layer's factors, which are let go. */
    Replacement take(Place layer, Choice choice) {
        Replacement taken = refined(layer, choice);
        factors.remove(new Key(layer.id(), choice.form()));
        refined.keySet().removeIf(key -> key.layer().equals(layer.id()));
        return taken;
    }
}
