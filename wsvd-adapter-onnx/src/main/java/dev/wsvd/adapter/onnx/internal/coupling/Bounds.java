package dev.wsvd.adapter.onnx.internal.coupling;

import ai.onnx.proto.OnnxMl.NodeProto;
import dev.wsvd.adapter.onnx.internal.coupling.GraphEdit.Attribute;
import dev.wsvd.adapter.onnx.internal.coupling.GraphEdit.Home;
import dev.wsvd.adapter.onnx.internal.coupling.GraphEdit.Operand;
import dev.wsvd.adapter.onnx.internal.graph.Attributes;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** Where a {@code Slice} node begins and ends along one axis, whatever the inputs are. */
record Bounds(Bound start, Bound end) {
    private static final int STARTS = 1;
    private static final int ENDS = 2;
    private static final int AXES = 3;
    private static final int STEPS = 4;

    /**
     * A bound.
     *
     * @param home where it stands with those along other axes
     * @param stored whether it is stored there, else it is computed
     * @param length number of bounds there
     * @param index which of them it is
     */
    record Bound(Home home, boolean stored, int length, int index, long value) {
        /** The place along an axis of that size. */
        int place(int size) {
            return (int) Math.max(0, Math.min(size, value < 0 ? value + size : value));
        }

        /** The change if some of the channels that it counts go. */
        Optional<GraphEdit> edit(List<Integer> units) {
            int at = place(units.size());
            List<Integer> counted = value < 0 ? units.subList(at, units.size()) : units.subList(0, at);
            if (counted.stream().allMatch(unit -> unit == Units.NONE)) {
                return Optional.empty();
            }
            return Optional.of(
                    stored
                            ? new GraphEdit.Count(home, index, counted)
                            : new GraphEdit.Recount((Operand) home, length, index, counted));
        }
    }

    /** Empty if the node says nothing of the axis, if the bounds may differ, or the step is not 1. */
    static Optional<Bounds> of(HeadFlow flow, int node, int axis, int rank) {
        NodeProto slice = flow.graph().nodes().get(node);
        Optional<long[]> starts = numbers(flow, slice, "starts", STARTS);
        Optional<long[]> ends = numbers(flow, slice, "ends", ENDS);
        Optional<long[]> axes = numbers(flow, slice, "axes", AXES);
        Optional<long[]> steps = numbers(flow, slice, "steps", STEPS);
        if (starts.isEmpty() || ends.isEmpty() || axes.isEmpty() || steps.isEmpty()) {
            return Optional.empty();
        }
        for (int i = 0; i < starts.get().length && i < ends.get().length; i++) {
            long of = axes.get().length == 0 ? i : axes.get()[i];
            if ((of < 0 ? of + rank : of) == axis) {
                Bound start = bound(flow, node, "starts", STARTS, starts.get(), i);
                Bound end = bound(flow, node, "ends", ENDS, ends.get(), i);
                boolean one = steps.get().length == 0 || steps.get()[i] == 1;
                boolean known = (start.stored() || start.value() >= 0) && (end.stored() || end.value() >= 0);
                return one && known ? Optional.of(new Bounds(start, end)) : Optional.empty();
            }
        }
        return Optional.empty();
    }

    private static Bound bound(HeadFlow flow, int node, String attribute, int input, long[] all, int index) {
        NodeProto slice = flow.graph().nodes().get(node);
        boolean attributes = Attributes.find(slice, attribute).isPresent();
        boolean stored =
                attributes || flow.graph().integers(slice.getInput(input)).isPresent();
        Home home = attributes ? new Attribute(node, attribute) : new Operand(node, input);
        return new Bound(home, stored, all.length, index, all[index]);
    }

    /** Whether a node may take a part along an axis, or change the order, and does not say which. */
    static boolean areUnknown(HeadFlow flow, int node, int axis, int rank) {
        NodeProto slice = flow.graph().nodes().get(node);
        Optional<long[]> axes = numbers(flow, slice, "axes", AXES);
        boolean listed = axes.isEmpty()
                || (axes.get().length == 0
                        ? numbers(flow, slice, "starts", STARTS)
                                .filter(all -> all.length <= axis)
                                .isEmpty()
                        : Arrays.stream(axes.get()).anyMatch(of -> (of < 0 ? of + rank : of) == axis));
        return listed && of(flow, node, axis, rank).isEmpty();
    }

    /** None where nothing is given. */
    private static Optional<long[]> numbers(HeadFlow flow, NodeProto node, String attribute, int input) {
        if (Attributes.find(node, attribute).isPresent()) {
            return Optional.of(Attributes.integers(node, attribute).stream()
                    .mapToLong(i -> i)
                    .toArray());
        }
        boolean given = node.getInputCount() > input && !node.getInput(input).isEmpty();
        return given ? flow.fixed().of(node.getInput(input)) : Optional.of(new long[0]);
    }
}
