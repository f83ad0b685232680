package dev.wsvd.selection;

import dev.wsvd.domain.CostMetric;
import dev.wsvd.domain.Layer;
import dev.wsvd.domain.RankDecision;
import dev.wsvd.domain.ScoreTable;
import dev.wsvd.domain.error.InvalidInputException;
import java.util.List;

/**
 * One layer's choices: its options from the most compressed (choice 0) to the least, then dense ({@link #dense()}), with
 * rising cost.
 */
final class ScoredLayer {
    private final Layer layer;
    private final List<CandidateOption> options;
    private final long[] costs;
    private final double[] scores;

    private ScoredLayer(Layer layer, List<CandidateOption> options, long[] costs, double[] scores) {
        this.layer = layer;
        this.options = options;
        this.costs = costs;
        this.scores = scores;
    }

    /** @throws InvalidInputException if costs do not rise, or a score is missing or NaN */
    static ScoredLayer of(
            Layer layer,
            List<CandidateOption> options,
            CostMetric metric,
            long denseCost,
            ScoreTable table,
            boolean monotonicFit) {
        long[] costs = new long[options.size() + 1];
        double[] scores = new double[options.size()];
        for (int i = 0; i < options.size(); i++) {
            costs[i] = options.get(i).cost().of(metric);
            scores[i] = score(layer, options.get(i), table);
        }
        costs[options.size()] = denseCost;
        for (int i = 0; i < options.size(); i++) {
            if (costs[i] >= costs[i + 1]) {
                throw new InvalidInputException("The options of layer '" + layer.id() + "' must rise in " + metric
                        + " cost and stay below the layer's own, found " + costs[i] + " before " + costs[i + 1]
                        + ".");
            }
        }
        return new ScoredLayer(layer, List.copyOf(options), costs, monotonicFit ? MonotonicFit.of(scores) : scores);
    }

    private static double score(Layer layer, CandidateOption option, ScoreTable table) {
        RankDecision.Split split = option.candidate().split();
        String where = "layer '" + layer.id() + "', " + split.unfolding() + " rank " + split.rank();
        double score = table.score(option.candidate())
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

    RankDecision decision(int choice) {
        return choice < dense()
                ? options.get(choice).candidate().split()
                : (dense() == 0 ? DenseReason.NO_RANK_SAVES : DenseReason.SELECTED).decision(layer);
    }
}
