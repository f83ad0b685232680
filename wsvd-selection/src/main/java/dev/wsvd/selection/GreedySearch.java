package dev.wsvd.selection;

import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.plan.Candidate;
import dev.wsvd.domain.plan.Plan;
import dev.wsvd.domain.score.WantedScores;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalDouble;
import java.util.function.IntPredicate;
import java.util.function.ToLongFunction;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;

/**
 * Greedy choices for all layers at once, as far as the scores that are known decide them.
 *
 * <p>A layer's choice at a level depends on the scores from its least compressed option to the first below the level, and on no other. With
 * every score that is not known taken as high as can be, only levels up to some one meet the target, and the plan's is at most
 * that. A layer whose known scores are all at least that high needs its next one, whatever the others are. When no layer
 * does, the level's choices are certain.
 */
final class GreedySearch {
    private final List<ScoredSite> layers;
    private final CostBudget budget;
    private final ToLongFunction<int[]> cost;
    private final int[] start;

    /**
     * @param budget which the most compressed choices of all layers meet
     * @param cost of the whole model after choices, never less where a layer is compressed less
     * @param cap what the original scores where nothing scores more, else empty
     */
    GreedySearch(List<ScoredSite> layers, CostBudget budget, ToLongFunction<int[]> cost, OptionalDouble cap) {
        this.layers = layers;
        this.budget = budget;
        this.cost = cost;
        double level = highestLevel(cap.orElse(Double.POSITIVE_INFINITY));
        int[] lowest = lowestAt(level);
        this.start = cap.isPresent() && level == cap.getAsDouble() ? spentAmongEquals(lowest) : lowest;
    }

    /** The highest level that may meet the target. The model's cost never rises as the level falls. */
    private double highestLevel(double highest) {
        double[] levels = DoubleStream.concat(
                        DoubleStream.of(highest), layers.stream().flatMapToDouble(ScoredSite::scores))
                .sorted()
                .distinct()
                .toArray();
        return levels[last(levels.length, i -> fits(lowestAt(levels[i])))];
    }

    /** The last index below a count for which something holds that holds for the first, by bisection. */
    private static int last(int count, IntPredicate holds) {
        int last = 0;
        int above = count;
        while (above - last > 1) {
            int middle = (last + above) >>> 1;
            if (holds.test(middle)) {
                last = middle;
            } else {
                above = middle;
            }
        }
        return last;
    }

    private int[] lowestAt(double level) {
        return layers.stream().mapToInt(layer -> layer.lowestAt(level)).toArray();
    }

    /** A layer's move to its next less compressed choice. */
    private record Step(int layer, double ratio) {}

    /**
     * Spends what is left where every score, the original's too, is the same at this level, so that always the most compressed layer moves
     * first, until its step does not fit. Layers that begin further on are met on the way, so up to there nothing depends on where
     * a layer begins.
     */
    private int[] spentAmongEquals(int[] chosen) {
        List<Step> steps = IntStream.range(0, chosen.length)
                .boxed()
                .flatMap(i -> IntStream.range(chosen[i], layers.get(i).dense())
                        .mapToObj(choice -> new Step(i, layers.get(i).ratio(choice))))
                .sorted(Comparator.comparingDouble(Step::ratio).thenComparing(Step::layer))
                .toList();
        return after(chosen, steps, last(steps.size() + 1, count -> fits(after(chosen, steps, count))));
    }

    private static int[] after(int[] chosen, List<Step> steps, int count) {
        int[] then = chosen.clone();
        steps.subList(0, count).forEach(step -> then[step.layer()]++);
        return then;
    }

    /**
     * The candidates whose scores may still decide, layer by layer from the least compressed. The first of each layer does, whatever the
     * others score: a score that is less than was taken for it lowers the level, or leaves less to be spent, and then every layer begins
     * where it did or further down. None if the plan is certain.
     */
    WantedScores wanted() {
        List<Candidate> certain = new ArrayList<>();
        List<Candidate> possible = new ArrayList<>();
        for (int i = 0; i < start.length; i++) {
            int next = layers.get(i).known() - 1;
            if (next >= start[i]) {
                certain.add(layers.get(i).candidate(next));
            }
            for (int choice = next; choice >= start[i]; choice--) {
                possible.add(layers.get(i).candidate(choice));
            }
        }
        return new WantedScores(certain, possible);
    }

    /**
     * The plan.
     *
     * @param baseline what a layer scores that stays as it is; without one the best score there is: a network with one layer barely
     *     split is close to the original
     * @throws InvalidInputException if a score is missing
     */
    Plan plan(OptionalDouble baseline) {
        for (int i = 0; i < start.length; i++) {
            if (layers.get(i).known() > start[i]) {
                throw layers.get(i).missing();
            }
        }
        double denseScore = baseline.orElseGet(
                () -> layers.stream().flatMapToDouble(ScoredSite::scores).max().orElse(0));
        int[] chosen = start.clone();
        int next = bestRelaxation(chosen, denseScore);
        while (next >= 0) {
            chosen[next]++;
            next = bestRelaxation(chosen, denseScore);
        }
        return ScoredSite.plan(layers, chosen);
    }

    /**
     * The layer whose next less compressed choice fits and gains most per cost, the most compressed one on a tie; -1 if none
     * fits.
     */
    private int bestRelaxation(int[] chosen, double denseScore) {
        int best = -1;
        double bestGain = 0;
        for (int i = 0; i < chosen.length; i++) {
            if (chosen[i] < layers.get(i).dense() && fits(after(chosen, i))) {
                double gain = gain(chosen, i, denseScore);
                boolean better =
                        best < 0 || gain > bestGain || gain == bestGain && ratio(chosen, i) < ratio(chosen, best);
                if (better) {
                    best = i;
                    bestGain = gain;
                }
            }
        }
        return best;
    }

    private static int[] after(int[] chosen, int step) {
        int[] then = chosen.clone();
        then[step]++;
        return then;
    }

    private double ratio(int[] chosen, int i) {
        return layers.get(i).ratio(chosen[i]);
    }

    private double gain(int[] chosen, int i, double denseScore) {
        ScoredSite layer = layers.get(i);
        double now = layer.score(chosen[i], denseScore);
        double then = layer.score(chosen[i] + 1, denseScore);
        return now == then ? 0 : (then - now) / (layer.cost(chosen[i] + 1) - layer.cost(chosen[i]));
    }

    private boolean fits(int[] chosen) {
        return budget.admits(cost.applyAsLong(chosen));
    }
}
