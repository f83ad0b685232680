package dev.wsvd.cli;

import dev.wsvd.cost.Costs;
import dev.wsvd.cost.MemoryCost;
import dev.wsvd.domain.cost.Metric;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.Place;
import dev.wsvd.domain.plan.Choice;
import dev.wsvd.domain.spi.Schemes;
import dev.wsvd.json.JsonInspection;
import dev.wsvd.pipeline.resolve.Services;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** A model's layers with their costs, and the largest ranks that still lower memory. */
final class InspectedLayers {
    private static final String USUAL_FORM = "input-channel";

    private final Schemes schemes;
    private final Costs costs;
    private final Costs memory;

    /** @param schemes whose forms there may be */
    InspectedLayers(Schemes schemes) {
        this.schemes = schemes;
        this.costs = new Costs(Services.costModels(), schemes);
        this.memory = new Costs(List.of(new MemoryCost()), schemes);
    }

    /**
     * Each layer in one form.
     *
     * @throws InvalidInputException if there is no such form, or the cost of all does not fit in 63 bits
     */
    List<JsonInspection.Row> of(List<Layer> layers, String form) {
        schemes.of(form);
        // Sums that cannot be counted are found here, where the layer can be named.
        costs.of(layers);
        return layers.stream().map(layer -> row(layer, form)).toList();
    }

    /**
     * Each layer in the usual form, or where that does not suit it the first that does.
     *
     * @throws InvalidInputException if the cost of all does not fit in 63 bits
     */
    List<JsonInspection.Row> of(List<Layer> layers) {
        costs.of(layers);
        return layers.stream().map(layer -> row(layer, usualForm(layer))).toList();
    }

    private String usualForm(Layer layer) {
        return Stream.concat(Stream.of(USUAL_FORM), schemes.forms().stream())
                .filter(form -> !series(layer, form).isEmpty())
                .findFirst()
                .orElse(USUAL_FORM);
    }

    private JsonInspection.Row row(Layer layer, String form) {
        return new JsonInspection.Row(
                layer, costs.of(layer), form, layer.supported() ? largest(layer, form) : Optional.empty());
    }

    private Optional<Choice> largest(Layer layer, String form) {
        List<Choice> series = series(layer, form);
        long before = memory.of(layer).of(Metric.MEMORY);
        for (int i = series.size() - 1; i >= 0; i--) {
            Choice choice = series.get(i);
            if (memory.of(layer, choice).of(Metric.MEMORY) < before) {
                return Optional.of(choice);
            }
        }
        return Optional.empty();
    }

    private List<Choice> series(Layer layer, String form) {
        return schemes.of(form).series(Place.of(layer), form, 1);
    }
}
