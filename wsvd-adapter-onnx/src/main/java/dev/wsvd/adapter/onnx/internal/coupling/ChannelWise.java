package dev.wsvd.adapter.onnx.internal.coupling;

import dev.wsvd.adapter.onnx.internal.coupling.GraphEdit.Operand;
import dev.wsvd.adapter.onnx.internal.coupling.Seen.Channels;
import dev.wsvd.adapter.onnx.internal.graph.Attributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/** Nodes that compute each channel from that channel of their operands alone. */
final class ChannelWise {
    /** Before this operator set a node says itself which dims of its second operand meet which of its first. */
    private static final long BROADCASTS = 7;

    private static final List<String> ONE = List.of(
            "Relu",
            "LeakyRelu",
            "Elu",
            "Selu",
            "Celu",
            "ThresholdedRelu",
            "HardSwish",
            "HardSigmoid",
            "Sigmoid",
            "Tanh",
            "Softplus",
            "Softsign",
            "Erf",
            "Sqrt",
            "Exp",
            "Log",
            "Abs",
            "Neg",
            "Reciprocal",
            "Floor",
            "Ceil",
            "Round",
            "Sign",
            "Sin",
            "Cos",
            "Identity",
            "Cast",
            "Gelu",
            "Mish",
            "Shrink",
            "Not",
            "IsNaN");
    private static final List<String> SEVERAL = List.of(
            "Add",
            "Sub",
            "Mul",
            "Div",
            "Pow",
            "PRelu",
            "Min",
            "Max",
            "Sum",
            "Mean",
            "Where",
            "Less",
            "Greater",
            "LessOrEqual",
            "GreaterOrEqual",
            "Equal");

    private ChannelWise() {}

    static void addTo(Map<String, Rule> rules) {
        ONE.forEach(op -> rules.put(op, ChannelWise::first));
        SEVERAL.forEach(op -> rules.put(op, ChannelWise::together));
        rules.put("Clip", ChannelWise::first);
        rules.put("Dropout", ChannelWise::dropout);
        rules.put("BatchNormalization", step -> normalized(step, 4));
        rules.put("InstanceNormalization", step -> normalized(step, 2));
    }

    static void addContributedTo(Map<String, Rule> rules) {
        rules.put("Gelu", ChannelWise::first);
        rules.put("QuickGelu", ChannelWise::first);
        rules.put("FastGelu", ChannelWise::together);
        rules.put("BiasGelu", ChannelWise::together);
    }

    private static Optional<String> first(Step step) {
        Channels channels = step.channels(0).orElse(null);
        if (channels == null || step.withUnits().size() > 1) {
            return Rule.mixed(step);
        }
        step.pass(channels);
        return Rule.DONE;
    }

    private static Optional<String> dropout(Step step) {
        return step.hasMoreOutputs() ? Rule.mixed(step) : first(step);
    }

    /** Operands of one channel each meet; what is stored has a value per channel, or one for all. */
    static Optional<String> together(Step step) {
        List<Integer> tracked = step.withUnits();
        Channels lead = step.channels(tracked.get(0)).orElseThrow();
        if (step.flow().graph().opset() < BROADCASTS && tracked.size() < step.inputs()) {
            return Rule.mixed(step);
        }
        int rank = 0;
        List<Operand> narrowed = new ArrayList<>();
        List<Integer> axes = new ArrayList<>();
        for (int i = 0; i < step.inputs(); i++) {
            if (step.input(i).isEmpty()) {
                continue;
            }
            Optional<Channels> other = step.channels(i);
            if (other.isPresent()) {
                if (other.get().axis() != lead.axis() || other.get().width() != lead.width()) {
                    return Optional.of(step.name() + " does not join them one by one");
                }
                rank = Math.max(rank, other.get().rank());
                continue;
            }
            List<Long> dims = step.dims(i).orElse(null);
            if (dims == null) {
                return Optional.of(step.name() + " joins them with '" + step.input(i) + "' of unknown shape");
            }
            rank = Math.max(rank, dims.size());
            int axis = dims.size() + lead.axis();
            if (axis < 0 || dims.get(axis) == 1) {
                continue;
            }
            if (step.stored(i).isEmpty() || dims.get(axis) != lead.width()) {
                return Optional.of(step.name() + " joins them with '" + step.input(i)
                        + "', which no layer writes that can be cut");
            }
            narrowed.add(new Operand(step.index(), i));
            axes.add(axis);
        }
        IntStream.range(0, narrowed.size())
                .forEach(i -> step.flow().narrow(narrowed.get(i), axes.get(i), lead.units()));
        tracked.forEach(i ->
                step.units().join(lead.units(), step.channels(i).orElseThrow().units()));
        boolean known =
                tracked.stream().allMatch(i -> step.channels(i).orElseThrow().rank() > 0);
        step.pass(lead.at(lead.axis(), known ? rank : 0));
        return Rule.DONE;
    }

    /** Channels are the second dim, vectors have an element for each. */
    private static Optional<String> normalized(Step step, int vectors) {
        Channels channels = step.channels(0).orElse(null);
        boolean plain = channels != null
                && step.withUnits().size() == 1
                && channels.fromFront() == 1
                && !step.hasMoreOutputs()
                && Attributes.integer(step.node(), "training_mode", 0) == 0;
        for (int i = 1; i <= vectors && plain; i++) {
            plain = step.stored(i)
                    .filter(tensor -> tensor.dims().equals(List.of((long) channels.width())))
                    .isPresent();
        }
        if (!plain) {
            return Rule.mixed(step);
        }
        for (int i = 1; i <= vectors; i++) {
            step.flow().narrow(new Operand(step.index(), i), 0, channels.units());
        }
        step.pass(channels);
        return Rule.DONE;
    }
}
