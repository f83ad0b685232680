package dev.wsvd.adapter.onnx;

import ai.onnx.proto.OnnxMl.ModelProto;
import dev.wsvd.adapter.onnx.internal.coupling.Findings;
import dev.wsvd.adapter.onnx.internal.coupling.FoundCoupling;
import dev.wsvd.adapter.onnx.internal.file.ExternalData;
import dev.wsvd.adapter.onnx.internal.graph.GraphScan;
import dev.wsvd.adapter.onnx.internal.graph.LayerNode;
import dev.wsvd.adapter.onnx.internal.graph.SiblingScan.Reading;
import dev.wsvd.adapter.onnx.internal.rewrite.CutCoupling;
import dev.wsvd.adapter.onnx.internal.rewrite.CutRewriter;
import dev.wsvd.adapter.onnx.internal.rewrite.GraphRewriter;
import dev.wsvd.adapter.onnx.internal.rewrite.ReplacedNode;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.layer.Coupling;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.layer.Siblings;
import dev.wsvd.domain.plan.Choice;
import dev.wsvd.domain.plan.Cut;
import dev.wsvd.domain.plan.Replacement;
import dev.wsvd.domain.plan.Stage;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** Replacements of one model, checked: which couplings are cut, which layers are split. Cuts are made first. */
final class Rewriting {
    /** @param sharing the layer before it that has its first stage too, if there is one */
    private record Split(Layer layer, Choice choice, List<Stage> stages, Optional<LayerId> sharing) {}

    private final Map<LayerId, Split> splits = new LinkedHashMap<>();
    private final Map<LayerId, CutCoupling> cuts = new LinkedHashMap<>();

    private final Lazy<Cuttable> cuttable;

    private Rewriting(Lazy<Cuttable> cuttable) {
        this.cuttable = cuttable;
    }

    /**
     * @param cuttable what there is to cut, asked for if something is cut
     * @throws InvalidInputException if a layer or coupling is not the model's or is replaced twice, or a layer is both split and cut
     */
    static Rewriting of(Collection<Replacement> replacements, GraphScan scan, Lazy<Cuttable> cuttable) {
        Rewriting rewriting = new Rewriting(cuttable);
        for (Replacement replacement : replacements) {
            if (replacement.cut().isPresent()) {
                rewriting.cut(
                        replacement, replacement.cut().get(), cuttable.get().findings());
            } else {
                Optional<LayerId> first = replacement.siblings().map(siblings -> first(siblings, scan));
                replacement.stages().forEach((layer, stages) -> {
                    Optional<LayerId> sharing = first.filter(it -> !it.equals(layer.id()));
                    rewriting.split(new Split(layer, replacement.choice(), stages, sharing), scan);
                });
            }
        }
        rewriting.refuseBoth();
        return rewriting;
    }

    private void split(Split split, GraphScan scan) {
        Layer layer = split.layer();
        StageCheck.check(layer, node(scan, layer.id()));
        if (splits.put(layer.id(), split) != null) {
            throw new InvalidInputException("Layer '" + layer.id() + "' is split twice.");
        }
    }

    /** The first of siblings in graph order, which has the stage that all share. */
    private static LayerId first(Siblings siblings, GraphScan scan) {
        List<Reading> readings = siblings.layers().stream()
                .flatMap(layer -> Reading.of(node(scan, layer.id()), layer).stream())
                .distinct()
                .toList();
        if (readings.size() > 1) {
            throw new InvalidInputException("The layers that are split with '"
                    + siblings.layer().id()
                    + "' do not read one tensor in the same way in this model, so that they can share no stage.");
        }
        Set<LayerId> all = siblings.layers().stream().map(Layer::id).collect(Collectors.toSet());
        return scan.ids().stream().filter(all::contains).findFirst().orElseThrow();
    }

    private void cut(Replacement replacement, Cut cut, Findings findings) {
        Coupling wanted = cut.coupling();
        FoundCoupling found = findings.couplings().stream()
                .filter(own -> own.coupling().isSameAs(wanted))
                .findFirst()
                .orElseThrow(() -> new InvalidInputException("The model has no coupling at '"
                        + wanted.layer().id() + "' of " + wanted.units()
                        + " units between the layers that a cut of it was made for."));
        if (cuts.put(found.coupling().layer().id(), new CutCoupling(found, replacement)) != null) {
            throw new InvalidInputException("The coupling at '" + wanted.layer().id() + "' is cut twice.");
        }
    }

    private void refuseBoth() {
        cuts.values()
                .forEach(cut -> cut.found().coupling().layers().stream()
                        .filter(layer -> splits.containsKey(layer.id()))
                        .findFirst()
                        .ifPresent(layer -> {
                            throw new InvalidInputException("Layer '" + layer.id()
                                    + "' is split, and cut by the coupling at '"
                                    + cut.found().coupling().layer().id() + "'; only one of both is possible.");
                        }));
    }

    /** The model with all replacements made. */
    ModelProto apply(ModelProto model, GraphScan scan, ExternalData external) {
        if (cuts.isEmpty()) {
            return split(model, scan, external);
        }
        Cuttable before = cuttable.get();
        ModelProto cut = CutRewriter.rewrite(
                before.model(), before.scan(), List.copyOf(cuts.values()), external, Versions.wsvd(), before.weights());
        return splits.isEmpty() ? cut : split(cut, GraphScan.of(cut), external);
    }

    private ModelProto split(ModelProto model, GraphScan scan, ExternalData external) {
        List<ReplacedNode> inOrder = new ArrayList<>();
        for (LayerId id : scan.ids()) {
            Split split = splits.get(id);
            if (split != null) {
                inOrder.add(new ReplacedNode(
                        node(scan, id), split.layer(), split.choice(), split.stages(), split.sharing()));
            }
        }
        return GraphRewriter.rewrite(model, scan.root(), inOrder, external, Versions.wsvd());
    }

    /** How many layers stand in the place of each that is split. */
    Map<LayerId, Integer> counts() {
        Map<LayerId, Integer> counts = new HashMap<>();
        splits.forEach((layer, split) ->
                counts.put(layer, split.stages().size() - (split.sharing().isPresent() ? 1 : 0)));
        return counts;
    }

    private static LayerNode node(GraphScan scan, LayerId layer) {
        return scan.layer(layer)
                .orElseThrow(() -> new InvalidInputException("The model has no layer '" + layer + "'."));
    }
}
