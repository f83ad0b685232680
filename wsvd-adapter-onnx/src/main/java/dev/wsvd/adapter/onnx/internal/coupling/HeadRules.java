package dev.wsvd.adapter.onnx.internal.coupling;

import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import dev.wsvd.adapter.onnx.internal.coupling.GraphEdit.Operand;
import dev.wsvd.adapter.onnx.internal.coupling.HeadFlow.Bias;
import dev.wsvd.adapter.onnx.internal.coupling.HeadFlow.Contraction;
import dev.wsvd.adapter.onnx.internal.coupling.HeadFlow.Mixing;
import dev.wsvd.adapter.onnx.internal.coupling.HeadFlow.Track;
import dev.wsvd.adapter.onnx.internal.graph.Attributes;
import dev.wsvd.adapter.onnx.internal.graph.ConstantTensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.IntStream;

/** What nodes do with the channels of heads. A rule gives a reason where they would not stay apart. */
final class HeadRules {
    /** The nodes that have rules. */
    static final Set<String> OPS = Set.of(
            "Identity",
            "Cast",
            "Dropout",
            "Neg",
            "Add",
            "Mul",
            "Div",
            "Reshape",
            "Flatten",
            "Squeeze",
            "Unsqueeze",
            "Transpose",
            "Split",
            "Slice",
            "Gather",
            "Expand",
            "Tile",
            "Concat",
            "MatMul",
            "Softmax");

    private static final Set<Long> FLOATS =
            Set.of((long) DataType.FLOAT_VALUE, (long) DataType.FLOAT16_VALUE, (long) DataType.BFLOAT16_VALUE, (long)
                    DataType.DOUBLE_VALUE);

    /** The nodes that may have several operands with channels. */
    private static final Set<String> SEVERAL = Set.of("MatMul", "Concat");

    /** Begins the reason where units are turned into each other by angles that depend on positions. */
    static final String ROTARY = "rotary positions come between: ";

    private static final Optional<String> DONE = Optional.empty();

    /** From this operator set on operands are broadcast from the last dim on. */
    private static final long BROADCASTS = 7;

    private final HeadFlow flow;
    private final Map<String, Function<Step, Optional<String>>> rules = new HashMap<>();

    HeadRules(HeadFlow flow) {
        this.flow = flow;
        rules.put("Identity", this::pass);
        rules.put("Cast", step -> FLOATS.contains(Attributes.integer(step.node, "to", 0)) ? pass(step) : step.mixed());
        rules.put("Dropout", step -> step.inputs() < 3 && !step.hasMoreOutputs() ? pass(step) : step.mixed());
        rules.put("Neg", this::pass);
        rules.put("Add", this::add);
        rules.put("Mul", this::scale);
        rules.put("Div", step -> step.tracked(0).isPresent() ? scale(step) : step.mixed());
        rules.put("Reshape", this::reshape);
        rules.put("Flatten", this::reshape);
        rules.put("Squeeze", this::reshape);
        rules.put("Unsqueeze", this::reshape);
        rules.put("Transpose", this::transpose);
        rules.put("Split", this::split);
        rules.put("Slice", this::slice);
        rules.put("Gather", this::gather);
        rules.put("Expand", step -> moved(step, step.only().map().broadcast(step.outputDims(0))));
        rules.put("Tile", step -> moved(step, step.only().map().tiled(step.outputDims(0))));
        rules.put("Concat", this::repeat);
        rules.put("MatMul", this::product);
    }

    /** A node on the way. */
    private final class Step {
        final int index;
        final NodeProto node;

        Step(int index) {
            this.index = index;
            this.node = flow.graph().nodes().get(index);
        }

        int inputs() {
            return node.getInputCount();
        }

        Optional<Track> tracked(int input) {
            return input < inputs() ? flow.track(node.getInput(input)) : Optional.empty();
        }

        List<Integer> allTracked() {
            return IntStream.range(0, inputs())
                    .filter(i -> tracked(i).isPresent())
                    .boxed()
                    .toList();
        }

        /** Of the one operand that is tracked. */
        Track only() {
            return tracked(allTracked().get(0)).orElseThrow();
        }

        Optional<List<Long>> dims(int input) {
            return flow.graph().example(node.getInput(input));
        }

        List<Long> outputDims(int output) {
            return flow.graph().example(node.getOutput(output)).orElse(List.of());
        }

        boolean hasMoreOutputs() {
            return node.getOutputList().stream().skip(1).anyMatch(name -> !name.isEmpty());
        }

        Optional<String> mixed() {
            return HeadRules.mixed(node);
        }

        String name() {
            return HeadRules.name(node);
        }
    }

    /** The reason of a node that does not keep units apart. */
    static Optional<String> mixed(NodeProto node) {
        return Optional.of(name(node) + " does not keep them apart");
    }

    /** For people. */
    static String name(NodeProto node) {
        return node.getOpType() + " node '" + (node.getName().isBlank() ? node.getOutput(0) : node.getName()) + "'";
    }

    /** Follows the operands of a node; a reason if they do not stay apart. */
    Optional<String> follow(int index) {
        Step step = new Step(index);
        if (step.node.getOpType().equals("RotaryEmbedding")) {
            return Optional.of(ROTARY + step.name());
        }
        Function<Step, Optional<String>> rule =
                Set.of("", "ai.onnx").contains(step.node.getDomain()) ? rules.get(step.node.getOpType()) : null;
        boolean alone = step.allTracked().size() == 1 || SEVERAL.contains(step.node.getOpType());
        return rule == null || !alone ? step.mixed() : rule.apply(step);
    }

    private Optional<String> pass(Step step) {
        flow.give(step.node.getOutput(0), step.only());
        return DONE;
    }

    private Optional<String> moved(Step step, Optional<ChannelMap> map) {
        if (map.isEmpty() || step.tracked(0).isEmpty()) {
            return step.mixed();
        }
        flow.give(step.node.getOutput(0), step.only().with(map.get()));
        return DONE;
    }

    private Optional<String> add(Step step) {
        int input = step.allTracked().get(0);
        Track track = step.only();
        String other = step.node.getInput(1 - input);
        Optional<Integer> axis = track.map().wholeAxis(track.writer().layer().outChannels());
        boolean added = flow.graph().opset() >= BROADCASTS
                && track.mixing().isEmpty()
                && axis.isPresent()
                && addBias(
                        track,
                        new Operand(step.index, 1 - input),
                        other,
                        axis.get() - track.map().rank());
        if (!added) {
            return Optional.of(step.name() + " adds '" + other + "' to them");
        }
        return moved(step, input, step.outputDims(0));
    }

    private Optional<String> moved(Step step, int input, List<Long> dims) {
        Optional<ChannelMap> map = step.only().map().broadcast(dims);
        map.ifPresent(found -> flow.give(step.node.getOutput(0), step.only().with(found)));
        return map.isPresent() ? DONE : step.mixed();
    }

    /**
     * Whether what is added is a stored number per output channel of the writer.
     *
     * @param axis of the channels, from the end
     */
    boolean addBias(Track track, Operand operand, String name, int axis) {
        int channels = track.writer().layer().outChannels();
        Optional<ConstantTensor> stored = flow.graph().stored(name);
        List<Long> dims = stored.map(ConstantTensor::dims).orElse(List.of());
        int own = axis < 0 ? dims.size() + axis : axis;
        boolean fits = own >= 0
                && own < dims.size()
                && dims.get(own) == channels
                && dims.stream().reduce(1L, (a, b) -> a * b) == channels;
        if (fits) {
            flow.add(new Bias(track.writer(), operand, own));
        }
        return fits;
    }

    /** All channels are multiplied by the same: along their axes the factor has one element. */
    private Optional<String> scale(Step step) {
        int input = step.allTracked().get(0);
        ChannelMap map = step.only().map();
        Optional<List<Long>> factor = step.dims(1 - input);
        if (flow.graph().opset() < BROADCASTS || factor.isEmpty()) {
            return Optional.of(step.name() + " multiplies them by numbers of unknown dims");
        }
        boolean byChannel = false;
        boolean byPosition = false;
        for (int axis = 0; axis < map.rank(); axis++) {
            int own = factor.get().size() - map.rank() + axis;
            boolean differs = own >= 0 && factor.get().get(own) != 1;
            byChannel |= differs && map.varies(axis);
            byPosition |= differs && !map.varies(axis);
        }
        if (!byChannel) {
            return moved(step, input, step.outputDims(0));
        }
        return Optional.of(
                byPosition
                        ? ROTARY + step.name() + " multiplies them by numbers that differ from position to position"
                        : step.name() + " does not multiply them all by the same");
    }

    private Optional<String> reshape(Step step) {
        return moved(step, step.only().map().reshaped(step.outputDims(0)));
    }

    private Optional<String> transpose(Step step) {
        int rank = step.only().map().rank();
        List<Long> perm = Attributes.integers(step.node, "perm");
        List<Integer> order = IntStream.range(0, rank)
                .mapToObj(i -> perm.isEmpty() ? rank - 1 - i : perm.get(i).intValue())
                .toList();
        return moved(step, Optional.of(step.only().map().transposed(order)));
    }

    private Optional<String> split(Step step) {
        if (step.tracked(0).isEmpty()) {
            return step.mixed();
        }
        ChannelMap map = step.only().map();
        int axis = axis(Attributes.integer(step.node, "axis", 0), map.rank());
        List<ChannelMap> parts = new ArrayList<>();
        int from = 0;
        for (int i = 0; i < step.node.getOutputCount(); i++) {
            List<Long> dims = step.outputDims(i);
            if (dims.size() != map.rank()) {
                return step.mixed();
            }
            int to = from + Math.toIntExact(dims.get(axis));
            Optional<ChannelMap> part = map.sliced(axis, from, to);
            if (part.isEmpty()) {
                return step.mixed();
            }
            parts.add(part.get());
            from = to;
        }
        for (int i = 0; i < parts.size(); i++) {
            flow.give(step.node.getOutput(i), step.only().with(parts.get(i)));
        }
        return DONE;
    }

    private static int axis(long given, int rank) {
        return (int) (given < 0 ? given + rank : given);
    }

    private Optional<String> slice(Step step) {
        ChannelMap map = step.only().map();
        List<Long> dims = step.outputDims(0);
        if (step.tracked(0).isEmpty() || dims.size() != map.rank()) {
            return step.mixed();
        }
        for (int i = 0; i < dims.size(); i++) {
            int axis = i;
            if (!map.varies(axis)) {
                map = map.replaced(axis, List.of(dims.get(axis)));
                continue;
            }
            int size = map.size(axis);
            Optional<Bounds> bounds = Bounds.of(flow, step.index, axis, map.rank());
            Optional<ChannelMap> part = bounds.isPresent()
                    ? map.sliced(
                            axis,
                            bounds.get().start().place(size),
                            bounds.get().end().place(size))
                    : Optional.of(map).filter(whole -> !Bounds.areUnknown(flow, step.index, axis, whole.rank()));
            if (part.isEmpty() || part.get().size(axis) != dims.get(axis)) {
                return step.mixed();
            }
            map = part.get();
        }
        return moved(step, Optional.of(map));
    }

    private Optional<String> gather(Step step) {
        if (step.tracked(0).isEmpty()) {
            return step.mixed();
        }
        ChannelMap map = step.only().map();
        int axis = axis(Attributes.integer(step.node, "axis", 0), map.rank());
        Optional<List<Long>> picked = step.dims(1);
        if (picked.isPresent() && !map.varies(axis)) {
            return moved(step, Optional.of(map.replaced(axis, picked.get())));
        }
        Optional<long[]> numbers = flow.graph().integers(step.node.getInput(1)).filter(all -> all.length > 0);
        if (picked.isEmpty() || picked.get().size() > 1 || numbers.isEmpty()) {
            return step.mixed();
        }
        int from = axis(numbers.get()[0], map.size(axis));
        for (int i = 0; i < numbers.get().length; i++) {
            if (axis(numbers.get()[i], map.size(axis)) != from + i) {
                return step.mixed();
            }
        }
        Optional<ChannelMap> part = map.sliced(axis, from, from + numbers.get().length);
        return moved(step, picked.get().isEmpty() ? part.map(one -> one.replaced(axis, List.of())) : part);
    }

    /** The same again and again. */
    private Optional<String> repeat(Step step) {
        ChannelMap map = step.only().map();
        if (step.node.getInputList().stream().distinct().count() > 1) {
            return step.mixed();
        }
        return moved(step, map.tiled(step.outputDims(0)));
    }

    private Optional<String> product(Step step) {
        Track left = step.tracked(0).orElse(null);
        Track right = step.tracked(1).orElse(null);
        if (left != null && left.map().rank() < 2
                || right != null && right.map().rank() < 2) {
            return step.mixed();
        }
        boolean sumsLeft = left != null && left.map().varies(left.map().rank() - 1);
        boolean sumsRight = right != null && right.map().varies(right.map().rank() - 2);
        if (sumsLeft && sumsRight) {
            return contract(step, left, right);
        }
        boolean alone = left == null || right == null;
        if (sumsLeft || sumsRight || !alone) {
            return step.mixed();
        }
        return left != null
                ? mix(step, left, left.map().rank() - 2)
                : mix(step, right, right.map().rank() - 1);
    }

    private Optional<String> contract(Step step, Track left, Track right) {
        boolean plain = left.mixing().isEmpty()
                && right.mixing().isEmpty()
                && !left.map().varies(left.map().rank() - 2)
                && !right.map().varies(right.map().rank() - 1);
        if (!plain) {
            return step.mixed();
        }
        flow.contract(new Contraction(step.index, left, right));
        return DONE;
    }

    /** What is summed over positions keeps its units; so do batch dims keep heads. */
    private Optional<String> mix(Step step, Track track, int unitAxis) {
        ChannelMap map = track.map();
        List<Long> dims = step.outputDims(0);
        int positions = unitAxis == map.rank() - 1 ? map.rank() - 2 : map.rank() - 1;
        if (track.mixing().isPresent() || !map.varies(unitAxis) || dims.size() < map.rank()) {
            return step.mixed();
        }
        long mixed = dims.get(dims.size() - map.rank() + positions);
        Optional<ChannelMap> after = map.replaced(positions, List.of(mixed)).broadcast(dims);
        if (after.isEmpty()) {
            return step.mixed();
        }
        Mixing mixing = new Mixing(step.index, track.writer(), map, unitAxis);
        flow.mix(mixing);
        flow.give(step.node.getOutput(0), new Track(track.writer(), after.get(), Optional.of(mixing)));
        return DONE;
    }
}
