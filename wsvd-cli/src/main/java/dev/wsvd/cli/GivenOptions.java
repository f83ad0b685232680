package dev.wsvd.cli;

import dev.wsvd.domain.error.InvalidInputException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

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

    /** For people: {@code --threads and --batch}. */
    String names() {
        return String.join(" and ", names);
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

    /** @throws InvalidInputException if any was given, where there is no data that it could be about */
    void requireData() {
        names.stream().findFirst().ifPresent(option -> {
            throw new InvalidInputException(option + " has no effect without --data. Maybe add --data.");
        });
    }

    /**
     * Refuses what says how to use samples of another kind.
     *
     * @param what what the options are for, after their name: {@code is for texts}
     * @param samples the samples there are
     * @throws InvalidInputException if any was given
     */
    void requireNone(String what, List<Path> samples) {
        names.stream().findFirst().ifPresent(option -> {
            throw new InvalidInputException(option + " " + what + ", found "
                    + (samples.isEmpty()
                            ? "no samples"
                            : samples.stream().map(Path::toString).collect(Collectors.joining(", ")))
                    + ".");
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
