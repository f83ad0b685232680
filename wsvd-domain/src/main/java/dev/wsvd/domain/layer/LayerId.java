package dev.wsvd.domain.layer;

import dev.wsvd.domain.error.InvalidInputException;

/**
 * A layer's name, unique in its model: what users type, what files are keyed by.
 *
 * @param name not blank
 */
public record LayerId(String name) implements Comparable<LayerId> {
    public LayerId {
        if (name == null || name.isBlank()) {
            throw new InvalidInputException("A layer name must not be blank.");
        }
    }

    @Override
    public int compareTo(LayerId other) {
        return name.compareTo(other.name);
    }

    @Override
    public String toString() {
        return name;
    }
}
