package dev.wsvd.adapter.onnx.internal.coupling;

import ai.onnx.proto.OnnxMl.NodeProto;
import dev.wsvd.adapter.onnx.internal.graph.Attributes;
import dev.wsvd.adapter.onnx.internal.graph.Scope;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongBinaryOperator;

/**
 * Whole numbers that are the same for every input: those that are stored, sizes of dims that have channels alone, and what nodes compute
 * of them.
 */
final class FixedNumbers {
    /** Nodes between sizes and what is computed of them. */
    private static final int FARTHEST = 16;

    /** Longer lists are no sizes. */
    private static final int MOST = 64;

    private static final Map<String, LongBinaryOperator> ARITHMETIC = Map.of(
            "Add", Long::sum,
            "Sub", (a, b) -> a - b,
            "Mul", (a, b) -> a * b,
            "Div", (a, b) -> b == 0 ? 0 : a / b);

    private final HeadFlow flow;
    private final CouplingGraph graph;
    private final Map<String, Optional<List<Optional<Long>>>> known = new HashMap<>();

    FixedNumbers(HeadFlow flow) {
        this.flow = flow;
        this.graph = flow.graph();
    }

    /** All numbers of a list; empty if one of them may differ. */
    Optional<long[]> of(String name) {
        return graph.integers(name)
                .or(() -> computed(name, FARTHEST)
                        .filter(all -> all.stream().allMatch(Optional::isPresent))
                        .map(all -> all.stream().mapToLong(Optional::get).toArray()));
    }

    private Optional<List<Optional<Long>>> computed(String name, int left) {
        Optional<List<Optional<Long>>> before = known.get(name);
        if (before == null) {
            before = numbers(name, left).filter(all -> all.size() <= MOST);
            known.put(name, before);
        }
        return before;
    }

    private Optional<List<Optional<Long>>> numbers(String name, int left) {
        Optional<long[]> stored = graph.integers(name);
        if (stored.isPresent()) {
            return Optional.of(
                    Arrays.stream(stored.get()).mapToObj(Optional::of).toList());
        }
        if (left == 0 || !(graph.root().find(name).orElse(null) instanceof Scope.Produced made)) {
            return Optional.empty();
        }
        NodeProto node = made.node();
        return switch (node.getOpType()) {
            case "Shape" -> shape(node);
            case "Gather" -> computed(node.getInput(0), left - 1).flatMap(all -> picked(all, node));
            case "Unsqueeze", "Squeeze", "Identity" -> computed(node.getInput(0), left - 1);
            case "Concat" -> joined(node, left - 1);
            case "Add", "Sub", "Mul", "Div" ->
                computed(node.getInput(0), left - 1)
                        .flatMap(some -> computed(node.getInput(1), left - 1)
                                .flatMap(others -> combined(some, others, ARITHMETIC.get(node.getOpType()))));
            default -> Optional.empty();
        };
    }

    private Optional<List<Optional<Long>>> joined(NodeProto concat, int left) {
        List<Optional<Long>> all = new ArrayList<>();
        for (String name : concat.getInputList()) {
            Optional<List<Optional<Long>>> part = computed(name, left);
            if (part.isEmpty()) {
                return Optional.empty();
            }
            all.addAll(part.get());
        }
        return Optional.of(all);
    }

    private Optional<List<Optional<Long>>> shape(NodeProto node) {
        String tensor = node.getInput(0);
        boolean part = Attributes.find(node, "start").isPresent()
                || Attributes.find(node, "end").isPresent();
        return flow.track(tensor).filter(track -> !part).map(track -> {
            List<Optional<Long>> sizes = new ArrayList<>();
            for (int axis = 0; axis < track.map().rank(); axis++) {
                boolean fixed = track.map().varies(axis)
                        && track.map().axes().get(axis).stream().allMatch(digit -> digit.stride() != 0);
                sizes.add(fixed ? Optional.of((long) track.map().size(axis)) : Optional.empty());
            }
            return sizes;
        });
    }

    private Optional<List<Optional<Long>>> picked(List<Optional<Long>> all, NodeProto gather) {
        return graph.integers(gather.getInput(1))
                .filter(places -> Arrays.stream(places).allMatch(i -> i >= -all.size() && i < all.size()))
                .map(places -> Arrays.stream(places)
                        .mapToObj(i -> all.get((int) (i < 0 ? i + all.size() : i)))
                        .toList());
    }

    private static Optional<List<Optional<Long>>> combined(
            List<Optional<Long>> some, List<Optional<Long>> others, LongBinaryOperator operator) {
        int size = Math.max(some.size(), others.size());
        if (some.size() != size && some.size() != 1 || others.size() != size && others.size() != 1) {
            return Optional.empty();
        }
        List<Optional<Long>> all = new ArrayList<>();
        for (int i = 0; i < size; i++) {
            Optional<Long> one = some.get(some.size() == 1 ? 0 : i);
            Optional<Long> other = others.get(others.size() == 1 ? 0 : i);
            all.add(one.flatMap(a -> other.map(b -> operator.applyAsLong(a, b))));
        }
        return Optional.of(all);
    }
}
