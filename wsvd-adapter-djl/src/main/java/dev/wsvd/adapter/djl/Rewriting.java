package dev.wsvd.adapter.djl;

import dev.wsvd.adapter.djl.internal.block.LayerCuts;
import dev.wsvd.adapter.djl.internal.coupling.Findings;
import dev.wsvd.adapter.djl.internal.coupling.FoundCoupling;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.layer.Coupling;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.plan.Replacement;
import dev.wsvd.domain.plan.Stage;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;

/** Replacements of one model, checked: which couplings are cut, which layers are split. */
final class Rewriting {
    private final Map<Layer, List<Stage>> splits = new LinkedHashMap<>();
    private final Map<FoundCoupling, Replacement> cuts = new HashMap<>();
    private List<FoundCoupling> order = List.of();

    private Rewriting() {}

    /**
     * @param layers the model's, by name
     * @param findings what there is to cut, asked for if something is cut
     * @throws InvalidInputException if a layer or coupling is not the model's or is replaced twice, or a layer is both split and cut
     */
    static Rewriting of(
            Collection<Replacement> replacements, Function<LayerId, Layer> layers, Supplier<Findings> findings) {
        Rewriting rewriting = new Rewriting();
        for (Replacement replacement : replacements) {
            if (replacement.cut().isPresent()) {
                rewriting.cut(replacement, findings.get());
            } else {
                replacement
                        .stages()
                        .forEach((layer, stages) -> rewriting.split(layer, layers.apply(layer.id()), stages));
            }
        }
        rewriting.refuseBoth();
        return rewriting;
    }

    private void split(Layer replaced, Layer layer, List<Stage> stages) {
        layer.unsupportedReason().ifPresent(reason -> {
            throw new InvalidInputException("Layer '" + layer.id() + "' cannot be split: " + reason + ".");
        });
        if (!layer.op().equals(replaced.op())) {
            throw new InvalidInputException("The stages for layer '" + layer.id() + "' are for " + replaced.op()
                    + "; this model's is " + layer.op() + ".");
        }
        if (splits.put(layer, stages) != null) {
            throw new InvalidInputException("Layer '" + layer.id() + "' is split twice.");
        }
    }

    private void cut(Replacement replacement, Findings findings) {
        Coupling wanted = replacement.cut().orElseThrow().coupling();
        FoundCoupling found = findings.couplings().stream()
                .filter(own -> own.coupling().isSameAs(wanted))
                .findFirst()
                .orElseThrow(() -> new InvalidInputException("The model has no coupling at '"
                        + wanted.layer().id() + "' of " + wanted.units()
                        + " units between the layers that a cut of it was made for."));
        if (cuts.put(found, replacement) != null) {
            throw new InvalidInputException("The coupling at '" + wanted.layer().id() + "' is cut twice.");
        }
        order = findings.couplings();
    }

    private void refuseBoth() {
        Set<LayerId> split = new HashSet<>();
        splits.keySet().forEach(layer -> split.add(layer.id()));
        for (FoundCoupling found : cuts.keySet()) {
            Coupling coupling = found.coupling();
            coupling.layers().stream()
                    .filter(layer -> split.contains(layer.id()))
                    .findFirst()
                    .ifPresent(layer -> {
                        throw new InvalidInputException("Layer '" + layer.id()
                                + "' is split, and cut by the coupling at '"
                                + coupling.layer().id() + "'; only one of both is possible.");
                    });
        }
    }

    /** Stages by the layer in whose place they will stand. */
    Map<Layer, List<Stage>> splits() {
        return splits;
    }

    /** To be made before layers are split, in the order of the couplings. */
    List<LayerCuts.Made> cuts() {
        return order.stream()
                .filter(cuts::containsKey)
                .map(found -> new LayerCuts.Made(cuts.get(found), found.arrays()))
                .toList();
    }
}
