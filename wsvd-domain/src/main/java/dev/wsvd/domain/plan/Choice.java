package dev.wsvd.domain.plan;

import dev.wsvd.domain.error.InvalidInputException;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * One thing that could be done to a layer: a form of a compression scheme, and how large what it makes is.
 *
 * @param form such as {@code input-channel} or {@code tucker-2}; it belongs to one scheme
 * @param sizes the ranks, or of a cut how many units stay, per group, in the scheme's order; each at least 1
 */
public record Choice(String form, List<Integer> sizes) {
    /** @throws InvalidInputException if there is no size, or one below 1 */
    public Choice {
        Objects.requireNonNull(form, "form");
        sizes = List.copyOf(sizes);
        if (sizes.isEmpty()) {
            throw new InvalidInputException("A choice of " + form + " needs a rank.");
        }
        sizes.stream().filter(size -> size < 1).findFirst().ifPresent(size -> {
            throw new InvalidInputException("A rank must be at least 1, found " + size + ".");
        });
    }

    /** A form with one rank. */
    public static Choice of(String form, int rank) {
        return new Choice(form, List.of(rank));
    }

    /** The rank of a form that has one. */
    public int rank() {
        if (sizes.size() != 1) {
            throw new IllegalStateException("A choice of " + form + " has " + sizes.size() + " ranks.");
        }
        return sizes.get(0);
    }

    /** Whether no size is larger than another choice's of the same form. */
    public boolean isWithin(Choice other) {
        boolean within = form.equals(other.form) && sizes.size() == other.sizes.size();
        for (int i = 0; within && i < sizes.size(); i++) {
            within = sizes.get(i) <= other.sizes.get(i);
        }
        return within;
    }

    /** The choice with the larger of each size of this one and another of the same form. */
    public Choice larger(Choice other) {
        return new Choice(
                form,
                IntStream.range(0, sizes.size())
                        .mapToObj(i -> Math.max(sizes.get(i), other.sizes.get(i)))
                        .toList());
    }

    /** For people: {@code rank 12}, {@code ranks 16, 24}. */
    public String ranks() {
        return (sizes.size() == 1 ? "rank " : "ranks ")
                + sizes.stream().map(String::valueOf).collect(Collectors.joining(", "));
    }

    /** For people: {@code input-channel rank 12}. */
    @Override
    public String toString() {
        return form + " " + ranks();
    }
}
