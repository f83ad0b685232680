package dev.wsvd.selection;

import dev.wsvd.selection.DropSearch.Trial;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * What a {@link DropSearch} found, and what it saw on the way.
 *
 * @param baseline the original's score
 * @param maxDrop the drop allowed
 * @param chosen the smallest model found, empty if none keeps the score
 * @param tried all models that were scored, in the order of the search
 */
record DropSearchResult(double baseline, double maxDrop, Optional<Trial> chosen, List<Trial> tried) {
    /** A fall of the score from one model to the next smaller counts as a cliff within this share of the cost. */
    private static final double CLOSE = 0.1;

    private static final double LEAST_CLIFF = 0.01;
    /** What the last digit of a score may lose in a difference. */
    private static final double ROUNDING = 1e-12;

    DropSearchResult {
        Objects.requireNonNull(chosen, "chosen");
        tried = List.copyOf(tried);
    }

    /** Whether a score is within the drop allowed. */
    boolean keeps(Trial trial) {
        return keeps(trial.score(), baseline, maxDrop);
    }

    static boolean keeps(double score, double baseline, double maxDrop) {
        return score >= baseline - maxDrop - ROUNDING;
    }

    /** The best that was tried, empty if nothing was. */
    Optional<Trial> best() {
        return tried.stream().max(Comparator.comparingDouble(Trial::score));
    }

    /** The next larger model that was tried, beside the one chosen. */
    Optional<Trial> larger() {
        return chosen.flatMap(here -> tried.stream()
                .filter(trial -> trial.ratio() > here.ratio())
                .min(Comparator.comparingDouble(Trial::ratio)));
    }

    /** The next smaller model that was tried, beside the one chosen. */
    Optional<Trial> smaller() {
        return chosen.flatMap(here -> tried.stream()
                .filter(trial -> trial.ratio() < here.ratio())
                .max(Comparator.comparingDouble(Trial::ratio)));
    }

    /** The smallest model tried, not below the one chosen, of which the samples show that its drop is within what is allowed. */
    Optional<Trial> sure() {
        return chosen.flatMap(here -> tried.stream()
                .filter(trial -> trial.ratio() >= here.ratio())
                .filter(trial ->
                        trial.drop().filter(drop -> drop.high() <= maxDrop).isPresent())
                .min(Comparator.comparingDouble(Trial::ratio)));
    }

    /**
     * The next smaller model, if the score falls off a cliff to it: within a tenth of the cost by more than the drop
     * allowed twice over and a fiftieth of the original's score, and not for lack of samples.
     */
    Optional<Trial> cliff() {
        return smaller().filter(next -> {
            Trial here = chosen.orElseThrow();
            double fall = here.score() - next.score();
            boolean told = here.drop().isEmpty()
                    || next.drop().isEmpty()
                    || here.drop().get().high() < next.drop().get().low();
            return next.ratio() >= here.ratio() * (1 - CLOSE)
                    && fall > 2 * Math.max(maxDrop, LEAST_CLIFF * Math.abs(baseline))
                    && told;
        });
    }
}
