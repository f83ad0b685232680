package dev.wsvd.selection;

import dev.wsvd.domain.plan.Plan;
import dev.wsvd.domain.score.ConfidenceInterval;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * Looks for the smallest model whose score is at most so much below the original's, with at most {@value #MOST_TRIALS} trials.
 *
 * <p>It comes from the original's side: 7/8, 3/4 and 1/2 of the cost, then half of that each time, until one scores too low. The
 * ratio is then bisected, on a logarithmic scale, between the last that passed and the first that did not, to
 * {@value #RESOLUTION} of it.
 *
 * <p>Scores are noisy and need not fall with the ratio. A trial that scores too low ends the way down, unless the drop allowed lies
 * in the middle half of the interval of its drop, so within about one standard error; of a score without intervals every one
 * does. In that doubt one more step is looked at. If that passes, it counts only if the mean of the two scores passes as well,
 * which is what the nearest never-falling curve through both would say. So no model is chosen for a score that passes by luck
 * beyond a region that fails.
 */
final class DropSearch {
    /** Models that are made and scored at most. */
    static final int MOST_TRIALS = 12;

    /** About how many it takes: one or two on the way down, the rest between the last that passed and the first that did not. */
    static final int USUAL_TRIALS = 7;

    private static final double RESOLUTION = 0.025;
    /** A step to the smallest is not made in two. */
    private static final double NEAR = 1.1;

    private final double baseline;
    private final double maxDrop;
    private final Trials trials;
    private final List<Trial> tried = new ArrayList<>();
    private Optional<Trial> passed = Optional.empty();
    /** The ratio that scored too low, above which the search goes on; 0 if none did. */
    private double failed;

    /** Makes and scores models. */
    @FunctionalInterface
    interface Trials {
        /**
         * The model of least predicted loss whose cost is at most that ratio of the original's.
         *
         * @return empty if there is none
         */
        Optional<Trial> at(double ratio);

        /** Says how many are to come, about; for progress alone. */
        default void expect(int trials) {}
    }

    /**
     * A model that was scored.
     *
     * @param ratio its cost after / before
     * @param drop interval of the original's score − its score, absent unless known
     */
    record Trial(Plan plan, double ratio, double score, Optional<ConfidenceInterval> drop) {
        Trial {
            Objects.requireNonNull(plan, "plan");
            Objects.requireNonNull(drop, "drop");
        }
    }

    private DropSearch(double baseline, double maxDrop, Trials trials) {
        this.baseline = baseline;
        this.maxDrop = maxDrop;
        this.trials = trials;
    }

    /**
     * Searches below the original.
     *
     * @param baseline the original's score
     * @param maxDrop at least 0
     * @param smallest the smallest ratio there is, in (0, 1]
     */
    static DropSearchResult below(double baseline, double maxDrop, double smallest, Trials trials) {
        return new DropSearch(baseline, maxDrop, trials).search(steps(1, smallest), 1);
    }

    /**
     * Searches among the models that keep within other limits as well, which the original does not.
     *
     * @param largest the ratio of the largest of them, which is tried first
     */
    static DropSearchResult within(double baseline, double maxDrop, double largest, double smallest, Trials trials) {
        List<Double> steps = new ArrayList<>(List.of(largest));
        steps.addAll(steps(largest, smallest));
        return new DropSearch(baseline, maxDrop, trials).search(steps, 0);
    }

    /** 7/8, 3/4, 1/2, 1/4, 1/8 … of the largest, and at last the smallest. */
    private static List<Double> steps(double largest, double smallest) {
        List<Double> steps = new ArrayList<>();
        for (double part = 0.875; part * largest > smallest * NEAR; part = part > 0.5 ? part * 2 - 1 : part / 2) {
            steps.add(part * largest);
        }
        if (smallest < largest) {
            steps.add(smallest);
        }
        return steps;
    }

    private DropSearchResult search(List<Double> steps, double dense) {
        descend(steps);
        double high = passed.map(Trial::ratio).orElse(dense);
        if (failed > 0 && high > 0) {
            bisect(failed, high);
        }
        return new DropSearchResult(baseline, maxDrop, passed, tried);
    }

    private void descend(List<Double> steps) {
        List<Trial> doubtful = new ArrayList<>();
        for (double ratio : steps) {
            trials.expect(Math.min(MOST_TRIALS - tried.size(), USUAL_TRIALS));
            Optional<Trial> trial = trial(ratio);
            if (trial.isPresent() && keeps(trial.get()) && keepsWith(doubtful, trial.get())) {
                passed = trial;
                failed = 0;
                doubtful.clear();
                continue;
            }
            trial.ifPresent(doubtful::add);
            failed = doubtful.isEmpty() ? ratio : doubtful.get(0).ratio();
            if (trial.isEmpty() || doubtful.size() > 1 || !inDoubt(trial.get())) {
                return;
            }
        }
    }

    private void bisect(double low, double high) {
        double below = low;
        double above = high;
        while (tried.size() < MOST_TRIALS && below < above * (1 - RESOLUTION)) {
            trials.expect(Math.min(MOST_TRIALS - tried.size(), bisections(below, above)));
            double middle = Math.sqrt(below * above);
            Optional<Trial> trial = trial(middle);
            if (trial.filter(this::keeps).isPresent() && trial.get().ratio() > below) {
                passed = trial;
                above = trial.get().ratio();
            } else {
                below = middle;
            }
        }
    }

    /** How many trials bring ratios so near that the resolution is met, if each halves what is between them. */
    private static int bisections(double below, double above) {
        double parts = Math.log(above / below) / -Math.log(1 - RESOLUTION);
        return 1 + Math.getExponent(parts);
    }

    private Optional<Trial> trial(double ratio) {
        if (tried.size() == MOST_TRIALS) {
            return Optional.empty();
        }
        Optional<Trial> trial = trials.at(ratio);
        // Ratios close to each other may lead to one plan, which is scored once.
        trial.filter(it -> !tried.contains(it)).ifPresent(tried::add);
        return trial;
    }

    private boolean keeps(Trial trial) {
        return keeps(trial.score());
    }

    private boolean keeps(double score) {
        return DropSearchResult.keeps(score, baseline, maxDrop);
    }

    private boolean keepsWith(List<Trial> doubtful, Trial trial) {
        double sum = doubtful.stream().mapToDouble(Trial::score).sum() + trial.score();
        return keeps(sum / (doubtful.size() + 1));
    }

    private boolean inDoubt(Trial trial) {
        return trial.drop()
                .filter(drop -> drop.low() + drop.halfWidth() / 2 <= maxDrop)
                .isPresent();
    }
}
