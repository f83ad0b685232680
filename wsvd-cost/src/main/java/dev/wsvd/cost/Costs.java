package dev.wsvd.cost;

import dev.wsvd.domain.cost.Cost;
import dev.wsvd.domain.cost.Metric;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.layer.Place;
import dev.wsvd.domain.layer.SizedOp;
import dev.wsvd.domain.plan.Blueprint;
import dev.wsvd.domain.plan.Choice;
import dev.wsvd.domain.plan.Decision;
import dev.wsvd.domain.plan.Option;
import dev.wsvd.domain.plan.Plan;
import dev.wsvd.domain.plan.Shrink;
import dev.wsvd.domain.spi.CostModel;
import dev.wsvd.domain.spi.Schemes;
import dev.wsvd.domain.tensor.ElementType;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Supplier;

/** What layers cost, as they are and after a plan, by some cost models. All arithmetic is exact. */
public final class Costs {
    private final List<CostModel> models;
    private final Schemes schemes;
    private final Set<LayerId> int8;

    /**
     * @param models one per metric
     * @param schemes whose choices there may be
     */
    public Costs(List<CostModel> models, Schemes schemes) {
        this(models, schemes, Set.of());
    }

    private Costs(List<CostModel> models, Schemes schemes, Set<LayerId> int8) {
        this.models = List.copyOf(models);
        this.schemes = Objects.requireNonNull(schemes, "schemes");
        this.int8 = Set.copyOf(int8);
    }

    /** These and one more metric, or another model of a metric. */
    public Costs with(CostModel more) {
        List<CostModel> all = new ArrayList<>(models);
        all.removeIf(model -> model.metric().equals(more.metric()));
        all.add(more);
        return new Costs(all, schemes, int8);
    }

    /** The same where whatever is made of some layers will be int8; those layers as they are stay as they are. */
    public Costs withInt8(Set<LayerId> layers) {
        return new Costs(models, schemes, layers);
    }

    /** MACs, weight elements and bytes. */
    public static Costs of(Schemes schemes) {
        return new Costs(List.of(new MacCost(), new MemoryCost(), new BytesCost()), schemes);
    }

    /**
     * A layer as it is.
     *
     * @throws InvalidInputException if the cost does not fit in 63 bits
     */
    public Cost of(Layer layer) {
        return exact(layer, () -> of(layer, List.of(layer.sized())));
    }

    /**
     * What a choice makes of the layers that it changes, all else as it is.
     *
     * @throws InvalidInputException if there is no such choice at the place, or the cost does not fit in 63 bits
     */
    public Cost of(Place place, Choice choice) {
        return sum(place, byLayer(place, schemes.blueprint(place, choice)));
    }

    /**
     * A choice as a selection sees it.
     *
     * @throws InvalidInputException if there is no such choice at the place, or the cost does not fit in 63 bits
     */
    public Option option(Place place, Choice choice) {
        Blueprint blueprint = schemes.blueprint(place, choice);
        Map<LayerId, Cost> costs = byLayer(place, blueprint);
        return new Option(
                choice,
                schemes.size(place, choice),
                sum(place, costs),
                blueprint.shrinks(),
                blueprint.stages().size() > 1 ? costs : Map.of());
    }

    /**
     * The layers that a choice changes, as they are.
     *
     * @throws InvalidInputException if there is no such choice at the place, or the cost does not fit in 63 bits
     */
    public Cost before(Place place, Choice choice) {
        Set<LayerId> changed = schemes.blueprint(place, choice).layers();
        return of(place.layers().stream()
                .filter(layer -> changed.contains(layer.id()))
                .toList());
    }

    private Map<LayerId, Cost> byLayer(Place place, Blueprint blueprint) {
        Map<LayerId, Cost> costs = new LinkedHashMap<>();
        for (Layer layer : place.layers()) {
            if (blueprint.layers().contains(layer.id())) {
                costs.put(layer.id(), exact(layer, () -> of(layer, ops(layer, blueprint))));
            }
        }
        return costs;
    }

    private Cost sum(Place place, Map<LayerId, Cost> costs) {
        return exact(place.layer(), () -> costs.values().stream().reduce(nothing(), Cost::plus));
    }

    /** The same of a layer by which nothing else is named. */
    public Cost of(Layer layer, Choice choice) {
        return of(Place.of(layer), choice);
    }

    /**
     * A layer with fewer channels.
     *
     * @throws InvalidInputException if it cannot have as few, or the cost does not fit in 63 bits
     */
    public Cost of(Layer layer, Shrink shrink) {
        return exact(layer, () -> of(layer, ops(layer, Blueprint.of(Map.of(layer.id(), shrink)))));
    }

    /**
     * What stands in a layer's place after some change of layers, in the type it will be stored in.
     *
     * @throws InvalidInputException if the layer cannot have as few channels
     */
    public List<SizedOp> ops(Layer layer, Blueprint after) {
        Shrink shrink = after.shrinks().getOrDefault(layer.id(), Shrink.NONE);
        List<SizedOp> stages =
                after.stages().getOrDefault(layer.id(), List.of(layer.sized().shrunk(shrink.out(), shrink.in())));
        boolean same = stages.equals(List.of(layer.sized()));
        return same || !int8.contains(layer.id())
                ? stages
                : stages.stream().map(op -> op.as(ElementType.INT8)).toList();
    }

    /** A model with every layer as it is. */
    public Cost of(Collection<Layer> layers) {
        return of(layers.stream().map(Place::of).toList(), Plan.NONE);
    }

    /**
     * A model after a plan; layers the plan does not mention stay as they are.
     *
     * @param places every layer of the model
     * @throws InvalidInputException if the cost does not fit in 63 bits
     */
    public Cost of(Collection<Place> places, Plan plan) {
        Cost sum = nothing();
        Map<LayerId, Cost> after = byLayer(places, plan);
        for (Place place : places) {
            Cost before = sum;
            sum = exact(place.layer(), () -> before.plus(after.get(place.id())));
        }
        return sum;
    }

    /**
     * What each layer costs after a plan, with what stands in its place then.
     *
     * @param places every layer of the model
     * @throws InvalidInputException if the plan replaces a layer twice, or replaces it and cuts units that it has a part in, or the cost does not fit in 63
     *     bits
     */
    public Map<LayerId, Cost> byLayer(Collection<Place> places, Plan plan) {
        Map<LayerId, List<SizedOp>> stages = new LinkedHashMap<>();
        Map<LayerId, Shrink> shrinks = new LinkedHashMap<>();
        for (Place place : places) {
            if (plan.decision(place.id()) instanceof Decision.Change change) {
                Blueprint blueprint = schemes.blueprint(place, change.choice());
                blueprint.stages().forEach((layer, ops) -> {
                    if (stages.put(layer, ops) != null) {
                        throw new InvalidInputException("The plan replaces layer '" + layer
                                + "' for itself and with its siblings; only one of both is possible.");
                    }
                });
                blueprint.shrinks().forEach((layer, shrink) -> shrinks.merge(layer, shrink, Shrink::plus));
            }
        }
        Blueprint all = new Blueprint(stages, shrinks);
        Map<LayerId, Cost> costs = new LinkedHashMap<>();
        for (Place place : places) {
            if (stages.containsKey(place.id()) && shrinks.containsKey(place.id())) {
                throw new InvalidInputException("The plan replaces layer '" + place.id()
                        + "' and cuts units that it has a part in; only one of both is possible.");
            }
            costs.put(place.id(), exact(place.layer(), () -> of(place.layer(), ops(place.layer(), all))));
        }
        return costs;
    }

    private Cost of(Layer layer, List<SizedOp> ops) {
        Map<Metric, Long> amounts = new LinkedHashMap<>();
        models.forEach(model -> amounts.put(model.metric(), model.cost(layer, ops)));
        return new Cost(amounts);
    }

    private Cost nothing() {
        Map<Metric, Long> amounts = new LinkedHashMap<>();
        models.forEach(model -> amounts.put(model.metric(), 0L));
        return new Cost(amounts);
    }

    private static Cost exact(Layer layer, Supplier<Cost> arithmetic) {
        try {
            return arithmetic.get();
        } catch (ArithmeticException e) {
            throw new InvalidInputException(
                    "Layer '" + layer.id() + "' (" + layer.weight() + ", input " + layer.inputShape() + ", output "
                            + layer.outputShape() + ") brings the cost above " + Long.MAX_VALUE
                            + ", more than can be counted.",
                    e);
        }
    }
}
