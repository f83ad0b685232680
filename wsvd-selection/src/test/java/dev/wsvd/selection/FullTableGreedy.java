package dev.wsvd.selection;

import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.plan.Candidate;
import dev.wsvd.domain.plan.Decision;
import dev.wsvd.domain.plan.Option;
import dev.wsvd.domain.plan.Plan;
import dev.wsvd.domain.plan.Site;
import dev.wsvd.domain.score.ScoreTable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/**
 * Greedy selection as it is described, from the scores of all candidates: every level is tried from the highest down, then every step that
 * fits is weighed.
 */
final class FullTableGreedy {
    private final ListedProblem problem;
    private final GreedySelectionParameters parameters;
    private final List<Site> sites;
    private final List<List<Option>> options = new ArrayList<>();
    private final List<long[]> costs = new ArrayList<>();
    private final List<double[]> scores = new ArrayList<>();
    private final boolean cuts;
    private final long before;
    private final double denseScore;

    FullTableGreedy(ListedProblem problem, GreedySelectionParameters parameters, ScoreTable table, long samples) {
        this.problem = problem;
        this.parameters = parameters;
        this.sites = problem.sites();
        ScoreTable told = NoiseFloor.applied(table, samples);
        for (Site site : sites) {
            List<Option> some = List.copyOf(CandidateRatios.of(
                            parameters.candidates(),
                            problem.before(site),
                            problem.series(site),
                            problem.multiples(site),
                            problem.metric())
                    .keySet());
            double[] raw = some.stream()
                    .mapToDouble(option -> told.score(new Candidate(site.id(), option.choice()))
                            .orElseThrow())
                    .toArray();
            options.add(some);
            costs.add(LongStream.concat(
                            some.stream().mapToLong(option -> option.cost().of(problem.metric())),
                            LongStream.of((some.isEmpty() ? site.cost() : problem.before(site)).of(problem.metric())))
                    .toArray());
            scores.add(parameters.monotonicFit() ? MonotonicFit.of(raw) : raw);
        }
        this.cuts = options.stream().flatMap(List::stream).anyMatch(Option::isCut);
        this.before = problem.cost(Plan.NONE).of(problem.metric());
        this.denseScore = table.baseline().orElseGet(() -> allScores().max().orElse(0));
    }

    private DoubleStream allScores() {
        return scores.stream().flatMapToDouble(Arrays::stream);
    }

    /** Empty if nothing meets the target. */
    Optional<Plan> plan() {
        int[] chosen = atHighestLevel();
        if (!fits(chosen)) {
            return Optional.empty();
        }
        while (relax(chosen)) {
            // Until nothing fits.
        }
        return Optional.of(plan(chosen));
    }

    /** The scores without which nobody knows the choices at the highest level: from each layer's least compressed to the first below it. */
    int deciding() {
        int[] chosen = atHighestLevel();
        boolean dense = fits(options.stream().mapToInt(List::size).toArray());
        return dense
                ? 0
                : IntStream.range(0, chosen.length)
                        .map(i -> scores.get(i).length - Math.max(0, chosen[i] - 1))
                        .sum();
    }

    private int[] atHighestLevel() {
        int[] chosen = options.stream().mapToInt(List::size).toArray();
        double[] levels = allScores().distinct().sorted().toArray();
        for (int i = levels.length - 1; i >= 0 && !fits(chosen); i--) {
            chosen = at(levels[i]);
        }
        return chosen;
    }

    private int[] at(double level) {
        int[] chosen = new int[sites.size()];
        for (int i = 0; i < chosen.length; i++) {
            chosen[i] = scores.get(i).length;
            while (chosen[i] > 0 && scores.get(i)[chosen[i] - 1] >= level) {
                chosen[i]--;
            }
        }
        return chosen;
    }

    private boolean relax(int[] chosen) {
        int best = -1;
        for (int i = 0; i < chosen.length; i++) {
            if (chosen[i] < scores.get(i).length && fits(after(chosen, i)) && (best < 0 || isBetter(chosen, i, best))) {
                best = i;
            }
        }
        if (best >= 0) {
            chosen[best]++;
        }
        return best >= 0;
    }

    private boolean isBetter(int[] chosen, int i, int than) {
        int order = Double.compare(gain(chosen, i), gain(chosen, than));
        return order > 0
                || order == 0
                        && (double) cost(i, chosen[i]) / cost(i, scores.get(i).length)
                                < (double) cost(than, chosen[than]) / cost(than, scores.get(than).length);
    }

    private double gain(int[] chosen, int i) {
        double rise = score(i, chosen[i] + 1) - score(i, chosen[i]);
        // No −0.
        return rise == 0 ? 0 : rise / (cost(i, chosen[i] + 1) - cost(i, chosen[i]));
    }

    private double score(int i, int choice) {
        return choice == scores.get(i).length ? denseScore : scores.get(i)[choice];
    }

    private long cost(int i, int choice) {
        return costs.get(i)[choice];
    }

    private static int[] after(int[] chosen, int i) {
        int[] then = chosen.clone();
        then[i]++;
        return then;
    }

    private boolean fits(int[] chosen) {
        long now = cuts
                ? problem.cost(plan(chosen)).of(problem.metric())
                : IntStream.range(0, chosen.length)
                        .mapToLong(i -> cost(i, chosen[i]))
                        .sum();
        return parameters.target().admits(now, before);
    }

    private Plan plan(int[] chosen) {
        Map<LayerId, Decision> decisions = new LinkedHashMap<>();
        for (int i = 0; i < chosen.length; i++) {
            Site site = sites.get(i);
            List<Option> some = options.get(i);
            decisions.put(
                    site.id(),
                    chosen[i] < some.size()
                            ? new Decision.Change(some.get(chosen[i]).choice())
                            : (some.isEmpty() ? KeepReason.NO_RANK_SAVES : KeepReason.SELECTED).decision(site));
        }
        return new Plan(decisions);
    }
}
