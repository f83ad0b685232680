package dev.wsvd.adapter.onnx.internal.coupling;

import ai.onnx.proto.OnnxMl.NodeProto;
import dev.wsvd.adapter.onnx.internal.coupling.HeadFlow.Track;
import dev.wsvd.adapter.onnx.internal.graph.Scope;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.layer.Uncoupled;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/** What layers wrote for products of attention and something on the way has changed, so that it has to stay. */
final class LostHeads {
    /** Nodes that are looked at between a product and what was followed. */
    private static final int FARTHEST = 64;

    private static final Set<String> ENDS = Set.of("MatMul", "Softmax", "Gemm", "Shape");

    private final HeadFlow flow;
    private final CouplingGraph graph;

    LostHeads(HeadFlow flow) {
        this.flow = flow;
        this.graph = flow.graph();
    }

    List<Uncoupled> all() {
        Set<Integer> followed = new HashSet<>();
        flow.mixings().forEach(mixing -> followed.add(mixing.node()));
        flow.contractions().forEach(contraction -> followed.add(contraction.node()));
        List<Uncoupled> lost = new ArrayList<>();
        for (int index = 0; index < graph.nodes().size(); index++) {
            NodeProto node = graph.nodes().get(index);
            boolean product = node.getOpType().equals("MatMul")
                    && graph.site(index).isEmpty()
                    && node.getInputList().stream()
                            .noneMatch(input -> graph.stored(input).isPresent());
            if (product && !followed.contains(index)) {
                behind(node).ifPresent(lost::add);
            }
        }
        return lost.stream().distinct().toList();
    }

    /** What both operands of a product were made of, and the reason that tells most. */
    private Optional<Uncoupled> behind(NodeProto product) {
        Set<LayerId> writers = new LinkedHashSet<>();
        TreeMap<Integer, String> reasons = new TreeMap<>();
        int units = 0;
        for (String operand : product.getInputList()) {
            Set<Integer> channels = new HashSet<>();
            for (Track track : origins(operand)) {
                Optional<String> reason = track.map().channels().stream()
                        .flatMap(channel -> flow.reason(track.writer(), channel).stream())
                        .findFirst();
                reason.ifPresent(text -> {
                    writers.add(track.writer().layer().id());
                    channels.addAll(track.map().channels());
                    reasons.putIfAbsent(rank(text, product), text);
                });
            }
            units = units == 0 ? channels.size() : units;
        }
        return reasons.isEmpty()
                ? Optional.empty()
                : Optional.of(new Uncoupled(
                        List.copyOf(writers), units, reasons.firstEntry().getValue()));
    }

    /** Rotary positions tell most; that the product does not take one operand as it is, least. */
    private static int rank(String reason, NodeProto product) {
        return reason.startsWith(HeadRules.ROTARY)
                ? 0
                : reason.equals(HeadRules.mixed(product).orElseThrow()) ? 2 : 1;
    }

    /** What was followed and ends on the way to a tensor. */
    private List<Track> origins(String tensor) {
        List<Track> origins = new ArrayList<>();
        Set<String> visited = new HashSet<>();
        Deque<String> left = new ArrayDeque<>(List.of(tensor));
        while (!left.isEmpty() && visited.size() < FARTHEST) {
            String name = left.poll();
            if (!visited.add(name)) {
                continue;
            }
            Optional<Track> track = flow.track(name);
            track.ifPresent(origins::add);
            if (track.isEmpty()
                    && graph.root().find(name).orElse(null) instanceof Scope.Produced made
                    && graph.site(made.index()).isEmpty()
                    && !ENDS.contains(made.node().getOpType())) {
                left.addAll(made.node().getInputList());
            }
        }
        return origins;
    }
}
