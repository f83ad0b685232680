package dev.wsvd.selection;

import dev.wsvd.domain.cost.Cost;
import dev.wsvd.domain.cost.Metric;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.plan.Candidate;
import dev.wsvd.domain.plan.Decision;
import dev.wsvd.domain.plan.Option;
import dev.wsvd.domain.plan.Site;
import dev.wsvd.domain.score.ScoreTable;
import java.util.List;

/**
 * One site's choices: its options from the most compressed (choice 0) to the least, then staying as it is ({@link #dense()}), with
 * rising cost.
 */
final class ScoredSite {
    private final Site site;
    private final List<Option> options;
    private final long[] costs;
    private final double[] scores;

    private ScoredSite(Site site, List<Option> options, long[] costs, double[] scores) {
        this.site = site;
        this.options = options;
        this.costs = costs;
        this.scores = scores;
    }

    /** @throws InvalidInputException if costs do not rise, or a score is missing or NaN */
    static ScoredSite of(
            Site site, Cost before, List<Option> options, Metric metric, ScoreTable table, boolean monotonicFit) {
        long[] costs = new long[options.size() + 1];
        double[] scores = new double[options.size()];
        for (int i = 0; i < options.size(); i++) {
            costs[i] = options.get(i).cost().of(metric);
            scores[i] = score(site, options.get(i), table);
        }
        costs[options.size()] = before.of(metric);
        for (int i = 0; i < options.size(); i++) {
            if (costs[i] >= costs[i + 1]) {
                throw new InvalidInputException("The options of layer '" + site.id() + "' must rise in " + metric
                        + " cost and stay below the layer's own, found " + costs[i] + " before " + costs[i + 1] + ".");
            }
        }
        return new ScoredSite(site, List.copyOf(options), costs, monotonicFit ? MonotonicFit.of(scores) : scores);
    }

    private static double score(Site site, Option option, ScoreTable table) {
        String where = "layer '" + site.id() + "', " + option.name();
        double score = table.score(new Candidate(site.id(), option.choice()))
                .orElseThrow(() -> new InvalidInputException("There is no score for " + where
                        + ". Maybe the scores were made with other candidates, or the evaluation did not finish."));
        if (Double.isNaN(score)) {
            throw new InvalidInputException("The score of " + where + " is NaN; scores must be numbers.");
        }
        return score;
    }

    /** The number that stands for leaving the layer as it is. */
    int dense() {
        return options.size();
    }

    long cost(int choice) {
        return costs[choice];
    }

    /** The scores of the options, most compressed first. */
    double[] scores() {
        return scores.clone();
    }

    double score(int choice, double denseScore) {
        return choice == dense() ? denseScore : scores[choice];
    }

    /** Scanning from the least compressed option, the last one before the first whose score falls below the level. */
    int choiceAt(double level) {
        int choice = dense();
        while (choice > 0 && scores[choice - 1] >= level) {
            choice--;
        }
        return choice;
    }

    Decision decision(int choice) {
        return choice < dense()
                ? new Decision.Change(options.get(choice).choice())
                : (dense() == 0 ? KeepReason.NO_RANK_SAVES : KeepReason.SELECTED).decision(site);
    }
}
