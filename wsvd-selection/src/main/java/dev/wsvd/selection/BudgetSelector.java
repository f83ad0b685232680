package dev.wsvd.selection;

import dev.wsvd.domain.Cost;
import dev.wsvd.domain.CostMetric;
import dev.wsvd.domain.LayerId;
import dev.wsvd.domain.RankDecision;
import dev.wsvd.domain.RankPlan;
import dev.wsvd.domain.error.UnreachableTargetException;
import dev.wsvd.selection.LayerOptions.Option;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * One option per layer so that the model keeps within its limits and the sum of the losses is smallest: the multiple-choice
 * knapsack problem.
 *
 * <p>Costs are counted in units of a {@value #UNITS}th of the limit, rounded up, and the best plan for every number of units
 * is found layer by layer (dynamic programming; K. Dudziński, S. Walukiewicz, "Exact methods for the knapsack problem and its
 * generalizations", European Journal of Operational Research, 1987). What rounding leaves unused is then spent by moves of one
 * layer, and of two at once, as long as the loss falls. Of two limits the second has a price, bisected to the lowest that
 * keeps within it (H. Everett, "Generalized Lagrange multiplier method for solving problems of optimum allocation of
 * resources", Operations Research, 1963).
 */
public final class BudgetSelector {
    private static final int UNITS = 8_000;
    private static final int BISECTIONS = 30;
    /** Rounds of moves; each lowers the loss. */
    private static final int MOST_ROUNDS = 100;

    private final List<LayerOptions> layers;
    private final CostLimits limits;

    private BudgetSelector(List<LayerOptions> layers, CostLimits limits) {
        this.layers = layers;
        this.limits = limits;
    }

    /**
     * The plan.
     *
     * @param layers every layer of the model, in order; one that cannot be split has one option
     * @return a decision for every layer
     * @throws UnreachableTargetException if even the cheapest options are above a limit
     */
    public static RankPlan select(List<LayerOptions> layers, CostLimits limits) {
        int[] chosen = new BudgetSelector(List.copyOf(layers), limits).choose();
        Map<LayerId, RankDecision> decisions = new LinkedHashMap<>();
        for (int i = 0; i < chosen.length; i++) {
            decisions.put(
                    layers.get(i).layer().id(),
                    layers.get(i).options().get(chosen[i]).decision());
        }
        return new RankPlan(decisions);
    }

    /** The least that the model can cost. */
    public static long smallest(List<LayerOptions> layers, CostMetric metric) {
        return layers.stream()
                .mapToLong(layer -> layer.options().stream()
                        .mapToLong(option -> option.cost().of(metric))
                        .min()
                        .orElseThrow())
                .sum();
    }

    /** The sum of the losses of a plan. */
    static double loss(List<LayerOptions> layers, RankPlan plan) {
        double loss = 0;
        for (LayerOptions layer : layers) {
            loss += layer.options().stream()
                    .filter(o -> o.decision().equals(plan.decision(layer.layer().id())))
                    .findFirst()
                    .orElseThrow()
                    .loss();
        }
        return loss;
    }

    private int[] choose() {
        CostMetric first = limits.limited().contains(CostMetric.MAC) ? CostMetric.MAC : CostMetric.MEMORY;
        int[] chosen = best(first, 0);
        if (chosen != null && !limits.admit(cost(chosen))) {
            chosen = priced(first);
        }
        if (chosen == null) {
            throw limits.unreachable(cost(cheapest()), cost(new int[layers.size()]));
        }
        return improved(chosen);
    }

    /** The best plan with the lowest price of memory that keeps within both limits; null if none does. */
    private int[] priced(CostMetric first) {
        double low = 0;
        double high = 1e-6;
        int[] within = best(first, high);
        while (!limits.admit(cost(within))) {
            low = high;
            high *= 8;
            if (high > 1e12) {
                int[] cheapest = cheapest();
                return limits.admit(cost(cheapest)) ? cheapest : null;
            }
            within = best(first, high);
        }
        for (int i = 0; i < BISECTIONS; i++) {
            double middle = Math.sqrt(Math.max(low, high * 1e-3) * high);
            int[] chosen = best(first, middle);
            if (limits.admit(cost(chosen))) {
                high = middle;
                within = chosen;
            } else {
                low = middle;
            }
        }
        return within;
    }

    /** The least loss + price · memory, as a share of its limit, within the limit of a metric; null if nothing is. */
    private int[] best(CostMetric metric, double price) {
        long limit = limits.most(metric);
        long unit = Math.max(1, (limit + UNITS - 1) / UNITS);
        int units = Math.toIntExact(limit / unit);
        double[] least = new double[units + 1];
        short[][] choices = new short[layers.size()][units + 1];
        for (int i = 0; i < choices.length; i++) {
            double[] next = new double[units + 1];
            Arrays.fill(next, Double.POSITIVE_INFINITY);
            List<Option> options = layers.get(i).options();
            for (int k = 0; k < options.size(); k++) {
                Option option = options.get(k);
                long cost = (option.cost().of(metric) + unit - 1) / unit;
                double loss = option.loss()
                        + (price == 0 ? 0 : price * option.cost().memory() / limits.most(CostMetric.MEMORY));
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
            return limits.admit(cost(cheapest)) ? cheapest : null;
        }
        int[] chosen = new int[layers.size()];
        int left = units;
        for (int i = chosen.length - 1; i >= 0; i--) {
            chosen[i] = choices[i][left];
            long cost = layers.get(i).options().get(chosen[i]).cost().of(metric);
            left -= (int) ((cost + unit - 1) / unit);
        }
        return chosen;
    }

    private int[] cheapest() {
        int[] chosen = new int[layers.size()];
        for (int i = 0; i < chosen.length; i++) {
            List<Option> options = layers.get(i).options();
            for (int k = 1; k < options.size(); k++) {
                if (limits.use(options.get(k).cost())
                        < limits.use(options.get(chosen[i]).cost())) {
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

    /** The move of one layer that lowers the loss most within the limits. */
    private boolean moveOne(int[] chosen) {
        Cost total = cost(chosen);
        double most = 0;
        int layer = -1;
        int option = -1;
        for (int i = 0; i < chosen.length; i++) {
            List<Option> options = layers.get(i).options();
            Option old = options.get(chosen[i]);
            for (int k = 0; k < options.size(); k++) {
                double gain = old.loss() - options.get(k).loss();
                if (gain > most && limits.admit(replaced(total, old, options.get(k)))) {
                    most = gain;
                    layer = i;
                    option = k;
                }
            }
        }
        if (layer < 0) {
            return false;
        }
        chosen[layer] = option;
        return true;
    }

    /** The move of one layer to something worse that lets another become better by more. */
    private boolean moveTwo(int[] chosen) {
        Cost total = cost(chosen);
        double most = 1e-12 * loss(chosen);
        int[] found = null;
        for (int i = 0; i < chosen.length; i++) {
            List<Option> worse = layers.get(i).options();
            Option old = worse.get(chosen[i]);
            for (int k = 0; k < worse.size(); k++) {
                if (worse.get(k).loss() <= old.loss() || limits.use(worse.get(k).cost()) >= limits.use(old.cost())) {
                    continue;
                }
                Cost after = replaced(total, old, worse.get(k));
                double lost = worse.get(k).loss() - old.loss();
                for (int j = 0; j < chosen.length; j++) {
                    Option other = layers.get(j).options().get(chosen[j]);
                    if (j == i || other.loss() - lost <= most) {
                        continue;
                    }
                    List<Option> better = layers.get(j).options();
                    for (int l = 0;
                            l < better.size() && other.loss() - better.get(l).loss() - lost > most;
                            l++) {
                        if (limits.admit(replaced(after, other, better.get(l)))) {
                            most = other.loss() - better.get(l).loss() - lost;
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

    private static Cost replaced(Cost total, Option old, Option with) {
        return new Cost(
                total.mac() - old.cost().mac() + with.cost().mac(),
                total.memory() - old.cost().memory() + with.cost().memory());
    }

    private Cost cost(int[] chosen) {
        Cost total = Cost.ZERO;
        for (int i = 0; i < chosen.length; i++) {
            total = total.plus(layers.get(i).options().get(chosen[i]).cost());
        }
        return total;
    }

    private double loss(int[] chosen) {
        double loss = 0;
        for (int i = 0; i < chosen.length; i++) {
            loss += layers.get(i).options().get(chosen[i]).loss();
        }
        return loss;
    }
}
