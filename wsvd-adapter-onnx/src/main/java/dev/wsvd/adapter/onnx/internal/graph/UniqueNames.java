package dev.wsvd.adapter.onnx.internal.graph;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/** Names that differ from each other: one that is taken gets a number, the first from 2 on that is free. */
public final class UniqueNames {
    private final String separator;
    private final Set<String> taken = new HashSet<>();
    /** By name: the number to try next, for the smaller ones are taken. */
    private final Map<String, Integer> next = new HashMap<>();

    /** @param separator stands between a name and its number */
    public UniqueNames(String separator) {
        this.separator = separator;
    }

    /** Makes a name one that {@link #take} does not give. */
    public void reserve(String name) {
        taken.add(name);
    }

    /** The wanted name, or that name with a number. */
    public String take(String wanted) {
        String name = wanted;
        while (!taken.add(name)) {
            name = wanted + separator + next.merge(wanted, 2, (number, two) -> number + 1);
        }
        return name;
    }
}
