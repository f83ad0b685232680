package dev.wsvd.adapter.onnx.internal.coupling;

import dev.wsvd.adapter.onnx.internal.coupling.Seen.Channels;
import dev.wsvd.adapter.onnx.internal.coupling.Seen.Number;
import dev.wsvd.adapter.onnx.internal.graph.Attributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Nodes that give the same numbers in other dims. */
final class Layouts {
    private static final long UNKNOWN = -1;

    private Layouts() {}

    static void addTo(Map<String, Rule> rules) {
        rules.put("Transpose", Layouts::transpose);
        rules.put("Squeeze", Layouts::squeeze);
        rules.put("Unsqueeze", Layouts::unsqueeze);
        rules.put("Flatten", Layouts::flatten);
        rules.put("Reshape", Layouts::reshape);
        rules.put("Expand", Layouts::expand);
    }

    private static Optional<String> transpose(Step step) {
        Channels channels = step.channels(0).orElseThrow();
        List<Long> perm = Attributes.integers(step.node(), "perm");
        int rank = perm.isEmpty() ? channels.rank() : perm.size();
        if (rank == 0) {
            return Rule.mixed(step);
        }
        int from = rank + channels.axis();
        int to = perm.isEmpty() ? rank - 1 - from : perm.indexOf((long) from);
        step.pass(channels.at(to - rank, rank));
        return Rule.DONE;
    }

    private static Optional<String> squeeze(Step step) {
        Channels channels = step.channels(0).orElse(null);
        Optional<List<Integer>> axes = step.fixed("axes", 1)
                .flatMap(given -> channels == null ? Optional.empty() : Axes.fromEnd(given, channels.rank()));
        if (axes.isEmpty() || axes.get().isEmpty() || axes.get().contains(channels.axis())) {
            return Rule.mixed(step);
        }
        step.pass(Axes.without(channels, axes.get()));
        return Rule.DONE;
    }

    private static Optional<String> unsqueeze(Step step) {
        Channels channels = step.channels(0).orElse(null);
        Optional<List<Long>> axes = step.fixed("axes", 1);
        if (channels == null || channels.rank() == 0 || axes.isEmpty()) {
            return Rule.mixed(step);
        }
        int rank = channels.rank() + axes.get().size();
        List<Integer> added = Axes.fromEnd(axes.get(), rank).orElseThrow();
        int left = -channels.axis();
        int axis = 0;
        while (left > 0) {
            axis--;
            left -= added.contains(axis) ? 0 : 1;
        }
        step.pass(channels.at(axis, rank));
        return Rule.DONE;
    }

    /** Dims from one on become the last: a channel becomes as many as it has positions behind, as often as there are before. */
    private static Optional<String> flatten(Step step) {
        Channels channels = step.channels(0).orElseThrow();
        List<Long> dims = step.dims(0).orElse(List.of());
        long given = Attributes.integer(step.node(), "axis", 1);
        int first = (int) (given < 0 ? given + dims.size() : given);
        int own = dims.size() + channels.axis();
        if (dims.isEmpty() || own < first) {
            return Rule.mixed(step);
        }
        long before = product(dims, first, own);
        long behind = product(dims, own + 1, dims.size());
        if (before == UNKNOWN || behind == UNKNOWN) {
            return Optional.of(step.name() + " gives each of them an unknown number of channels");
        }
        step.give(new Channels(-1, 2, spread(channels.units(), before, behind)));
        return Rule.DONE;
    }

    private static long product(List<Long> dims, int from, int to) {
        long product = 1;
        for (int i = from; i < to; i++) {
            if (dims.get(i) < 1) {
                return UNKNOWN;
            }
            product *= dims.get(i);
        }
        return product;
    }

    private static int[] spread(int[] units, long before, long behind) {
        int[] all = new int[Math.toIntExact(units.length * before * behind)];
        for (int i = 0; i < all.length; i++) {
            all[i] = units[(int) (i / behind % units.length)];
        }
        return all;
    }

    /**
     * Of [before…][C][S] the C · S / R channels in [before…][C · S / R][R…]: the sizes behind fix where they are, whatever stands
     * before.
     */
    private static Optional<String> reshape(Step step) {
        Channels channels = step.channels(0).orElse(null);
        List<Number> target = step.numbers(1).map(Seen.Numbers::numbers).orElse(List.of());
        List<Long> dims = step.dims(0).orElse(List.of());
        int own = dims.size() + channels.axis();
        long behind = channels.axis() == -1 ? 1 : dims.isEmpty() ? UNKNOWN : product(dims, own + 1, dims.size());
        boolean empty = Attributes.integer(step.node(), "allowzero", 0) != 0
                && target.stream().anyMatch(number -> number.is(0));
        if (target.isEmpty() || behind == UNKNOWN || empty) {
            return Rule.mixed(step);
        }
        List<Long> after = sizes(step, target, dims);
        int to = target.size() - 1;
        long left = behind;
        while (to > 0 && after.get(to) != UNKNOWN && left % after.get(to) == 0 && !fits(after, to, channels, left)) {
            left /= after.get(to);
            to--;
        }
        // Where the last of two dims takes what is left, whatever reads it says how much that is.
        boolean rest = to == 1 && target.size() == 2 && target.get(1).is(-1) && after.get(1) == UNKNOWN;
        if (!rest && !fits(after, to, channels, left)) {
            return Rule.mixed(step);
        }
        return resized(step, channels.of(spread(channels.units(), 1, left)).at(to - target.size(), target.size()));
    }

    private static boolean fits(List<Long> after, int to, Channels channels, long left) {
        return after.get(to) == channels.width() * left;
    }

    /** Sizes that are given, or inferred, or those before. */
    private static List<Long> sizes(Step step, List<Number> target, List<Long> dims) {
        List<Long> inferred = step.flow().graph().dims(step.output(0)).orElse(List.of());
        List<Long> sizes = new ArrayList<>();
        for (int i = 0; i < target.size(); i++) {
            int at = i;
            long given = target.get(i).value().orElse(UNKNOWN);
            long copied = given == 0 && i < dims.size() ? dims.get(i) : given;
            sizes.add(
                    copied > 0
                            ? copied
                            : Optional.of(inferred)
                                    .filter(known -> known.size() == target.size())
                                    .map(known -> known.get(at))
                                    .filter(size -> size > 0)
                                    .orElse(UNKNOWN));
        }
        return sizes;
    }

    /** Gives channels of a size that an operand tells. */
    private static Optional<String> resized(Step step, Channels channels) {
        List<Number> target = step.numbers(1).orElseThrow().numbers();
        int to = channels.fromFront();
        boolean copied = target.get(to).is(0) && step.channels(0).orElseThrow().fromFront() == to;
        boolean takesRest = target.get(to).is(-1);
        if (!(copied || takesRest ? Sizes.countNone(target) : Sizes.follow(step, 1, target, to, channels))) {
            return Rule.mixed(step);
        }
        step.pass(channels);
        return Rule.DONE;
    }

    private static Optional<String> expand(Step step) {
        Channels channels = step.channels(0).orElse(null);
        List<Number> target = step.numbers(1).map(Seen.Numbers::numbers).orElse(List.of());
        int at = channels == null ? -1 : target.size() + channels.axis();
        if (channels == null || target.isEmpty() || channels.rank() == 0) {
            return Rule.mixed(step);
        }
        boolean same = at < 0 || target.get(at).is(1);
        if (!(same ? Sizes.countNone(target) : Sizes.follow(step, 1, target, at, channels))) {
            return Rule.mixed(step);
        }
        step.pass(channels.at(channels.axis(), Math.max(channels.rank(), target.size())));
        return Rule.DONE;
    }
}
