package dev.wsvd.pipeline;

import dev.wsvd.domain.layer.Coupling.Slice;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.layer.Place;
import dev.wsvd.domain.linalg.LinearAlgebra;
import dev.wsvd.domain.moments.LayerMoments;
import dev.wsvd.domain.plan.Candidate;
import dev.wsvd.domain.plan.Choice;
import dev.wsvd.domain.plan.Factors;
import dev.wsvd.domain.plan.Replacement;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.LayerKnowledge;
import dev.wsvd.domain.spi.LayerTask;
import dev.wsvd.domain.spi.Schemes;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;

/**
 * One decomposition per layer and form, which serves every rank, and the error of every choice that was asked for. Decompositions that
 * were not used for long are let go where they take much memory, and made again, up to the rank that is wanted then.
 */
final class FactorCache {
    /** What decompositions may take, about. */
    private static final long KEPT_BYTES = 384L << 20;

    /** Decompositions of a size of which so few can be kept will hardly be there when they are used. */
    private static final int FEW = 8;

    private record Key(LayerId layer, String form) {}

    /** @param bytes about what they take */
    private record Made(Factors factors, long bytes) {}

    private record RefinedKey(LayerId layer, Choice choice) {}

    private final long keptBytes;
    private final CompressibleModel<?> model;
    private final Schemes schemes;
    private final Supplier<LinearAlgebra> linearAlgebra;
    private final Function<LayerId, Optional<LayerMoments>> moments;
    private final LayerKnowledge known;
    /** The longest unused first. */
    private final Map<Key, Made> factors = new LinkedHashMap<>(16, 0.75f, true);

    /** Up to which choices decompositions go at least. */
    private final Map<Key, Choice> expected = new ConcurrentHashMap<>();

    private final Map<Candidate, Double> errors = new HashMap<>();
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
        this(KEPT_BYTES, model, schemes, linearAlgebra, moments);
    }

    FactorCache(
            long keptBytes,
            CompressibleModel<?> model,
            Schemes schemes,
            Supplier<LinearAlgebra> linearAlgebra,
            Function<LayerId, Optional<LayerMoments>> moments) {
        this.keptBytes = keptBytes;
        this.model = model;
        this.schemes = schemes;
        this.linearAlgebra = linearAlgebra;
        this.moments = moments;
        this.known = LayerKnowledge.of(model, moments);
    }

    /** An empty cache for another model with the same layers. */
    FactorCache forModel(CompressibleModel<?> other) {
        return new FactorCache(keptBytes, other, schemes, linearAlgebra, moments);
    }

    /** An empty cache that goes by weights alone and keeps no more than one decomposition. */
    FactorCache ofWeights() {
        return new FactorCache(0, model, schemes, linearAlgebra, layer -> Optional.empty());
    }

    /** The layer's factors up to at least that choice. */
    Factors factors(Place layer, Choice choice) {
        Key key = new Key(layer.id(), choice.form());
        Choice upTo = upTo(layer.id(), choice);
        Made made = factors.get(key);
        if (made == null || !made.factors().covers(upTo)) {
            made = new Made(
                    schemes.of(choice.form()).factor(layer, known, upTo, linearAlgebra.get()), bytes(layer, choice));
            factors.put(key, made);
            letGo();
        }
        return made.factors();
    }

    /**
     * Says up to which choice a layer will be decomposed. Factors differ in their last bits by how many directions were sought, so that those
     * of networks that are compared should not depend on which was made first.
     */
    void expect(LayerId layer, Choice largest) {
        expected.merge(new Key(layer, largest.form()), largest, Choice::larger);
    }

    /** Has a layer decomposed up to that choice, no more and no less; what was made up to another is let go. */
    void expectExactly(LayerId layer, Choice largest) {
        Key key = new Key(layer, largest.form());
        if (!largest.equals(expected.put(key, largest))) {
            factors.remove(key);
            refined.keySet()
                    .removeIf(made ->
                            made.layer().equals(layer) && made.choice().form().equals(largest.form()));
        }
    }

    /** Up to which choice a layer is decomposed where one is wanted. */
    Choice upTo(LayerId layer, Choice choice) {
        return choice.larger(expected.getOrDefault(new Key(layer, choice.form()), choice));
    }

    /** All but the last, until the others are few enough. */
    private void letGo() {
        long bytes = factors.values().stream().mapToLong(Made::bytes).sum();
        for (Iterator<Made> oldest = factors.values().iterator(); bytes > keptBytes && factors.size() > 1; ) {
            bytes -= oldest.next().bytes();
            oldest.remove();
        }
    }

    /**
     * A few matrices as large as the weights and, of layers that read what is cut and where several taps see one another, one of what the
     * layer sees, squared.
     */
    private long bytes(Place place, Choice choice) {
        if (!schemes.blueprint(place, choice).isCut()) {
            return bytes(place.layer(), place.layer().weight().kernelSize() > 1);
        }
        return place.coupling().orElseThrow().readers().stream()
                .map(Slice::layer)
                .distinct()
                .mapToLong(reader -> bytes(reader, true))
                .sum();
    }

    /** Whether a layer's decompositions take so much memory that they will hardly be there when they are used. */
    static boolean isLarge(Layer layer) {
        return bytes(layer, false) > KEPT_BYTES / FEW;
    }

    private static long bytes(Layer layer, boolean squared) {
        long seen = squared ? LayerMoments.covarianceSize(layer) : 0;
        return Double.BYTES * (layer.groups() * seen * seen + 4 * layer.weight().elements());
    }

    /** Does a task in this process. */
    LayerTask.Result does(Place layer, LayerTask task) {
        if (task instanceof LayerTask.Errors wanted) {
            return missed(layer, wanted.choices(), wanted.upTo());
        }
        LayerTask.Stages wanted = (LayerTask.Stages) task;
        return new LayerTask.Made(wanted.refined() ? take(layer, wanted.choice()) : at(layer, wanted.choice()));
    }

    /**
     * How much choices of one form miss. Factors that would be let go before they are used are not made for it, if there is less to do.
     *
     * @param largest that has the largest sizes of all
     */
    LayerTask.Missed missed(Place layer, List<Choice> choices, Choice largest) {
        Optional<ToDoubleFunction<Choice>> alone = bytes(layer, largest) <= keptBytes / FEW
                ? Optional.empty()
                : schemes.of(largest.form()).errors(layer, known, largest, linearAlgebra.get());
        if (alone.isEmpty()) {
            expect(layer.id(), largest);
        }
        ToDoubleFunction<Choice> of = alone.orElseGet(() -> factors(layer, largest)::error);
        Map<Choice, Double> missed = new LinkedHashMap<>();
        choices.forEach(choice -> missed.put(choice, of.applyAsDouble(choice)));
        return new LayerTask.Missed(missed, alone.isEmpty());
    }

    /**
     * Keeps how much choices miss.
     *
     * @param largest up to which the layer was decomposed for it
     */
    void keep(LayerId layer, Choice largest, LayerTask.Missed missed) {
        if (missed.factored()) {
            expect(layer, largest);
        }
        missed.errors().forEach((choice, error) -> errors.putIfAbsent(new Candidate(layer, choice), error));
    }

    /** Whether what choices miss is known, so that nothing needs to be decomposed to tell. */
    boolean knowsErrors(Place layer, List<Choice> choices) {
        return choices.stream().allMatch(choice -> errors.containsKey(new Candidate(layer.id(), choice)));
    }

    /** How much a choice misses. */
    double error(Place layer, Choice choice) {
        return errors.computeIfAbsent(
                new Candidate(layer.id(), choice), key -> factors(layer, choice).error(choice));
    }

    /** The same, if it was asked for before. */
    OptionalDouble knownError(Place layer, Choice choice) {
        Double known = errors.get(new Candidate(layer.id(), choice));
        return known == null ? OptionalDouble.empty() : OptionalDouble.of(known);
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
