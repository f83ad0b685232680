package dev.wsvd.cli;

import dev.wsvd.calibration.OutputErrors;
import dev.wsvd.cost.Costs;
import dev.wsvd.domain.cost.Cost;
import dev.wsvd.domain.error.EngineLostException;
import dev.wsvd.domain.error.WsvdException;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.spi.Activations;
import dev.wsvd.domain.stats.LayerTimes;
import dev.wsvd.json.JsonComparison;
import dev.wsvd.pipeline.OpenedModel;
import dev.wsvd.pipeline.resolve.Services;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;

/**
 * Every layer of an original, with what is known of what stands in its place in a compressed model.
 *
 * @param predicted relative output errors, each with that layer alone compressed
 * @param measured the same in the compressed network
 * @param times how long they take
 */
record ComparedLayers(Map<LayerId, Double> predicted, Map<LayerId, Double> measured, Map<LayerId, LayerTimes> times) {
    /** Adds them in graph order. */
    <M> void addTo(JsonComparison json, OpenedModel<M> first, OpenedModel<M> second, Activations<M> inputs) {
        Costs costs = new Costs(Services.costModels(), Services.schemes());
        List<Layer> original = first.model().layers();
        List<Layer> compressed = second.model().layers();
        Set<Layer> changed = new HashSet<>(OutputErrors.changed(original, compressed));
        Map<LayerId, Layer> made = new HashMap<>();
        compressed.forEach(layer -> made.put(layer.id(), layer));
        Map<LayerId, List<LayerId>> stages = changed.isEmpty() ? Map.of() : stages(first, second, inputs);
        for (Layer layer : original) {
            json.layer(
                    layer,
                    changed.contains(layer),
                    costs.of(layer),
                    changed.contains(layer)
                            ? after(costs, stages.getOrDefault(layer.id(), List.of()), made)
                            : Optional.of(costs.of(made.get(layer.id()))),
                    known(predicted.get(layer.id())),
                    known(measured.get(layer.id())),
                    Optional.ofNullable(times.get(layer.id())));
        }
    }

    /** What was compared is worth having without these. */
    private static <M> Map<LayerId, List<LayerId>> stages(
            OpenedModel<M> first, OpenedModel<M> second, Activations<M> inputs) {
        try {
            return OutputErrors.stages(inputs, first.model(), second.model());
        } catch (EngineLostException e) {
            throw e;
        } catch (WsvdException e) {
            return Map.of();
        }
    }

    private static Optional<Cost> after(Costs costs, List<LayerId> stages, Map<LayerId, Layer> made) {
        return stages.isEmpty()
                ? Optional.empty()
                : Optional.of(costs.of(
                        stages.stream().map(made::get).filter(Objects::nonNull).toList()));
    }

    private static OptionalDouble known(Double figure) {
        return figure == null ? OptionalDouble.empty() : OptionalDouble.of(figure);
    }
}
