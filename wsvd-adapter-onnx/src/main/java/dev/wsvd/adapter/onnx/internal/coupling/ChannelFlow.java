package dev.wsvd.adapter.onnx.internal.coupling;

import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import dev.wsvd.adapter.onnx.internal.coupling.Seen.Channels;
import dev.wsvd.adapter.onnx.internal.coupling.Seen.Numbers;
import dev.wsvd.adapter.onnx.internal.graph.Scope;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/** Follows the channels that layers write, node by node, to everything that sees them. */
final class ChannelFlow {
    private static final Set<String> STANDARD = Set.of("", "ai.onnx");
    private static final String CONTRIBUTED = "com.microsoft";

    private final Map<String, Rule> rules = new HashMap<>();
    private final Map<String, Rule> contributed = new HashMap<>();
    private final Map<String, Function<Step, Optional<Numbers>>> sizes = new HashMap<>();
    private final Flow flow;

    private ChannelFlow(CouplingGraph graph) {
        this.flow = new Flow(graph);
        ChannelWise.addTo(rules);
        ChannelWise.addContributedTo(contributed);
        Spatial.addTo(rules);
        Layouts.addTo(rules);
        Parts.addTo(rules);
        Sizes.addTo(sizes);
    }

    static Flow of(CouplingGraph graph) {
        ChannelFlow channels = new ChannelFlow(graph);
        channels.follow();
        return channels.flow;
    }

    private void follow() {
        Scope root = flow.graph().root();
        for (int index = 0; index < flow.graph().nodes().size(); index++) {
            follow(index);
        }
        root.bodies().forEach(body -> keepCaptured(body.scope(), new HashSet<>()));
        for (ValueInfoProto output : root.graph().getOutputList()) {
            keep(output.getName(), "'" + output.getName() + "' is an output of the model");
        }
    }

    private void follow(int index) {
        Step step = new Step(flow, index);
        Optional<CouplingGraph.Site> site = flow.graph().site(index);
        if (site.isPresent()) {
            LayerRule.follow(step, site.get());
        } else if (!computesSizes(step) && !step.withUnits().isEmpty()) {
            rule(step.node()).follow(step).ifPresent(step::keepAll);
        }
        step.keepCounted();
    }

    /** Sizes behind a node that understands them are sizes again. */
    private boolean computesSizes(Step step) {
        boolean wanted = isStandard(step.node())
                && sizes.containsKey(step.node().getOpType())
                && (step.node().getOpType().equals("Shape") || hasSizes(step));
        if (!wanted) {
            return false;
        }
        Optional<Numbers> found = sizes.get(step.node().getOpType()).apply(step);
        found.ifPresent(numbers -> {
            step.give(numbers);
            boolean all = step.node().getOpType().equals("Concat");
            for (int i = 0; i < (all ? step.inputs() : 1); i++) {
                step.understands(i);
            }
        });
        return true;
    }

    private static boolean hasSizes(Step step) {
        for (int i = 0; i < step.inputs(); i++) {
            if (step.computed(i).isPresent()) {
                return step.withUnits().isEmpty();
            }
        }
        return false;
    }

    private Rule rule(NodeProto node) {
        Map<String, Rule> known = isStandard(node)
                ? rules
                : node.getDomain().equals(CONTRIBUTED) && flow.graph().fusedKnown() ? contributed : Map.of();
        return known.getOrDefault(node.getOpType(), Rule::mixed);
    }

    private static boolean isStandard(NodeProto node) {
        return STANDARD.contains(node.getDomain());
    }

    /** Whatever a body uses of the graphs around it. Names that it has itself hide those. */
    private void keepCaptured(Scope body, Set<String> hidden) {
        Set<String> own = new HashSet<>(hidden);
        body.graph().getInputList().forEach(input -> own.add(input.getName()));
        body.graph().getInitializerList().forEach(tensor -> own.add(tensor.getName()));
        body.graph().getNodeList().forEach(node -> own.addAll(node.getOutputList()));
        body.graph().getNodeList().stream()
                .flatMap(node -> node.getInputList().stream())
                .filter(name -> !own.contains(name))
                .forEach(name -> keep(name, "a body uses '" + name + "'"));
        body.graph().getOutputList().stream()
                .map(ValueInfoProto::getName)
                .filter(name -> !own.contains(name))
                .forEach(name -> keep(name, "a body uses '" + name + "'"));
        body.bodies().forEach(inner -> keepCaptured(inner.scope(), own));
    }

    private void keep(String tensor, String reason) {
        flow.seen(tensor).ifPresent(seen -> {
            if (seen instanceof Channels channels) {
                flow.units().keep(channels.units(), reason);
            } else if (seen instanceof Numbers numbers) {
                numbers.numbers()
                        .forEach(number ->
                                number.units().ifPresent(units -> flow.units().keep(units, reason)));
            }
        });
    }
}
