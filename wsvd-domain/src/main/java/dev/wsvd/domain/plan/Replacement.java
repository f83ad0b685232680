package dev.wsvd.domain.plan;

import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.layer.Layer;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * What a choice puts in layers' places, with weights: a format needs no more to rewrite its model.
 *
 * @param choice what was chosen
 * @param stages by layer of the original; at least one stage each
 * @param predictedError {@link Factors#error} of the choice
 */
public record Replacement(Choice choice, Map<Layer, List<Stage>> stages, double predictedError) {
    /** @throws InvalidInputException if stages do not fit each other or their layer */
    public Replacement {
        Objects.requireNonNull(choice, "choice");
        Map<Layer, List<Stage>> copy = new LinkedHashMap<>();
        stages.forEach((layer, parts) -> {
            StageFit.problem(layer, parts).ifPresent(problem -> {
                throw new InvalidInputException("The stages for layer '" + layer.id() + "' (" + layer.weight() + ", "
                        + choice + ") do not fit: " + problem + ".");
            });
            copy.put(layer, List.copyOf(parts));
        });
        stages = Collections.unmodifiableMap(copy);
    }

    /** What stands in one layer's place. */
    public static Replacement of(Layer layer, Choice choice, List<Stage> stages, double predictedError) {
        return new Replacement(choice, Map.of(layer, stages), predictedError);
    }

    /** The layer, of a replacement of one. */
    public Layer layer() {
        if (stages.size() != 1) {
            throw new IllegalStateException("A replacement by " + choice + " is of " + stages.size() + " layers.");
        }
        return stages.keySet().iterator().next();
    }

    /** The stages, of a replacement of one layer. */
    public List<Stage> parts() {
        return stages.get(layer());
    }
}
