package dev.wsvd.domain.plan;

import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.Siblings;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * What a choice makes of layers, with weights: a format needs no more to rewrite its model.
 *
 * @param choice what was chosen
 * @param stages by layer of the original: what stands in its place, at least one stage each. Of a cut, for every layer that reads the
 *     units one stage with fewer input channels, and for layers that only write them, maybe, one stage that stands for the whole
 *     layer; cuts then take output channels of these stages
 *     Of siblings, for each all of its stages, of which the first is the same for all
 * @param cut what is left of the units between layers; absent where layers are replaced
 * @param siblings layers that share their first stage; absent where there are none
 * @param predictedError {@link Factors#error} of the choice
 */
public record Replacement(
        Choice choice,
        Map<Layer, List<Stage>> stages,
        Optional<Cut> cut,
        Optional<Siblings> siblings,
        double predictedError) {
    /** @throws InvalidInputException if stages do not fit each other, their layer, the cut or the siblings */
    public Replacement {
        Objects.requireNonNull(choice, "choice");
        Objects.requireNonNull(cut, "cut");
        Objects.requireNonNull(siblings, "siblings");
        Map<Layer, List<Stage>> copy = new LinkedHashMap<>();
        Optional<Cut> made = cut;
        stages.forEach((layer, parts) -> {
            StageFit.problem(layer, parts, made).ifPresent(problem -> {
                throw new InvalidInputException("The stages for layer '" + layer.id() + "' (" + layer.weight() + ", "
                        + choice + ") do not fit: " + problem + ".");
            });
            copy.put(layer, List.copyOf(parts));
        });
        stages = Collections.unmodifiableMap(copy);
        cut.ifPresent(it -> it.coupling().readers().forEach(reader -> {
            if (!copy.containsKey(reader.layer())) {
                throw new InvalidInputException(
                        "A cut of the coupling at '" + it.coupling().layer().id() + "' needs a stage for layer '"
                                + reader.layer().id() + "', which reads its units.");
            }
        }));
        siblings.ifPresent(it -> StageFit.requireShared(it, copy, made));
    }

    /** Without a shared stage. */
    public Replacement(Choice choice, Map<Layer, List<Stage>> stages, Optional<Cut> cut, double predictedError) {
        this(choice, stages, cut, Optional.empty(), predictedError);
    }

    /** Siblings, whose first stages are one. */
    public static Replacement of(
            Siblings siblings, Choice choice, Map<Layer, List<Stage>> stages, double predictedError) {
        return new Replacement(choice, stages, Optional.empty(), Optional.of(siblings), predictedError);
    }

    /** Layers replaced one by one. */
    public Replacement(Choice choice, Map<Layer, List<Stage>> stages, double predictedError) {
        this(choice, stages, Optional.empty(), predictedError);
    }

    /** What stands in one layer's place. */
    public static Replacement of(Layer layer, Choice choice, List<Stage> stages, double predictedError) {
        return new Replacement(choice, Map.of(layer, stages), predictedError);
    }

    /** The layer that the choice was made for. */
    public Layer layer() {
        if (cut.isPresent()) {
            return cut.get().coupling().layer();
        }
        if (siblings.isPresent()) {
            return siblings.get().layer();
        }
        if (stages.size() != 1) {
            throw new IllegalStateException("A replacement by " + choice + " is of " + stages.size() + " layers.");
        }
        return stages.keySet().iterator().next();
    }

    /** The stages, of a replacement of one layer. */
    public List<Stage> parts() {
        return stages.get(layer());
    }

    /** The part of it, where layers are replaced, that is for some of them, which share nothing then; empty if none is. */
    public Optional<Replacement> part(Predicate<Layer> wanted) {
        Map<Layer, List<Stage>> some = new LinkedHashMap<>(stages);
        some.keySet().removeIf(wanted.negate());
        return some.isEmpty() ? Optional.empty() : Optional.of(new Replacement(choice, some, predictedError));
    }

    /** The same with other stages for one layer. */
    public Replacement with(Layer layer, List<Stage> parts) {
        Map<Layer, List<Stage>> changed = new LinkedHashMap<>(stages);
        changed.put(layer, parts);
        return new Replacement(choice, changed, cut, siblings, predictedError);
    }
}
