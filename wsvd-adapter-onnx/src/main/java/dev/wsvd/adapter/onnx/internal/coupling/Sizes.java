package dev.wsvd.adapter.onnx.internal.coupling;

import dev.wsvd.adapter.onnx.internal.coupling.Seen.Channels;
import dev.wsvd.adapter.onnx.internal.coupling.Seen.Number;
import dev.wsvd.adapter.onnx.internal.coupling.Seen.Numbers;
import dev.wsvd.adapter.onnx.internal.graph.Attributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/** Nodes that compute the sizes of tensors, and operands that hold them. */
final class Sizes {
    private Sizes() {}

    static void addTo(Map<String, Function<Step, Optional<Numbers>>> rules) {
        rules.put("Shape", Sizes::shape);
        rules.put("Gather", Sizes::gather);
        rules.put("Slice", Sizes::slice);
        rules.put("Concat", Sizes::concat);
        rules.put("Identity", step -> step.computed(0));
        rules.put("Cast", step -> step.computed(0));
        rules.put("Unsqueeze", Sizes::vector);
        rules.put(
                "Squeeze",
                step -> step.computed(0).filter(numbers -> numbers.numbers().size() == 1));
    }

    /**
     * Whether one number of an operand is how many channels there are, and follows them, and no other counts units.
     *
     * @param numbers what the operand holds
     */
    static boolean follow(Step step, int operand, List<Number> numbers, int at, Channels channels) {
        Number own = numbers.get(at);
        List<Number> others = new ArrayList<>(numbers);
        others.remove(at);
        if (!countNone(others)) {
            return false;
        }
        if (own.counts(channels.width())) {
            // As many as there are of others: so they go together.
            step.units().join(own.units().orElseThrow(), channels.units());
            step.understands(operand);
            return true;
        }
        if (own.units().isPresent() || own.spot().isEmpty() || !own.is(channels.width())) {
            return false;
        }
        step.flow().count(own.spot().get(), channels.units());
        return true;
    }

    static boolean countNone(List<Number> numbers) {
        return numbers.stream().allMatch(number -> number.units().isEmpty());
    }

    private static Optional<Numbers> shape(Step step) {
        Optional<Channels> channels = step.channels(0);
        List<Long> dims = step.dims(0).orElse(List.of());
        if (dims.isEmpty()) {
            channels.ifPresent(seen -> step.units().keep(seen.units(), step.name() + " sees how many there are"));
            return Optional.empty();
        }
        List<Number> numbers = new ArrayList<>();
        for (int i = 0; i < dims.size(); i++) {
            boolean own =
                    channels.isPresent() && i == dims.size() + channels.get().axis();
            Optional<Long> value = Optional.of(dims.get(i)).filter(size -> size > 0);
            numbers.add(new Number(
                    own ? Optional.of((long) channels.get().width()) : value,
                    Optional.empty(),
                    own ? Optional.of(channels.get().units()) : Optional.empty()));
        }
        int start = bound(Attributes.integer(step.node(), "start", 0), numbers.size());
        int end = bound(Attributes.integer(step.node(), "end", numbers.size()), numbers.size());
        return Optional.of(new Numbers(numbers.subList(Math.min(start, end), end)));
    }

    private static int bound(long given, int size) {
        long at = given < 0 ? given + size : given;
        return (int) Math.max(0, Math.min(size, at));
    }

    private static Optional<Numbers> gather(Step step) {
        Optional<Numbers> from = step.computed(0);
        Optional<Numbers> which = step.numbers(1);
        if (from.isEmpty() || which.isEmpty()) {
            return Optional.empty();
        }
        int size = from.get().numbers().size();
        List<Number> picked = new ArrayList<>();
        for (Number number : which.get().numbers()) {
            long at = number.value().orElse((long) size);
            at = at < 0 ? at + size : at;
            if (at < 0 || at >= size) {
                return Optional.empty();
            }
            picked.add(from.get().numbers().get((int) at));
        }
        return Optional.of(new Numbers(picked));
    }

    private static Optional<Numbers> slice(Step step) {
        Optional<Numbers> from = step.computed(0);
        Optional<List<Long>> starts = step.fixed("starts", 1);
        Optional<List<Long>> ends = step.fixed("ends", 2);
        boolean plain = from.isPresent()
                && starts.filter(s -> s.size() == 1).isPresent()
                && ends.filter(e -> e.size() == 1).isPresent()
                && (step.input(4).isEmpty() || step.fixed("steps", 4).equals(Optional.of(List.of(1L))));
        if (!plain) {
            return Optional.empty();
        }
        int size = from.get().numbers().size();
        int start = bound(starts.get().get(0), size);
        int end = bound(ends.get().get(0), size);
        return Optional.of(new Numbers(from.get().numbers().subList(Math.min(start, end), end)));
    }

    private static Optional<Numbers> concat(Step step) {
        List<Number> all = new ArrayList<>();
        for (int i = 0; i < step.inputs(); i++) {
            Optional<Numbers> part = step.numbers(i);
            if (part.isEmpty()) {
                // Of one dim, its size unknown: where the numbers behind it stand would be a guess.
                Optional<List<Long>> dims = step.dims(i);
                if (dims.isEmpty() || dims.get().size() != 1 || dims.get().get(0) < 0) {
                    return Optional.empty();
                }
                for (int k = 0; k < dims.get().get(0); k++) {
                    all.add(Number.UNKNOWN);
                }
            } else {
                all.addAll(part.get().numbers());
            }
        }
        return Optional.of(new Numbers(all));
    }

    private static Optional<Numbers> vector(Step step) {
        return step.computed(0).filter(numbers -> numbers.numbers().size() == 1);
    }
}
