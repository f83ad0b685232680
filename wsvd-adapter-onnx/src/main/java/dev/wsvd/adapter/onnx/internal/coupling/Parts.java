package dev.wsvd.adapter.onnx.internal.coupling;

import dev.wsvd.adapter.onnx.internal.coupling.Seen.Channels;
import dev.wsvd.adapter.onnx.internal.coupling.Seen.Number;
import dev.wsvd.adapter.onnx.internal.graph.Attributes;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Nodes that put channels one behind the other, or take some of them out. */
final class Parts {
    private Parts() {}

    static void addTo(Map<String, Rule> rules) {
        rules.put("Concat", Parts::concat);
        rules.put("Split", Parts::split);
        rules.put("Slice", Parts::slice);
        rules.put("Gather", Parts::gather);
    }

    private static Optional<String> concat(Step step) {
        Channels lead = step.channels(step.withUnits().get(0)).orElseThrow();
        int rank = 0;
        for (int i = 0; i < step.inputs(); i++) {
            rank = Math.max(rank, step.dims(i).map(List::size).orElse(0));
            rank = Math.max(rank, step.channels(i).map(Channels::rank).orElse(0));
        }
        Optional<Integer> axis = Axes.fromEnd(Attributes.integer(step.node(), "axis", 1), rank);
        boolean same = step.withUnits().stream()
                .allMatch(i -> step.channels(i).orElseThrow().axis() == lead.axis());
        if (axis.isEmpty() || !same) {
            return Rule.mixed(step);
        }
        return axis.get() == lead.axis() ? behind(step, lead, rank) : beside(step, lead, rank);
    }

    private static Optional<String> behind(Step step, Channels lead, int rank) {
        List<int[]> parts = new ArrayList<>();
        for (int i = 0; i < step.inputs(); i++) {
            Optional<Channels> channels = step.channels(i);
            if (channels.isPresent()) {
                parts.add(channels.get().units());
                continue;
            }
            Optional<Long> width = step.dims(i)
                    .filter(dims -> dims.size() + lead.axis() >= 0)
                    .map(dims -> dims.get(dims.size() + lead.axis()))
                    .filter(size -> size >= 0);
            if (width.isEmpty()) {
                return Optional.of(step.name() + " puts them beside '" + step.input(i) + "' of unknown size");
            }
            int[] others = new int[width.get().intValue()];
            Arrays.fill(others, Units.NONE);
            parts.add(others);
        }
        step.give(new Channels(
                lead.axis(), rank, parts.stream().flatMapToInt(Arrays::stream).toArray()));
        return Rule.DONE;
    }

    /** Along another dim: channels of the same number meet. */
    private static Optional<String> beside(Step step, Channels lead, int rank) {
        boolean meet = step.withUnits().size() == step.inputs()
                && step.withUnits().stream()
                        .allMatch(i -> step.channels(i).orElseThrow().width() == lead.width());
        if (!meet) {
            return Rule.mixed(step);
        }
        step.withUnits()
                .forEach(i -> step.units()
                        .join(lead.units(), step.channels(i).orElseThrow().units()));
        step.pass(lead.at(lead.axis(), rank));
        return Rule.DONE;
    }

    private static Optional<String> split(Step step) {
        Channels channels = step.channels(0).orElse(null);
        Optional<Integer> axis = channels == null
                ? Optional.empty()
                : Axes.fromEnd(Attributes.integer(step.node(), "axis", 0), channels.rank());
        if (axis.isEmpty()) {
            return Rule.mixed(step);
        }
        int outputs = step.node().getOutputCount();
        if (axis.get() != channels.axis()) {
            step.node().getOutputList().stream()
                    .filter(name -> !name.isEmpty())
                    .forEach(name -> step.flow().give(name, channels));
            return Rule.DONE;
        }
        List<Integer> sizes = sizes(step, channels.width(), outputs);
        if (sizes.size() != outputs
                || sizes.stream().mapToInt(Integer::intValue).sum() != channels.width()) {
            return Rule.mixed(step);
        }
        List<int[]> parts = new ArrayList<>();
        int from = 0;
        for (int i = 0; i < outputs; i++) {
            int[] part = Arrays.copyOfRange(channels.units(), from, from + sizes.get(i));
            from += sizes.get(i);
            parts.add(part);
            step.flow().part(part);
            if (!step.output(i).isEmpty()) {
                step.flow().give(step.output(i), channels.of(part));
            }
        }
        step.flow().parts(step.index(), sizes, parts);
        return Rule.DONE;
    }

    private static List<Integer> sizes(Step step, int width, int outputs) {
        boolean given = !step.input(1).isEmpty()
                || Attributes.find(step.node(), "split").isPresent();
        if (given) {
            return step.fixed("split", 1).orElse(List.of()).stream()
                    .map(Long::intValue)
                    .toList();
        }
        int each = (width + outputs - 1) / outputs;
        List<Integer> sizes = new ArrayList<>();
        for (int i = 0; i < outputs; i++) {
            sizes.add(Math.max(0, Math.min(each, width - i * each)));
        }
        return sizes;
    }

    private static Optional<String> slice(Step step) {
        Channels channels = step.channels(0).orElse(null);
        List<Number> starts =
                step.numbers("starts", 1).map(Seen.Numbers::numbers).orElse(List.of());
        List<Number> ends = step.numbers("ends", 2).map(Seen.Numbers::numbers).orElse(List.of());
        if (channels == null || step.withUnits().size() > 1) {
            return Rule.mixed(step);
        }
        boolean allAxes =
                step.input(3).isEmpty() && Attributes.find(step.node(), "axes").isEmpty();
        Optional<List<Integer>> axes = allAxes
                ? Optional.of(starts).filter(s -> channels.rank() > 0).map(s -> leading(s.size(), channels.rank()))
                : step.fixed("axes", 3).flatMap(given -> Axes.fromEnd(given, channels.rank()));
        if (axes.isEmpty()) {
            return Rule.mixed(step);
        }
        int own = axes.get().indexOf(channels.axis());
        if (own < 0) {
            step.pass(channels);
            return Rule.DONE;
        }
        boolean whole = step.input(4).isEmpty()
                || step.fixed("steps", 4).filter(steps -> steps.get(own) == 1).isPresent();
        if (!whole || own >= starts.size() || own >= ends.size()) {
            return Rule.mixed(step);
        }
        return sliced(step, channels, starts.get(own), ends.get(own));
    }

    private static List<Integer> leading(int count, int rank) {
        List<Integer> axes = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            axes.add(i - rank);
        }
        return axes;
    }

    private static Optional<String> sliced(Step step, Channels channels, Number start, Number end) {
        int width = channels.width();
        boolean stored = start.spot().isPresent() && end.spot().isPresent();
        if (!stored) {
            return Rule.mixed(step);
        }
        int from = place(start.value().orElseThrow(), width);
        int to = place(end.value().orElseThrow(), width);
        if (from >= to) {
            return Rule.mixed(step);
        }
        int[] units = channels.units();
        int[] part = Arrays.copyOfRange(units, from, to);
        // What a bound counts is before it or, if it counts from the end, behind it.
        bound(step, start, units, from);
        if (to < width || end.value().get() == width) {
            bound(step, end, units, to);
        }
        step.flow().part(part);
        step.give(channels.of(part));
        return Rule.DONE;
    }

    private static int place(long bound, int width) {
        return (int) Math.max(0, Math.min(width, bound < 0 ? bound + width : bound));
    }

    private static void bound(Step step, Number bound, int[] units, int at) {
        boolean fromEnd = bound.value().orElseThrow() < 0;
        int[] counted = fromEnd ? Arrays.copyOfRange(units, at, units.length) : Arrays.copyOf(units, at);
        if (counted.length > 0) {
            step.flow().part(counted);
            step.flow().count(bound.spot().orElseThrow(), counted);
        }
    }

    /** Positions are picked, for all channels alike. */
    private static Optional<String> gather(Step step) {
        Channels channels = step.channels(0).orElse(null);
        Optional<Integer> axis = channels == null
                ? Optional.empty()
                : Axes.fromEnd(Attributes.integer(step.node(), "axis", 0), channels.rank());
        Optional<Integer> picked = step.dims(1).map(List::size);
        if (axis.isEmpty()
                || picked.isEmpty()
                || axis.get() == channels.axis()
                || step.withUnits().size() > 1) {
            return Rule.mixed(step);
        }
        int more = picked.get() - 1;
        step.pass(channels.at(
                axis.get() > channels.axis() ? channels.axis() - more : channels.axis(),
                channels.rank() == 0 ? 0 : channels.rank() + more));
        return Rule.DONE;
    }
}
