package dev.wsvd.selection;

import dev.wsvd.domain.cost.Metric;
import dev.wsvd.domain.plan.Option;
import java.util.List;
import java.util.Optional;

/** Rounds options by the multiplicity, as AIMET does: up, or down where that no longer saves. */
final class Rounding {
    private Rounding() {}

    /**
     * The first multiple that costs at least as much as an option; else the largest there is.
     *
     * @param multiples from the smallest to the largest, all of which save
     * @return empty if there is no multiple
     */
    static Optional<Option> of(Option option, List<Option> multiples, Metric metric) {
        return multiples.stream()
                .filter(multiple -> multiple.cost().of(metric) >= option.cost().of(metric))
                .findFirst()
                .or(() -> multiples.isEmpty() ? Optional.empty() : Optional.of(multiples.get(multiples.size() - 1)));
    }
}
