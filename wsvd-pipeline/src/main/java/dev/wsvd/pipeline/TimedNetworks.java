package dev.wsvd.pipeline;

import dev.wsvd.cost.Costs;
import dev.wsvd.cost.LatencyCost;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.layer.Place;
import dev.wsvd.domain.layer.SizedOp;
import dev.wsvd.domain.plan.Blueprint;
import dev.wsvd.domain.plan.Choice;
import dev.wsvd.domain.plan.Shrink;
import dev.wsvd.domain.spi.Schemes;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.ToIntFunction;

/**
 * The networks that are timed to know what layers may become: in each as many places as there can be are replaced by one form, at a few levels of
 * their cost. No layer is changed twice in one way, and nothing is timed twice.
 */
final class TimedNetworks {
    /** MACs of what is timed / MACs of what it stands for, about. */
    private static final List<Double> LEVELS = List.of(0.1, 0.25, 0.5, 0.8);

    private static final int NETWORKS_PER_LEVEL = 3;

    private final List<Place> places;
    private final Schemes schemes;
    private final Costs costs;
    private final Multiples multiples;
    private final ToIntFunction<Layer> block;

    /**
     * @param places what may be replaced
     * @param costs which know how what replaces layers is stored
     * @param multiples what ranks are multiples of
     * @param block how many channels of a layer the engine computes at once
     */
    TimedNetworks(List<Place> places, Schemes schemes, Costs costs, Multiples multiples, ToIntFunction<Layer> block) {
        this.places = places;
        this.schemes = schemes;
        this.costs = costs;
        this.multiples = multiples;
        this.block = block;
    }

    Blueprint blueprint(Place place, Choice choice) {
        return schemes.blueprint(place, choice);
    }

    /** All of them, by form and level: what each place becomes in it. */
    List<Map<Place, Choice>> all() {
        Set<String> planned = new HashSet<>();
        List<Map<Place, Choice>> networks = new ArrayList<>();
        for (String form : schemes.forms()) {
            for (double level : LEVELS) {
                Map<Place, Choice> wanted = new LinkedHashMap<>();
                for (Place place : places) {
                    nearest(place, form, level)
                            .filter(choice -> isNew(place, choice, planned))
                            .ifPresent(choice -> wanted.put(place, choice));
                }
                networks.addAll(packed(wanted));
            }
        }
        return networks;
    }

    private boolean isNew(Place place, Choice choice, Set<String> planned) {
        Blueprint blueprint = schemes.blueprint(place, choice);
        boolean isNew = false;
        for (Layer layer : changed(place, blueprint)) {
            List<SizedOp> ops = ops(layer, blueprint);
            isNew |= planned.add(layer.id() + " " + LatencyCost.pattern(ops) + " " + macs(layer, ops));
        }
        return isNew;
    }

    private Optional<Choice> nearest(Place place, String form, double level) {
        Choice nearest = null;
        double distance = Double.POSITIVE_INFINITY;
        for (Choice choice : schemes.of(form).choices(place, form, multiples.of(place))) {
            Blueprint blueprint = schemes.blueprint(place, choice);
            double before = size(place, blueprint, layer -> List.of(layer.sized()));
            double after = size(place, blueprint, layer -> ops(layer, blueprint));
            double off = Math.abs(Math.log(after / before / level));
            if (off < distance && (after < before || Int8.isInt8(choice))) {
                distance = off;
                nearest = choice;
            }
        }
        return Optional.ofNullable(nearest);
    }

    /** MACs of what is changed, of tables, which have none, weights. */
    private double size(Place place, Blueprint blueprint, Function<Layer, List<SizedOp>> of) {
        List<Layer> changed = changed(place, blueprint);
        boolean tables = changed.stream().allMatch(layer -> layer.sized().macs() == 0);
        return changed.stream()
                .mapToDouble(layer -> tables
                        ? of.apply(layer).stream()
                                .mapToDouble(sized -> sized.op().weight().elements())
                                .sum()
                        : macs(layer, of.apply(layer)))
                .sum();
    }

    /** Networks in which no layer is changed twice in one way. */
    private List<Map<Place, Choice>> packed(Map<Place, Choice> wanted) {
        List<Map<Place, Choice>> networks = new ArrayList<>();
        Map<Place, Choice> left = new LinkedHashMap<>(wanted);
        while (!left.isEmpty() && networks.size() < NETWORKS_PER_LEVEL) {
            Map<Place, Choice> network = new LinkedHashMap<>();
            Set<String> taken = new HashSet<>();
            left.forEach((place, choice) -> {
                Set<String> sides = sides(schemes.blueprint(place, choice));
                if (sides.stream().noneMatch(taken::contains)) {
                    taken.addAll(sides);
                    network.put(place, choice);
                }
            });
            left.keySet().removeAll(network.keySet());
            networks.add(network);
        }
        return networks;
    }

    private static Set<String> sides(Blueprint blueprint) {
        Set<String> sides = new HashSet<>();
        blueprint.stages().keySet().forEach(layer -> sides.addAll(List.of("in " + layer, "out " + layer)));
        blueprint.shrinks().forEach((layer, shrink) -> {
            if (shrink.in() > 0) {
                sides.add("in " + layer);
            }
            if (shrink.out() > 0) {
                sides.add("out " + layer);
            }
        });
        return sides;
    }

    /** What each layer that a network changes is in it; several cuts of one layer add up. */
    Map<Layer, List<SizedOp>> layers(Map<Place, Choice> network) {
        Map<Layer, List<SizedOp>> layers = new LinkedHashMap<>();
        Map<LayerId, Shrink> shrinks = new HashMap<>();
        network.forEach((place, choice) -> {
            Blueprint blueprint = blueprint(place, choice);
            blueprint.shrinks().forEach((layer, shrink) -> shrinks.merge(layer, shrink, Shrink::plus));
            for (Layer layer : changed(place, blueprint)) {
                layers.put(layer, ops(layer, new Blueprint(blueprint.stages(), shrinks)));
            }
        });
        return layers;
    }

    static List<Layer> changed(Place place, Blueprint blueprint) {
        Set<LayerId> changed = blueprint.layers();
        return place.layers().stream()
                .filter(layer -> changed.contains(layer.id()))
                .toList();
    }

    List<SizedOp> ops(Layer layer, Blueprint blueprint) {
        return costs.ops(layer, blueprint);
    }

    long macs(Layer layer, List<SizedOp> ops) {
        return LatencyCost.macs(ops, block.applyAsInt(layer));
    }
}
