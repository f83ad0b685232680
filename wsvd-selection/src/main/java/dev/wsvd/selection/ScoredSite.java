package dev.wsvd.selection;

import dev.wsvd.domain.cost.Cost;
import dev.wsvd.domain.cost.Metric;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.plan.Candidate;
import dev.wsvd.domain.plan.Decision;
import dev.wsvd.domain.plan.Option;
import dev.wsvd.domain.plan.Plan;
import dev.wsvd.domain.plan.Site;
import dev.wsvd.domain.score.ScoreTable;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;

/**
 * One site's choices: its options from the most compressed (choice 0) to the least, then staying as it is ({@link #dense()}), with
 * rising cost. Scores may be known of the least compressed options only, from {@link #known()} on.
 */
final class ScoredSite {
    private final Site site;
    private final List<Option> options;
    private final long[] costs;
    private final double[] scores;
    private final int known;

    private ScoredSite(Site site, List<Option> options, long[] costs, double[] scores, int known) {
        this.site = site;
        this.options = options;
        this.costs = costs;
        this.scores = scores;
        this.known = known;
    }

    /**
     * A site of which no score is known.
     *
     * @throws InvalidInputException if costs do not rise
     */
    static ScoredSite of(Site site, Cost before, List<Option> options, Metric metric) {
        long[] costs = new long[options.size() + 1];
        for (int i = 0; i < options.size(); i++) {
            costs[i] = options.get(i).cost().of(metric);
        }
        costs[options.size()] = before.of(metric);
        for (int i = 0; i < options.size(); i++) {
            if (costs[i] >= costs[i + 1]) {
                throw new InvalidInputException("The options of layer '" + site.id() + "' must rise in " + metric
                        + " cost and stay below the layer's own, found " + costs[i] + " before " + costs[i + 1] + ".");
            }
        }
        return new ScoredSite(site, List.copyOf(options), costs, new double[options.size()], options.size());
    }

    /**
     * The site with the scores of a table, up to the first that is missing.
     *
     * @throws InvalidInputException if one of them is NaN
     */
    ScoredSite with(ScoreTable table) {
        double[] told = new double[options.size()];
        int from = options.size();
        while (from > 0 && table.score(candidate(from - 1)).isPresent()) {
            from--;
            told[from] = table.score(candidate(from)).getAsDouble();
            if (Double.isNaN(told[from])) {
                throw new InvalidInputException("The score of " + described(from) + " is NaN; scores must be numbers.");
            }
        }
        return new ScoredSite(site, options, costs, told, from);
    }

    /**
     * The site with its scores smoothed, any of which may change the others.
     *
     * @throws InvalidInputException if one is missing
     */
    ScoredSite fitted() {
        if (known > 0) {
            throw missing();
        }
        return new ScoredSite(site, options, costs, MonotonicFit.of(scores), known);
    }

    /** That the next score is missing. */
    InvalidInputException missing() {
        return new InvalidInputException("There is no score for " + described(known - 1)
                + ". Maybe the scores were made with other candidates, or the evaluation did not finish.");
    }

    /** A decision for every site, in order. */
    static Plan plan(List<ScoredSite> layers, int[] chosen) {
        Map<LayerId, Decision> decisions = new LinkedHashMap<>();
        for (int i = 0; i < chosen.length; i++) {
            decisions.put(layers.get(i).site.id(), layers.get(i).decision(chosen[i]));
        }
        return new Plan(decisions);
    }

    /** All choices but that of staying as it is. */
    List<Candidate> candidates() {
        return IntStream.range(0, dense()).mapToObj(this::candidate).toList();
    }

    /** The choice as a candidate. */
    Candidate candidate(int choice) {
        return new Candidate(site.id(), options.get(choice).choice());
    }

    private String described(int choice) {
        return "layer '" + site.id() + "', " + options.get(choice).name();
    }

    /** The number that stands for leaving the layer as it is. */
    int dense() {
        return options.size();
    }

    /** The most compressed choice whose score is known, as are those of all less compressed ones; {@link #dense()} if none is. */
    int known() {
        return known;
    }

    long cost(int choice) {
        return costs[choice];
    }

    /** The cost of a choice in proportion to that of the layer as it is. */
    double ratio(int choice) {
        return (double) costs[choice] / costs[dense()];
    }

    /** The scores that are known, most compressed first. */
    DoubleStream scores() {
        return Arrays.stream(scores, known, scores.length);
    }

    /** The whole cost where each layer has its own. */
    static long cost(List<ScoredSite> layers, int[] chosen) {
        return IntStream.range(0, chosen.length)
                .mapToLong(i -> layers.get(i).costs[chosen[i]])
                .reduce(0, Math::addExact);
    }

    double score(int choice, double denseScore) {
        return choice == dense() ? denseScore : scores[choice];
    }

    /**
     * Scanning from the least compressed option, the last one before the first whose score falls below the level; scores that are not known
     * do not. So no score that is still to come makes it less.
     */
    int lowestAt(double level) {
        int choice = dense();
        while (choice > known && scores[choice - 1] >= level) {
            choice--;
        }
        return choice > known ? choice : 0;
    }

    private Decision decision(int choice) {
        return choice < dense()
                ? new Decision.Change(options.get(choice).choice())
                : (dense() == 0 ? KeepReason.NO_RANK_SAVES : KeepReason.SELECTED).decision(site);
    }
}
