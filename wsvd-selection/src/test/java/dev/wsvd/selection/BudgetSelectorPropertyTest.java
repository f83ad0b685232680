package dev.wsvd.selection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wsvd.cost.CostModel;
import dev.wsvd.domain.Cost;
import dev.wsvd.domain.CostMetric;
import dev.wsvd.domain.Layer;
import dev.wsvd.domain.RankDecision.Split;
import dev.wsvd.domain.RankPlan;
import dev.wsvd.domain.Unfolding;
import dev.wsvd.domain.error.UnreachableTargetException;
import dev.wsvd.selection.LayerOptions.Option;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

/** Against an exact dynamic programme over costs. */
class BudgetSelectorPropertyTest {
    @Property(tries = 300)
    void isWithinOnePercentOfTheExactOptimum(@ForAll long seed, @ForAll @IntRange(min = 15, max = 95) int percent) {
        List<LayerOptions> layers = layers(new Random(seed));
        long before = total(layers, CostMetric.MAC);
        long limit = before * percent / 100;
        double exact = exact(layers, limit);
        CostLimits limits = CostLimits.of(CostMetric.MAC, Math.max(1, limit));
        if (Double.isInfinite(exact)) {
            assertThatThrownBy(() -> BudgetSelector.select(layers, limits))
                    .isInstanceOf(UnreachableTargetException.class);
            return;
        }
        RankPlan plan = BudgetSelector.select(layers, limits);

        assertThat(cost(layers, plan).mac()).isLessThanOrEqualTo(limit);
        assertThat(BudgetSelector.loss(layers, plan)).isLessThanOrEqualTo(1.01 * exact + 1e-12);
        assertThat(BudgetSelector.select(layers, limits)).isEqualTo(plan);
    }

    @Property(tries = 200)
    void twoLimitsHoldAtOnce(
            @ForAll long seed,
            @ForAll @IntRange(min = 30, max = 95) int macs,
            @ForAll @IntRange(min = 30, max = 95) int params) {
        List<LayerOptions> layers = layers(new Random(seed));
        CostLimits limits = CostLimits.of(CostMetric.MAC, total(layers, CostMetric.MAC) * macs / 100 + 1)
                .and(CostLimits.of(CostMetric.MEMORY, total(layers, CostMetric.MEMORY) * params / 100 + 1));
        RankPlan plan;
        try {
            plan = BudgetSelector.select(layers, limits);
        } catch (UnreachableTargetException e) {
            return;
        }

        assertThat(limits.admit(cost(layers, plan))).isTrue();
        assertThat(cost(layers, plan).mac()).isLessThanOrEqualTo(limits.most(CostMetric.MAC));
        assertThat(cost(layers, plan).memory()).isLessThanOrEqualTo(limits.most(CostMetric.MEMORY));
    }

    private static List<LayerOptions> layers(Random random) {
        List<LayerOptions> layers = new ArrayList<>();
        int count = 2 + random.nextInt(4);
        for (int i = 0; i < count; i++) {
            Layer layer = TestLayers.conv("layer" + i, 4 + random.nextInt(8), 4 + random.nextInt(8), 1, 2);
            List<Split> splits = LayerOptions.splits(
                    layer,
                    List.of(Unfolding.values()),
                    List.of(CostMetric.MAC),
                    new Multiplicity(1 + random.nextInt(2)));
            double weight = Math.exp(random.nextGaussian());
            double decay = 0.1 + random.nextDouble();
            layers.add(LayerOptions.of(
                    layer,
                    splits,
                    split -> weight * Math.exp(-decay * split.rank()) * (1 + 0.2 * random.nextDouble())));
        }
        return layers;
    }

    /** The least loss at every cost, layer by layer. */
    private static double exact(List<LayerOptions> layers, long limit) {
        double[] least = new double[Math.toIntExact(limit) + 1];
        for (LayerOptions layer : layers) {
            double[] next = new double[least.length];
            java.util.Arrays.fill(next, Double.POSITIVE_INFINITY);
            for (Option option : layer.options()) {
                int cost = Math.toIntExact(Math.min(option.cost().mac(), limit + 1));
                for (int c = cost; c < next.length; c++) {
                    next[c] = Math.min(next[c], least[c - cost] + option.loss());
                }
            }
            least = next;
        }
        return least[least.length - 1];
    }

    private static long total(List<LayerOptions> layers, CostMetric metric) {
        return layers.stream()
                .mapToLong(layer -> CostModel.dense(layer.layer()).of(metric))
                .sum();
    }

    private static Cost cost(List<LayerOptions> layers, RankPlan plan) {
        return CostModel.of(layers.stream().map(LayerOptions::layer).toList(), plan);
    }
}
