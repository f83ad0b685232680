package dev.wsvd.cli;

import dev.wsvd.domain.error.InvalidInputException;
import java.util.ArrayList;
import java.util.List;

/** Those of some options that were given, in order. */
final class GivenOptions {
    private final List<String> names = new ArrayList<>();

    /** This with another option, if it was given. */
    GivenOptions with(String option, boolean given) {
        if (given) {
            names.add(option);
        }
        return this;
    }

    /** This with all of others. */
    GivenOptions with(GivenOptions others) {
        names.addAll(others.names);
        return this;
    }

    boolean isEmpty() {
        return names.isEmpty();
    }

    /**
     * Refuses what would do nothing.
     *
     * @param why the sentence's beginning: {@code --plan determines all ranks}
     * @throws InvalidInputException if any was given
     */
    void refuse(String why) {
        names.stream().findFirst().ifPresent(option -> {
            throw new InvalidInputException(why + "; it cannot be combined with " + option + ".");
        });
    }

    /**
     * Refuses what would do nothing with a selection.
     *
     * @param useful names of the selections that use it
     * @throws InvalidInputException if any was given
     */
    void refuseUnless(Selection chosen, Selection.Kind... useful) {
        List<Selection.Kind> some = List.of(useful);
        if (!some.contains(chosen.kind())) {
            names.stream().findFirst().ifPresent(option -> {
                throw new InvalidInputException(option + " is for --select "
                        + String.join(
                                " or ", some.stream().map(Selection.Kind::text).toList())
                        + ", found --select " + chosen + ".");
            });
        }
    }
}
