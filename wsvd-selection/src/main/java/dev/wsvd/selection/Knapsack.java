package dev.wsvd.selection;

import dev.wsvd.domain.cost.Cost;
import dev.wsvd.domain.cost.Metric;
import dev.wsvd.domain.error.UnreachableTargetException;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.plan.Decision;
import dev.wsvd.domain.plan.Plan;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * One option per site so that the model keeps within its limits and the sum of the losses is smallest: the multiple-choice
 * knapsack problem.
 *
 * <p>Costs are counted in units of a {@value #UNITS}th of the limit, rounded up, and the best plan for every number of units
 * is found site by site (dynamic programming; K. Dudziński, S. Walukiewicz, "Exact methods for the knapsack problem and its
 * generalizations", European Journal of Operational Research, 1987). What rounding leaves unused is then spent by moves of one
 * site, and of two at once, as long as the loss falls. Limits beside the first have a common price, bisected to the
 * lowest that keeps within them (H. Everett, "Generalized Lagrange multiplier method for solving problems of optimum allocation of
 * resources", Operations Research, 1963).
 */
final class Knapsack {
    private static final int UNITS = 8_000;
    private static final int BISECTIONS = 30;
    /** Rounds of moves; each lowers the loss. */
    private static final int MOST_ROUNDS = 100;

    private final List<SiteOptions> sites;
    private final CostLimits limits;
    /** The most in each limited metric, the first of which is counted in units. */
    private final long[] most;
    /** Costs in the limited metrics, by site and option. */
    private final long[][][] costs;

    private final double[][] losses;

    private Knapsack(List<SiteOptions> sites, CostLimits limits) {
        this.sites = sites;
        this.limits = limits;
        List<Metric> metrics =
                limits.limited(sites.get(0).options().get(0).cost().metrics());
        this.most = metrics.stream().mapToLong(limits::most).toArray();
        this.costs = sites.stream()
                .map(site -> site.options().stream()
                        .map(option -> metrics.stream()
                                .mapToLong(metric -> option.cost().of(metric))
                                .toArray())
                        .toArray(long[][]::new))
                .toArray(long[][][]::new);
        this.losses = sites.stream()
                .map(site -> site.options().stream()
                        .mapToDouble(SiteOptions.Weighed::loss)
                        .toArray())
                .toArray(double[][]::new);
    }

    /**
     * The plan.
     *
     * @param sites every layer of the model, alone or with those it shares cuts with; at least one. What stays as it is has one
     *     option
     * @return a decision for every layer
     * @throws UnreachableTargetException if even the cheapest options are above a limit
     */
    static Plan select(List<SiteOptions> sites, CostLimits limits) {
        int[] chosen = new Knapsack(List.copyOf(sites), limits).choose();
        Map<LayerId, Decision> decisions = new LinkedHashMap<>();
        for (int i = 0; i < chosen.length; i++) {
            decisions.putAll(sites.get(i).options().get(chosen[i]).decisions());
        }
        return new Plan(decisions);
    }

    /** The least that the model can cost. */
    static long smallest(List<SiteOptions> sites, Metric metric) {
        return sites.stream()
                .mapToLong(site -> site.options().stream()
                        .mapToLong(option -> option.cost().of(metric))
                        .min()
                        .orElseThrow())
                .sum();
    }

    private int[] choose() {
        int[] chosen = best(0);
        if (chosen != null && !admits(cost(chosen))) {
            chosen = priced();
        }
        if (chosen == null) {
            throw limits.unreachable(total(cheapest()), total(new int[sites.size()]));
        }
        return improved(chosen);
    }

    private Cost total(int[] chosen) {
        Cost total = sites.get(0).options().get(chosen[0]).cost();
        for (int i = 1; i < chosen.length; i++) {
            total = total.plus(sites.get(i).options().get(chosen[i]).cost());
        }
        return total;
    }

    private boolean admits(long[] cost) {
        for (int m = 0; m < most.length; m++) {
            if (cost[m] > most[m]) {
                return false;
            }
        }
        return true;
    }

    /** A cost in units of the limits: above 1 if one is exceeded. */
    private double use(long[] cost) {
        double largest = 0;
        for (int m = 0; m < most.length; m++) {
            largest = Math.max(largest, (double) cost[m] / most[m]);
        }
        return largest;
    }

    /** The best plan with the lowest price of the other metrics that keeps within all limits; null if none does. */
    private int[] priced() {
        double low = 0;
        double high = 1e-6;
        int[] within = best(high);
        while (!admits(cost(within))) {
            low = high;
            high *= 8;
            if (high > 1e12) {
                int[] cheapest = cheapest();
                return admits(cost(cheapest)) ? cheapest : null;
            }
            within = best(high);
        }
        for (int i = 0; i < BISECTIONS; i++) {
            double middle = Math.sqrt(Math.max(low, high * 1e-3) * high);
            int[] chosen = best(middle);
            if (admits(cost(chosen))) {
                high = middle;
                within = chosen;
            } else {
                low = middle;
            }
        }
        return within;
    }

    /** The least loss + price · the other costs, as shares of their limits, within the first limit; null if nothing is. */
    private int[] best(double price) {
        long unit = Math.max(1, (most[0] + UNITS - 1) / UNITS);
        int units = Math.toIntExact(most[0] / unit);
        double[] least = new double[units + 1];
        short[][] choices = new short[sites.size()][units + 1];
        for (int i = 0; i < choices.length; i++) {
            double[] next = new double[units + 1];
            Arrays.fill(next, Double.POSITIVE_INFINITY);
            for (int k = 0; k < costs[i].length; k++) {
                long cost = (costs[i][k][0] + unit - 1) / unit;
                double loss = losses[i][k] + priceOf(costs[i][k], price);
                for (int c = (int) Math.min(units + 1L, cost); c <= units; c++) {
                    double total = least[c - (int) cost] + loss;
                    if (total < next[c]) {
                        next[c] = total;
                        choices[i][c] = (short) k;
                    }
                }
            }
            least = next;
        }
        if (Double.isInfinite(least[units])) {
            int[] cheapest = cheapest();
            return admits(cost(cheapest)) ? cheapest : null;
        }
        int[] chosen = new int[sites.size()];
        int left = units;
        for (int i = chosen.length - 1; i >= 0; i--) {
            chosen[i] = choices[i][left];
            left -= (int) ((costs[i][chosen[i]][0] + unit - 1) / unit);
        }
        return chosen;
    }

    private double priceOf(long[] cost, double price) {
        double sum = 0;
        for (int m = 1; m < most.length && price != 0; m++) {
            sum += price * cost[m] / most[m];
        }
        return sum;
    }

    private int[] cheapest() {
        int[] chosen = new int[sites.size()];
        for (int i = 0; i < chosen.length; i++) {
            for (int k = 1; k < costs[i].length; k++) {
                if (use(costs[i][k]) < use(costs[i][chosen[i]])) {
                    chosen[i] = k;
                }
            }
        }
        return chosen;
    }

    private int[] improved(int[] chosen) {
        int[] now = chosen.clone();
        for (int round = 0; round < MOST_ROUNDS; round++) {
            if (!moveOne(now) && !moveTwo(now)) {
                break;
            }
        }
        return now;
    }

    /** The move of one site that lowers the loss most within the limits. */
    private boolean moveOne(int[] chosen) {
        long[] total = cost(chosen);
        double largest = 0;
        int site = -1;
        int option = -1;
        for (int i = 0; i < chosen.length; i++) {
            for (int k = 0; k < losses[i].length; k++) {
                double gain = losses[i][chosen[i]] - losses[i][k];
                if (gain > largest && admits(replaced(total, costs[i][chosen[i]], costs[i][k]))) {
                    largest = gain;
                    site = i;
                    option = k;
                }
            }
        }
        if (site < 0) {
            return false;
        }
        chosen[site] = option;
        return true;
    }

    /** The move of one site to something worse that lets another become better by more. */
    private boolean moveTwo(int[] chosen) {
        long[] total = cost(chosen);
        double largest = 1e-12 * loss(chosen);
        int[] found = null;
        for (int i = 0; i < chosen.length; i++) {
            long[] old = costs[i][chosen[i]];
            double oldLoss = losses[i][chosen[i]];
            for (int k = 0; k < losses[i].length; k++) {
                if (losses[i][k] <= oldLoss || use(costs[i][k]) >= use(old)) {
                    continue;
                }
                long[] after = replaced(total, old, costs[i][k]);
                double lost = losses[i][k] - oldLoss;
                for (int j = 0; j < chosen.length; j++) {
                    double otherLoss = losses[j][chosen[j]];
                    if (j == i || otherLoss - lost <= largest) {
                        continue;
                    }
                    for (int l = 0; l < losses[j].length && otherLoss - losses[j][l] - lost > largest; l++) {
                        if (admits(replaced(after, costs[j][chosen[j]], costs[j][l]))) {
                            largest = otherLoss - losses[j][l] - lost;
                            found = new int[] {i, k, j, l};
                        }
                    }
                }
            }
        }
        if (found == null) {
            return false;
        }
        chosen[found[0]] = found[1];
        chosen[found[2]] = found[3];
        return true;
    }

    private static long[] replaced(long[] total, long[] old, long[] with) {
        long[] sum = total.clone();
        for (int m = 0; m < sum.length; m++) {
            sum[m] += with[m] - old[m];
        }
        return sum;
    }

    private long[] cost(int[] chosen) {
        long[] total = new long[most.length];
        for (int i = 0; i < chosen.length; i++) {
            for (int m = 0; m < total.length; m++) {
                total[m] = Math.addExact(total[m], costs[i][chosen[i]][m]);
            }
        }
        return total;
    }

    private double loss(int[] chosen) {
        double loss = 0;
        for (int i = 0; i < chosen.length; i++) {
            loss += losses[i][chosen[i]];
        }
        return loss;
    }
}
