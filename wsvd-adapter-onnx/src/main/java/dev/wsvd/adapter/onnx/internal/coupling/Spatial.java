package dev.wsvd.adapter.onnx.internal.coupling;

import dev.wsvd.adapter.onnx.internal.coupling.Seen.Channels;
import dev.wsvd.adapter.onnx.internal.coupling.Seen.Number;
import dev.wsvd.adapter.onnx.internal.graph.Attributes;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Nodes that combine, repeat or add positions, for each channel alike. */
final class Spatial {
    private static final List<String> POOLS =
            List.of("MaxPool", "AveragePool", "LpPool", "GlobalAveragePool", "GlobalMaxPool", "GlobalLpPool");
    private static final List<String> REDUCTIONS = List.of(
            "ReduceMean",
            "ReduceSum",
            "ReduceMax",
            "ReduceMin",
            "ReduceProd",
            "ReduceL1",
            "ReduceL2",
            "ReduceLogSum",
            "ReduceLogSumExp",
            "ReduceSumSquare");

    private Spatial() {}

    static void addTo(Map<String, Rule> rules) {
        POOLS.forEach(op -> rules.put(op, Spatial::pool));
        REDUCTIONS.forEach(op -> rules.put(op, Spatial::reduce));
        rules.put("Pad", Spatial::pad);
        rules.put("Resize", Spatial::resize);
        rules.put("Upsample", Spatial::resize);
    }

    private static Optional<String> pool(Step step) {
        Channels channels = step.channels(0).orElse(null);
        if (channels == null || channels.fromFront() != 1 || step.hasMoreOutputs()) {
            return Rule.mixed(step);
        }
        step.pass(channels);
        return Rule.DONE;
    }

    private static Optional<String> reduce(Step step) {
        Channels channels = step.channels(0).orElse(null);
        Optional<List<Integer>> axes = step.fixed("axes", 1)
                .flatMap(given -> channels == null ? Optional.empty() : Axes.fromEnd(given, channels.rank()));
        if (axes.isEmpty() || axes.get().isEmpty() || axes.get().contains(channels.axis())) {
            return Rule.mixed(step);
        }
        boolean kept = Attributes.integer(step.node(), "keepdims", 1) != 0;
        step.pass(kept ? channels : Axes.without(channels, axes.get()));
        return Rule.DONE;
    }

    private static Optional<String> pad(Step step) {
        Channels channels = step.channels(0).orElse(null);
        Optional<List<Long>> pads = step.fixed("pads", 1);
        if (channels == null || channels.rank() == 0 || pads.isEmpty()) {
            return Rule.mixed(step);
        }
        List<Long> axes = List.of();
        if (!step.input(3).isEmpty()) {
            axes = step.fixed("axes", 3).orElse(List.of());
            if (axes.isEmpty()) {
                return Rule.mixed(step);
            }
        }
        int half = pads.get().size() / 2;
        for (int i = 0; i < half; i++) {
            long axis = axes.isEmpty() ? i : axes.get(i);
            boolean own = Axes.fromEnd(axis, channels.rank()).orElseThrow() == channels.axis();
            if (own && (pads.get().get(i) != 0 || pads.get().get(half + i) != 0)) {
                return Rule.mixed(step);
            }
        }
        step.pass(channels);
        return Rule.DONE;
    }

    /** By scales, or to sizes; the channels keep theirs. */
    private static Optional<String> resize(Step step) {
        Channels channels = step.channels(0).orElse(null);
        boolean plain = channels != null
                && channels.rank() > 0
                && Attributes.find(step.node(), "axes").isEmpty()
                && !Attributes.text(step.node(), "coordinate_transformation_mode", "")
                        .equals("tf_crop_and_resize");
        return !plain
                ? Rule.mixed(step)
                : !step.input(3).isEmpty() ? toSizes(step, channels) : byScales(step, channels);
    }

    private static Optional<String> byScales(Step step, Channels channels) {
        int operand = step.inputs() > 2 ? 2 : 1;
        Optional<List<Float>> scales = Attributes.find(step.node(), "scales")
                .map(found -> found.getFloatsList())
                .or(() -> step.stored(operand)
                        .map(step.flow().graph()::values)
                        .filter(values -> values.isFloat())
                        .map(values -> {
                            List<Float> list = new java.util.ArrayList<>();
                            for (float value : values.floats()) {
                                list.add(value);
                            }
                            return list;
                        }));
        if (scales.isEmpty()
                || scales.get().size() != channels.rank()
                || scales.get().get(channels.fromFront()) != 1) {
            return Rule.mixed(step);
        }
        step.pass(channels);
        return Rule.DONE;
    }

    private static Optional<String> toSizes(Step step, Channels channels) {
        List<Number> sizes = step.numbers(3).map(Seen.Numbers::numbers).orElse(List.of());
        if (sizes.size() != channels.rank() || !Sizes.follow(step, 3, sizes, channels.fromFront(), channels)) {
            return Rule.mixed(step);
        }
        step.pass(channels);
        return Rule.DONE;
    }
}
