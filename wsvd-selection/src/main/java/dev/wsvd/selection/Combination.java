package dev.wsvd.selection;

import dev.wsvd.domain.plan.Option;
import dev.wsvd.domain.plan.Site;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;

/**
 * What is chosen at some sites together.
 *
 * @param costs of the layers that are counted so far, by metric
 * @param chosen the last choice; null for none
 */
record Combination(long[] costs, double loss, Chosen chosen) {
    /** So many are kept of those that no other beats. */
    static final int MOST = 400;
    /** So many pairs are all looked at one by one. */
    private static final int FEW_PAIRS = 4000;

    /** A choice of one site, after those made before it. */
    record Chosen(Chosen before, Site site, Option option) {}

    /** The same with what another layer costs. */
    Combination with(long[] more) {
        return new Combination(sum(costs, more), loss, chosen);
    }

    /** The best pairs of one of some and one of others, which have at most one choice each. */
    static List<Combination> besides(List<Combination> some, List<Combination> others) {
        boolean oneMetric = some.get(0).costs.length == 1;
        if (oneMetric && (long) some.size() * others.size() > FEW_PAIRS) {
            return best(bestPairs(some, others));
        }
        List<Combination> all = new ArrayList<>();
        some.forEach(it -> others.forEach(with -> all.add(pair(it, with))));
        return best(all);
    }

    private static Combination pair(Combination it, Combination with) {
        Chosen chosen = with.chosen() == null
                ? it.chosen()
                : new Chosen(it.chosen(), with.chosen().site(), with.chosen().option());
        return new Combination(sum(it.costs(), with.costs()), it.loss() + with.loss(), chosen);
    }

    /** Of very many pairs, by one metric, that of least loss for each of {@link #MOST} parts of the costs, and the cheapest. */
    private static List<Combination> bestPairs(List<Combination> some, List<Combination> others) {
        Combination cheapest = pair(cheapest(some), cheapest(others));
        long least = cheapest.costs()[0];
        long most = dearest(some) + dearest(others);
        double perPart = (most - least + 1.0) / MOST;
        double[] losses = new double[MOST];
        int[] firsts = new int[MOST];
        int[] seconds = new int[MOST];
        Arrays.fill(losses, Double.POSITIVE_INFINITY);
        for (int i = 0; i < some.size(); i++) {
            Combination it = some.get(i);
            for (int j = 0; j < others.size(); j++) {
                double loss = it.loss() + others.get(j).loss();
                int part = (int) ((it.costs()[0] + others.get(j).costs()[0] - least) / perPart);
                if (loss < losses[part]) {
                    losses[part] = loss;
                    firsts[part] = i;
                    seconds[part] = j;
                }
            }
        }
        List<Combination> best = new ArrayList<>(List.of(cheapest));
        for (int part = 0; part < MOST; part++) {
            if (losses[part] < Double.POSITIVE_INFINITY) {
                best.add(pair(some.get(firsts[part]), others.get(seconds[part])));
            }
        }
        return best;
    }

    private static Combination cheapest(List<Combination> some) {
        return Collections.min(some, Comparator.comparingLong(it -> it.costs()[0]));
    }

    private static long dearest(List<Combination> some) {
        return some.stream().mapToLong(it -> it.costs()[0]).max().orElse(0);
    }

    /** Those that no other beats, by rising loss; of very many an even choice, the cheapest in each metric among them. */
    static List<Combination> best(List<Combination> all) {
        List<Combination> sorted = new ArrayList<>(all);
        sorted.sort(Comparator.comparingDouble(Combination::loss).thenComparing(Combination::costs, Arrays::compare));
        List<Combination> kept = new ArrayList<>();
        for (Combination it : sorted) {
            boolean beaten = it.costs.length == 1
                    ? !kept.isEmpty() && kept.get(kept.size() - 1).costs()[0] <= it.costs()[0]
                    : kept.stream().anyMatch(better -> isAtMost(better.costs(), it.costs()));
            if (!beaten) {
                kept.add(it);
            }
        }
        return thinned(kept);
    }

    private static List<Combination> thinned(List<Combination> all) {
        if (all.size() <= MOST) {
            return all;
        }
        List<Combination> some = new ArrayList<>();
        for (int i = 0; i < MOST; i++) {
            some.add(all.get((int) ((long) i * (all.size() - 1) / (MOST - 1))));
        }
        for (int m = 0; m < all.get(0).costs.length; m++) {
            int metric = m;
            Combination cheapest = Collections.min(all, Comparator.comparingLong(it -> it.costs()[metric]));
            if (!some.contains(cheapest)) {
                some.add(cheapest);
            }
        }
        some.sort(Comparator.comparingDouble(Combination::loss));
        return some;
    }

    private static long[] sum(long[] a, long[] b) {
        long[] sum = a.clone();
        for (int i = 0; i < sum.length; i++) {
            sum[i] = Math.addExact(sum[i], b[i]);
        }
        return sum;
    }

    private static boolean isAtMost(long[] a, long[] b) {
        for (int i = 0; i < a.length; i++) {
            if (a[i] > b[i]) {
                return false;
            }
        }
        return true;
    }
}
