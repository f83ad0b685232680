package dev.wsvd.adapter.onnx.internal.coupling;

import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.layer.Uncoupled;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * Couplings of attention: of values, which products sum over positions before layers read them, and of scores, the products of
 * queries and keys. They are found by what becomes of each output channel of a layer, whatever nodes move it.
 */
public final class AttentionFinder implements CouplingFinder {
    /** The nodes whose outputs' sizes it needs. */
    public static final Set<String> FOLLOWED = HeadRules.OPS;

    @Override
    public Findings find(CouplingGraph graph) {
        boolean wanted = graph.isOrdered() && hasProduct(graph);
        return wanted ? new Search(HeadFlow.of(graph)).findings() : new Findings(List.of(), List.of());
    }

    /** Projections whose queries, keys and values could be cut if they were split before they are laid out. */
    public static List<FusedProjection> fused(CouplingGraph graph) {
        return graph.isOrdered() && hasProduct(graph) ? new Search(HeadFlow.of(graph)).fused() : List.of();
    }

    private static boolean hasProduct(CouplingGraph graph) {
        return IntStream.range(0, graph.nodes().size())
                .anyMatch(node -> graph.nodes().get(node).getOpType().equals("MatMul")
                        && graph.site(node).isEmpty());
    }

    /** One search. */
    private static final class Search {
        private final HeadFlow flow;
        private final List<HeadGroup> groups = new ArrayList<>();
        /** By layer and channel: the groups that it is of. */
        private final Map<LayerId, Map<Integer, List<HeadGroup>>> claims = new HashMap<>();

        Search(HeadFlow flow) {
            this.flow = flow;
            flow.mixings().forEach(mixing -> claim(HeadGroup.values(flow, mixing)));
            flow.contractions().forEach(contraction -> claim(HeadGroup.scores(flow, contraction)));
        }

        private void claim(HeadGroup group) {
            groups.add(group);
            group.channels()
                    .forEach((layer, channels) ->
                            channels.forEach(channel -> claims.computeIfAbsent(layer, l -> new HashMap<>())
                                    .computeIfAbsent(channel, c -> new ArrayList<>())
                                    .add(group)));
        }

        Findings findings() {
            List<FoundCoupling> found = new ArrayList<>();
            List<Uncoupled> uncoupled = new ArrayList<>();
            for (HeadGroup group : groups) {
                Optional<String> reason = group.reason().or(() -> conflict(group));
                if (reason.isEmpty()) {
                    HeadEdits edits = new HeadEdits(flow, group);
                    reason = edits.reason();
                    if (reason.isEmpty()) {
                        found.add(new FoundCoupling(group.coupling(), edits.edits()));
                    }
                }
                reason.ifPresent(text -> uncoupled.add(new Uncoupled(
                        List.copyOf(group.channels().keySet()),
                        group.channels().values().iterator().next().size(),
                        text)));
            }
            uncoupled.addAll(new LostHeads(flow).all());
            return new Findings(found, uncoupled);
        }

        List<FusedProjection> fused() {
            return groups.stream()
                    .filter(group -> group.reason().isEmpty() && conflict(group).isEmpty())
                    .flatMap(group -> new HeadEdits(flow, group).crowded().stream())
                    .map(tensor -> flow.track(tensor).orElseThrow().writer())
                    .distinct()
                    .flatMap(writer -> FusedProjection.of(flow, writer).stream())
                    .toList();
        }

        private Optional<String> conflict(HeadGroup group) {
            return group.channels().entrySet().stream()
                    .flatMap(entry -> entry.getValue().stream()
                            .flatMap(channel -> claims.get(entry.getKey()).get(channel).stream()))
                    .filter(other -> other != group)
                    .findFirst()
                    .map(other -> "they go into " + other.name() + " too");
        }
    }
}
