package dev.wsvd.selection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wsvd.domain.cost.Metric;
import dev.wsvd.domain.error.UnreachableTargetException;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.plan.Plan;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

/** Against an exact dynamic programme over costs. */
class KnapsackPropertyTest {
    @Property(tries = 300)
    void isWithinOnePercentOfTheExactOptimum(@ForAll long seed, @ForAll @IntRange(min = 15, max = 95) int percent) {
        List<SiteOptions> sites = sites(new Random(seed));
        long before = total(sites, Metric.MAC);
        long limit = before * percent / 100;
        double exact = exact(sites, limit);
        CostLimits limits = CostLimits.of(Metric.MAC, Math.max(1, limit));
        if (Double.isInfinite(exact)) {
            assertThatThrownBy(() -> Knapsack.select(sites, limits)).isInstanceOf(UnreachableTargetException.class);
            return;
        }
        Plan plan = Knapsack.select(sites, limits);

        assertThat(cost(sites, plan, Metric.MAC)).isLessThanOrEqualTo(limit);
        assertThat(loss(sites, plan)).isLessThanOrEqualTo(1.01 * exact + 1e-12);
        assertThat(Knapsack.select(sites, limits)).isEqualTo(plan);
    }

    @Property(tries = 200)
    void twoLimitsHoldAtOnce(
            @ForAll long seed,
            @ForAll @IntRange(min = 30, max = 95) int macs,
            @ForAll @IntRange(min = 30, max = 95) int params) {
        List<SiteOptions> sites = sites(new Random(seed));
        CostLimits limits = CostLimits.of(Metric.MAC, total(sites, Metric.MAC) * macs / 100 + 1)
                .and(CostLimits.of(Metric.MEMORY, total(sites, Metric.MEMORY) * params / 100 + 1));
        Plan plan;
        try {
            plan = Knapsack.select(sites, limits);
        } catch (UnreachableTargetException e) {
            return;
        }

        assertThat(cost(sites, plan, Metric.MAC)).isLessThanOrEqualTo(limits.most(Metric.MAC));
        assertThat(cost(sites, plan, Metric.MEMORY)).isLessThanOrEqualTo(limits.most(Metric.MEMORY));
    }

    private static List<SiteOptions> sites(Random random) {
        List<SiteOptions> sites = new ArrayList<>();
        int count = 2 + random.nextInt(4);
        for (int i = 0; i < count; i++) {
            Layer layer = TestLayers.conv("layer" + i, 4 + random.nextInt(8), 4 + random.nextInt(8), 1, 2);
            ListedProblem problem = new ListedProblem(List.of(layer), Metric.MAC, "input-channel")
                    .withMultiplicity(1 + random.nextInt(2));
            double weight = Math.exp(random.nextGaussian());
            double decay = 0.1 + random.nextDouble();
            sites.add(SiteOptions.of(
                    problem.site("layer" + i),
                    problem.options(problem.site("layer" + i), Set.of(Metric.MAC)),
                    option -> weight * Math.exp(-decay * option.choice().rank()) * (1 + 0.2 * random.nextDouble())));
        }
        return sites;
    }

    /** The least loss at every cost, layer by layer. */
    private static double exact(List<SiteOptions> sites, long limit) {
        double[] least = new double[Math.toIntExact(limit) + 1];
        for (SiteOptions site : sites) {
            double[] next = new double[least.length];
            Arrays.fill(next, Double.POSITIVE_INFINITY);
            for (SiteOptions.Weighed option : site.options()) {
                int cost = Math.toIntExact(Math.min(option.cost().of(Metric.MAC), limit + 1));
                for (int c = cost; c < next.length; c++) {
                    next[c] = Math.min(next[c], least[c - cost] + option.loss());
                }
            }
            least = next;
        }
        return least[least.length - 1];
    }

    private static long total(List<SiteOptions> sites, Metric metric) {
        return cost(sites, Plan.NONE, metric);
    }

    private static long cost(List<SiteOptions> sites, Plan plan, Metric metric) {
        return ListedProblem.COSTS
                .of(sites.stream().map(site -> site.sites().get(0).place()).toList(), plan)
                .of(metric);
    }

    private static double loss(List<SiteOptions> sites, Plan plan) {
        return sites.stream()
                .mapToDouble(site -> site.options().stream()
                        .filter(option -> option.decisions().entrySet().stream()
                                .allMatch(it -> it.getValue().equals(plan.decision(it.getKey()))))
                        .findFirst()
                        .orElseThrow()
                        .loss())
                .sum();
    }
}
