package dev.wsvd.adapter.onnx.internal.coupling;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * Which of a layer's output channels each element of a tensor is made of: channel = offset + Σ digit · stride. The place of an
 * element along an axis is written in digits of mixed radix, the most significant first. Where a digit's stride is 0, it tells
 * positions, or repeats.
 *
 * @param axes by axis: its digits; none for an axis of one element
 */
record ChannelMap(int offset, List<List<Digit>> axes) {
    /**
     * A digit of a place.
     *
     * @param size its radix, at least 2
     */
    record Digit(int size, int stride) {}

    ChannelMap {
        axes = axes.stream().map(ChannelMap::normal).toList();
    }

    /** What a layer gives, or anything else with its channels along one axis. */
    static ChannelMap of(List<Long> dims, int axis) {
        List<List<Digit>> axes = new ArrayList<>();
        for (int i = 0; i < dims.size(); i++) {
            axes.add(digits(dims.get(i), i == axis ? 1 : 0));
        }
        return new ChannelMap(0, axes);
    }

    private static List<Digit> digits(long size, int stride) {
        return size == 1 ? List.of() : List.of(new Digit(Math.toIntExact(size), stride));
    }

    private static List<Digit> normal(List<Digit> digits) {
        List<Digit> normal = new ArrayList<>();
        for (Digit digit : digits) {
            int last = normal.size() - 1;
            if (last >= 0 && normal.get(last).stride() == digit.size() * digit.stride()) {
                normal.set(last, new Digit(normal.get(last).size() * digit.size(), digit.stride()));
            } else {
                normal.add(digit);
            }
        }
        return List.copyOf(normal);
    }

    int rank() {
        return axes.size();
    }

    int size(int axis) {
        return size(axes.get(axis));
    }

    private static int size(List<Digit> digits) {
        return digits.stream().mapToInt(Digit::size).reduce(1, Math::multiplyExact);
    }

    /** Whether channels differ along an axis. */
    boolean varies(int axis) {
        return axes.get(axis).stream().anyMatch(digit -> digit.stride() != 0);
    }

    /** The axis along which alone all of so many channels are, one by one; empty if there is none. */
    Optional<Integer> wholeAxis(int channels) {
        List<Integer> found = new ArrayList<>();
        for (int axis = 0; axis < rank(); axis++) {
            if (varies(axis)) {
                found.add(axis);
            }
        }
        return found.size() == 1 && offset == 0 && axes.get(found.get(0)).equals(digits(channels, 1))
                ? Optional.of(found.get(0))
                : Optional.empty();
    }

    /** The channels along an axis, less what the place along the others adds. */
    int[] along(int axis) {
        return places(axes.get(axis));
    }

    private static int[] places(List<Digit> digits) {
        int[] places = {0};
        for (Digit digit : digits) {
            int[] more = new int[places.length * digit.size()];
            for (int i = 0; i < more.length; i++) {
                more[i] = places[i / digit.size()] + i % digit.size() * digit.stride();
            }
            places = more;
        }
        return places;
    }

    /** The channels that the place along all axes but one tells apart, one after the other, from the offset on. */
    int[] across(int axis) {
        List<Digit> others = new ArrayList<>();
        for (int i = 0; i < rank(); i++) {
            if (i != axis) {
                axes.get(i).stream().filter(digit -> digit.stride() != 0).forEach(others::add);
            }
        }
        int[] starts = places(others);
        for (int i = 0; i < starts.length; i++) {
            starts[i] += offset;
        }
        return starts;
    }

    /** All channels in it. */
    TreeSet<Integer> channels() {
        TreeSet<Integer> all = new TreeSet<>();
        for (int channel : across(-1)) {
            all.add(channel);
        }
        return all;
    }

    /** The same elements in the same order in other dims; empty where an axis would get a part of a digit that has no such part. */
    Optional<ChannelMap> reshaped(List<Long> dims) {
        List<Digit> left = new ArrayList<>();
        axes.forEach(left::addAll);
        List<List<Digit>> after = new ArrayList<>();
        for (long dim : dims) {
            Optional<List<Digit>> axis = leading(left, dim);
            if (axis.isEmpty()) {
                return Optional.empty();
            }
            after.add(axis.get());
        }
        return left.isEmpty() ? Optional.of(new ChannelMap(offset, after)) : Optional.empty();
    }

    /** Takes digits of that size from the front of a list. */
    private static Optional<List<Digit>> leading(List<Digit> left, long size) {
        List<Digit> taken = new ArrayList<>();
        long wanted = size;
        while (wanted > 1) {
            if (left.isEmpty()) {
                return Optional.empty();
            }
            Digit first = left.remove(0);
            if (wanted % first.size() == 0) {
                taken.add(first);
                wanted /= first.size();
            } else if (first.size() % wanted == 0) {
                int rest = Math.toIntExact(first.size() / wanted);
                taken.add(new Digit((int) wanted, first.stride() * rest));
                left.add(0, new Digit(rest, first.stride()));
                wanted = 1;
            } else {
                return Optional.empty();
            }
        }
        return wanted == 1 ? Optional.of(taken) : Optional.empty();
    }

    /** Axis i of the result is axis order[i] of this. */
    ChannelMap transposed(List<Integer> order) {
        return new ChannelMap(offset, order.stream().map(axes::get).toList());
    }

    /** The places from one on, up to another, along an axis; empty where these are no block of its digits. */
    Optional<ChannelMap> sliced(int axis, int from, int to) {
        List<Digit> digits = axes.get(axis);
        if (from == 0 && to == size(axis)) {
            return Optional.of(this);
        }
        if (from < 0 || from >= to || to > size(axis)) {
            return Optional.empty();
        }
        int start = offset;
        int low = from;
        int high = to;
        for (int i = 0; i < digits.size(); i++) {
            Digit digit = digits.get(i);
            List<Digit> rest = digits.subList(i + 1, digits.size());
            int inner = size(rest);
            if (low % inner == 0 && high % inner == 0) {
                start += low / inner * digit.stride();
                List<Digit> kept = Stream.concat(
                                digits(high / inner - low / inner, digit.stride()).stream(), rest.stream())
                        .toList();
                return Optional.of(new ChannelMap(start, with(axis, kept)));
            }
            if (low / inner != (high - 1) / inner) {
                return Optional.empty();
            }
            start += low / inner * digit.stride();
            high -= low / inner * inner;
            low %= inner;
        }
        return Optional.empty();
    }

    private List<List<Digit>> with(int axis, List<Digit> digits) {
        List<List<Digit>> all = new ArrayList<>(axes);
        all.set(axis, digits);
        return all;
    }

    /** The same with other axes, all of positions, in the place of one. */
    ChannelMap replaced(int axis, List<Long> dims) {
        List<List<Digit>> all = new ArrayList<>(axes);
        all.remove(axis);
        for (int i = 0; i < dims.size(); i++) {
            all.add(axis + i, digits(dims.get(i), 0));
        }
        return new ChannelMap(offset, all);
    }

    /** As nodes broadcast it: along new axes and those of one element it is repeated; empty where it does not fit. */
    Optional<ChannelMap> broadcast(List<Long> dims) {
        List<List<Digit>> after = new ArrayList<>();
        int more = dims.size() - rank();
        for (int i = 0; i < dims.size() && more >= 0; i++) {
            List<Digit> own = i < more ? List.of() : axes.get(i - more);
            if (size(own) != 1 && size(own) != dims.get(i)) {
                return Optional.empty();
            }
            after.add(size(own) == 1 ? digits(dims.get(i), 0) : own);
        }
        return more < 0 ? Optional.empty() : Optional.of(new ChannelMap(offset, after));
    }

    /** Repeated as a whole along each axis, up to the sizes given; empty where they are no multiples. */
    Optional<ChannelMap> tiled(List<Long> dims) {
        List<List<Digit>> after = new ArrayList<>();
        for (int i = 0; i < rank(); i++) {
            if (dims.size() != rank() || dims.get(i) % size(i) != 0) {
                return Optional.empty();
            }
            after.add(Stream.concat(digits(dims.get(i) / size(i), 0).stream(), axes.get(i).stream())
                    .toList());
        }
        return Optional.of(new ChannelMap(offset, after));
    }
}
