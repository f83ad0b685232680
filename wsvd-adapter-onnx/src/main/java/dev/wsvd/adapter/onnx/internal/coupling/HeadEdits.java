package dev.wsvd.adapter.onnx.internal.coupling;

import ai.onnx.proto.OnnxMl.NodeProto;
import dev.wsvd.adapter.onnx.internal.coupling.CouplingGraph.Site;
import dev.wsvd.adapter.onnx.internal.coupling.GraphEdit.Count;
import dev.wsvd.adapter.onnx.internal.coupling.GraphEdit.Operand;
import dev.wsvd.adapter.onnx.internal.coupling.HeadFlow.Track;
import dev.wsvd.adapter.onnx.internal.coupling.HeadGroup.Written;
import dev.wsvd.adapter.onnx.internal.graph.Attributes;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** What a cut of heads changes besides weights: biases, and the sizes that layout nodes are told. */
final class HeadEdits {
    private static final int SHAPE = 1;

    /** An axis that gets shorter, and the units by place along it. */
    private record Shorter(int axis, int rank, List<Integer> units) {}

    private final HeadFlow flow;
    private final CouplingGraph graph;
    private final HeadGroup group;
    private final Map<String, Shorter> shorter = new HashMap<>();
    private final List<GraphEdit> edits = new ArrayList<>();
    private Optional<String> reason = Optional.empty();
    private Optional<String> crowded = Optional.empty();

    HeadEdits(HeadFlow flow, HeadGroup group) {
        this.flow = flow;
        this.graph = flow.graph();
        this.group = group;
        Set<Site> writers = group.writers().stream().map(Written::writer).collect(Collectors.toSet());
        flow.tracks().forEach((tensor, track) -> {
            if (reason.isEmpty() && writers.contains(track.writer())) {
                shorten(tensor, track);
            }
        });
        for (int index = 0; index < graph.nodes().size() && reason.isEmpty(); index++) {
            edit(index, graph.nodes().get(index));
        }
        addBiases();
    }

    /** Why the graph cannot be changed, if so. */
    Optional<String> reason() {
        return reason;
    }

    /** The tensor that has the units beside others in dims that leave no room for fewer, if that is the reason. */
    Optional<String> crowded() {
        return crowded;
    }

    List<GraphEdit> edits() {
        return edits;
    }

    private void shorten(String tensor, Track track) {
        ChannelMap map = track.map();
        int[] units = group.unitsOf(track.writer());
        if (Arrays.stream(map.across(-1)).allMatch(channel -> units[channel] == Units.NONE)) {
            return;
        }
        Optional<Shorter> found = IntStream.range(0, map.rank())
                .filter(map::varies)
                .boxed()
                .flatMap(axis -> shorter(map, axis, units).stream())
                .findFirst();
        if (found.isEmpty()) {
            crowded = Optional.of(tensor);
            reason = Optional.of(
                    "'" + tensor + "' has them beside others that would stay, in dims that leave no room for that");
            return;
        }
        shorter.put(tensor, found.get());
        edits.add(new GraphEdit.Undeclare(tensor));
    }

    /** Along the axis there are whole heads, everywhere in the same places. */
    private Optional<Shorter> shorter(ChannelMap map, int axis, int[] units) {
        int[] along = map.along(axis);
        List<Integer> first = null;
        for (int start : map.across(axis)) {
            List<Integer> here = Arrays.stream(along)
                    .mapToObj(channel -> units[start + channel])
                    .toList();
            if (!hasWholeHeads(here) || first != null && !areAlike(first, here)) {
                return Optional.empty();
            }
            first = here;
        }
        return Optional.of(new Shorter(axis, map.rank(), first));
    }

    private boolean hasWholeHeads(List<Integer> units) {
        Map<Integer, Integer> counts = new HashMap<>();
        units.stream().filter(unit -> unit != Units.NONE).forEach(unit -> counts.merge(unit, 1, Integer::sum));
        Set<Integer> heads =
                counts.keySet().stream().map(unit -> unit / group.perHead()).collect(Collectors.toSet());
        return !counts.isEmpty()
                && counts.size() == heads.size() * group.perHead()
                && Set.copyOf(counts.values()).size() == 1;
    }

    private static boolean areAlike(List<Integer> some, List<Integer> others) {
        return IntStream.range(0, some.size())
                .allMatch(i -> (some.get(i) == Units.NONE) == (others.get(i) == Units.NONE));
    }

    private void edit(int index, NodeProto node) {
        Shorter before = node.getInputList().stream()
                .filter(shorter::containsKey)
                .findFirst()
                .map(shorter::get)
                .orElse(null);
        if (before == null) {
            return;
        }
        switch (node.getOpType()) {
            case "Reshape" -> resize(index, node, before);
            case "Expand" -> resize(index, node, before);
            case "Split" -> split(index, node, before);
            case "Slice" -> slice(index, before);
            case "Gather" -> gather(node, before);
            case "Shape" -> remember(index, node, before);
            default -> {}
        }
    }

    private void resize(int index, NodeProto node, Shorter before) {
        Shorter after = shorter.get(node.getOutput(0));
        List<Long> length = node.getInputCount() > SHAPE
                ? graph.example(node.getInput(SHAPE)).orElse(List.of())
                : List.of();
        if (after == null || length.size() != 1) {
            reason = Optional.of(
                    "the sizes that " + node.getOpType() + " node '" + node.getName() + "' is told cannot be changed");
            return;
        }
        boolean reshape = node.getOpType().equals("Reshape");
        int place = after.axis() - after.rank() + Math.toIntExact(length.get(0));
        if (place < 0) {
            return;
        }
        SizeEntry entry = SizeEntry.of(graph, index, SHAPE, place);
        long follows = reshape ? -1 : 1;
        boolean copying = reshape && Attributes.integer(node, "allowzero", 0) == 0;
        boolean copies = copying && entry.is(0);
        if (copying && copiesOther(index, node, before, place) || copies && before.axis() != place) {
            reason = Optional.of(HeadRules.name(node) + " copies a size that would change");
        } else if (!copies && !entry.is(follows)) {
            edits.add(entry.own()
                    .<GraphEdit>map(home -> new Count(home, entry.index(), after.units()))
                    .orElseGet(() -> new GraphEdit.Recount(
                            new Operand(index, SHAPE), Math.toIntExact(length.get(0)), place, after.units())));
        }
    }

    /** Whether another dim than the one that changes is that of the input that changes. */
    private boolean copiesOther(int index, NodeProto node, Shorter before, int place) {
        return before.axis() != place
                && before.axis() < shorter.get(node.getOutput(0)).rank()
                && SizeEntry.of(graph, index, SHAPE, before.axis()).is(0);
    }

    private void split(int index, NodeProto node, Shorter before) {
        if (axis(node, before) != before.axis()) {
            return;
        }
        boolean told = node.getInputCount() > 1 && !node.getInput(1).isEmpty();
        if (told && flow.fixed().of(node.getInput(1)).isEmpty()) {
            reason = Optional.of("the sizes that " + HeadRules.name(node) + " is told may differ");
            return;
        }
        List<Integer> sizes = new ArrayList<>();
        List<List<Integer>> units = new ArrayList<>();
        int from = 0;
        for (String output : node.getOutputList()) {
            int size = graph.example(output).orElseThrow().get(before.axis()).intValue();
            sizes.add(size);
            units.add(before.units().subList(from, from + size));
            from += size;
        }
        edits.add(new GraphEdit.Parts(index, sizes, units));
    }

    private static int axis(NodeProto node, Shorter before) {
        long axis = Attributes.integer(node, "axis", 0);
        return (int) (axis < 0 ? axis + before.rank() : axis);
    }

    private void slice(int index, Shorter before) {
        int size = before.units().size();
        Bounds.of(flow, index, before.axis(), before.rank()).ifPresent(bounds -> {
            bounds.start().edit(before.units()).ifPresent(edits::add);
            if (bounds.end().place(size) < size || bounds.end().value() == size) {
                bounds.end().edit(before.units()).ifPresent(edits::add);
            }
        });
    }

    private void gather(NodeProto node, Shorter before) {
        if (axis(node, before) == before.axis()) {
            reason = Optional.of(HeadRules.name(node) + " picks some of them");
        }
    }

    /** Whoever asks for sizes is told those before: scales are computed from them, and layout nodes are told new ones. */
    private void remember(int index, NodeProto node, Shorter before) {
        int start = place(Attributes.integer(node, "start", 0), before.rank());
        int end = place(Attributes.integer(node, "end", before.rank()), before.rank());
        int place = before.axis() - start;
        if (before.axis() >= start && before.axis() < end && isRead(node.getOutput(0), place, end - start)) {
            edits.add(new GraphEdit.Remember(
                    index, end - start, place, before.units().size()));
        }
    }

    private static int place(long bound, int rank) {
        return (int) Math.max(0, Math.min(rank, bound < 0 ? bound + rank : bound));
    }

    /** Whether one of the numbers is used, as far as nodes say which they take. */
    private boolean isRead(String sizes, int place, int count) {
        List<NodeProto> takers =
                graph.takers(sizes).stream().map(graph.nodes()::get).toList();
        return takers.size() != graph.uses(sizes)
                || takers.stream()
                        .anyMatch(taker -> !taker.getOpType().equals("Gather")
                                || !taker.getInput(0).equals(sizes)
                                || graph.integers(taker.getInput(1))
                                        .map(picked ->
                                                Arrays.stream(picked).anyMatch(i -> (i < 0 ? i + count : i) == place))
                                        .orElse(true));
    }

    private void addBiases() {
        for (HeadFlow.Bias bias : flow.biases()) {
            for (int writer = 0; writer < group.writers().size(); writer++) {
                if (group.writers().get(writer).writer().equals(bias.writer())) {
                    edits.add(new GraphEdit.Write(bias.operand(), bias.axis(), writer));
                }
            }
        }
    }
}
