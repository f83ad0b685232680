package dev.wsvd.adapter.djl.internal.coupling;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Units while they are followed: each begins as one channel that a layer writes, those that only go together are joined. */
final class Units {
    /** A channel that is of no unit. */
    static final int NONE = -1;

    private final List<Integer> parents = new ArrayList<>();
    private final Map<Integer, String> reasons = new HashMap<>();

    /** New units. */
    int[] open(int width) {
        int[] opened = new int[width];
        for (int i = 0; i < width; i++) {
            opened[i] = parents.size();
            parents.add(opened[i]);
        }
        return opened;
    }

    /** From now on they are one, channel by channel: the one of the smaller number. */
    void join(int[] some, int[] others) {
        for (int i = 0; i < some.length; i++) {
            join(some[i], others[i]);
        }
    }

    private void join(int some, int other) {
        if (some == NONE || other == NONE) {
            keep(Math.max(some, other), "they are added to channels that nothing can cut");
            return;
        }
        int first = Math.min(one(some), one(other));
        int second = Math.max(one(some), one(other));
        parents.set(second, first);
        Optional.ofNullable(reasons.get(second)).ifPresent(reason -> reasons.putIfAbsent(first, reason));
    }

    /** They have to stay. The first reason is kept. */
    void keep(int[] units, String reason) {
        for (int unit : units) {
            keep(unit, reason);
        }
    }

    private void keep(int unit, String reason) {
        if (unit != NONE) {
            reasons.putIfAbsent(one(unit), reason);
        }
    }

    /** The number that all units joined with one have in common. */
    int one(int unit) {
        int at = unit;
        while (parents.get(at) != at) {
            parents.set(at, parents.get(parents.get(at)));
            at = parents.get(at);
        }
        return at;
    }

    /** Why it has to stay, if so. */
    Optional<String> reason(int unit) {
        return Optional.ofNullable(reasons.get(one(unit)));
    }
}
