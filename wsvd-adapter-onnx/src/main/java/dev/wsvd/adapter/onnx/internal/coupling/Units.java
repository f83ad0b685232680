package dev.wsvd.adapter.onnx.internal.coupling;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Units while they are followed through a graph. Each begins as one channel that a layer writes; those that only go together are
 * joined. Numbers are those of the channels; −1 is a channel that is of no unit.
 */
final class Units {
    static final int NONE = -1;

    private int[] parent = new int[64];
    private int count;
    private final Map<Integer, String> reasons = new HashMap<>();

    /** New units. */
    int[] open(int width) {
        if (count + width > parent.length) {
            parent = Arrays.copyOf(parent, Math.max(2 * parent.length, count + width));
        }
        int[] opened = new int[width];
        for (int i = 0; i < width; i++) {
            opened[i] = count;
            parent[count] = count++;
        }
        return opened;
    }

    /** From now on they are one: the one of the smaller number. */
    void join(int some, int other) {
        if (some == NONE || other == NONE) {
            if (some != other) {
                keep(Math.max(some, other), "it is added to, or multiplied by, a channel that nothing can cut");
            }
            return;
        }
        int first = Math.min(one(some), one(other));
        int second = Math.max(one(some), one(other));
        parent[second] = first;
        String reason = first == second ? null : reasons.remove(second);
        if (reason != null) {
            reasons.putIfAbsent(first, reason);
        }
    }

    /** All channels of two tensors, one by one. */
    void join(int[] some, int[] others) {
        for (int i = 0; i < some.length; i++) {
            join(some[i], others[i]);
        }
    }

    /** It has to stay. The first reason is kept. */
    void keep(int unit, String reason) {
        if (unit != NONE) {
            reasons.putIfAbsent(one(unit), reason);
        }
    }

    void keep(int[] units, String reason) {
        for (int unit : units) {
            keep(unit, reason);
        }
    }

    /** The number that all units joined with one have in common. */
    int one(int unit) {
        int at = unit;
        while (parent[at] != at) {
            parent[at] = parent[parent[at]];
            at = parent[at];
        }
        return at;
    }

    /** Why it has to stay, if so. */
    Optional<String> reason(int unit) {
        return Optional.ofNullable(reasons.get(one(unit)));
    }

    /** How many channels there are in all. */
    int count() {
        return count;
    }
}
