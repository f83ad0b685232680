package dev.wsvd.selection;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wsvd.domain.cost.Metric;
import dev.wsvd.domain.layer.Coupling;
import dev.wsvd.domain.layer.Coupling.Kind;
import dev.wsvd.domain.layer.Coupling.Side;
import dev.wsvd.domain.layer.Coupling.Slice;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.layer.Siblings;
import dev.wsvd.domain.plan.Choice;
import dev.wsvd.domain.plan.Decision;
import dev.wsvd.domain.plan.Option;
import dev.wsvd.domain.plan.Plan;
import dev.wsvd.domain.plan.Site;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

/** Cuts and splits in chains and residual stages, against all combinations that hold, tried one by one. */
class SharedLayersTest {
    private static final double ROUNDING = 1e-9;

    @Property(tries = 150)
    void aChainIsWithinOnePercentOfTheExactOptimum(
            @ForAll long seed, @ForAll @IntRange(min = 25, max = 95) int percent) {
        Random random = new Random(seed);
        assertIsWithinOnePercent(chain(random), random, percent);
    }

    @Property(tries = 100)
    void aResidualStageIsWithinOnePercentOfTheExactOptimum(
            @ForAll long seed, @ForAll @IntRange(min = 25, max = 95) int percent) {
        Random random = new Random(seed);
        assertIsWithinOnePercent(residual(random), random, percent);
    }

    @Property(tries = 100)
    void branchesThatAreReadTogetherAreWithinOnePercentOfTheExactOptimum(
            @ForAll long seed, @ForAll @IntRange(min = 25, max = 95) int percent) {
        Random random = new Random(seed);
        assertIsWithinOnePercent(
                branches(1, 4 + random.nextInt(3), 4 + random.nextInt(3), 4 + random.nextInt(3)), random, percent);
    }

    @Property(tries = 150)
    void siblingsAreWithinOnePercentOfTheExactOptimum(
            @ForAll long seed, @ForAll @IntRange(min = 25, max = 95) int percent) {
        Random random = new Random(seed);
        assertIsWithinOnePercent(attention(random), random, percent);
    }

    @Test
    void whatIsSplitWithASiblingSaysSo() {
        ListedProblem problem = attention(new Random(1))
                .withErrors((site, option) -> option.choice().form().equals("sibling-split") ? 0.01 : 1);

        Plan plan = new BudgetSelector(new BudgetSelectionParameters(
                        Optional.of(dev.wsvd.domain.cost.CompressionRatio.of(0.9)), Map.of(), OptionalDouble.empty()))
                .select(problem);

        assertThat(plan.changes()).containsOnlyKeys(new LayerId("query"));
        assertThat(plan.decision(new LayerId("key"))).isEqualTo(new Decision.Keep("split with 'query'"));
        assertThat(plan.decision(new LayerId("value"))).isEqualTo(new Decision.Keep("split with 'query'"));
    }

    /** As many combinations of five branches, one after the other, as there are sizes are never at hand at once. */
    @Test
    void manyBranchesNeedFewStates() {
        ListedProblem problem = branches(3, 32, 32, 32, 32, 32).withErrors((site, option) -> option.isCut() ? 0.01 : 1);

        Plan plan = new BudgetSelector(new BudgetSelectionParameters(
                        Optional.of(dev.wsvd.domain.cost.CompressionRatio.of(0.9)), Map.of(), OptionalDouble.empty()))
                .select(problem);

        assertThat(plan.changes().values()).extracting(Choice::form).contains("channel-pruning");
        assertThat(problem.cost(plan).of(Metric.MAC))
                .isLessThanOrEqualTo(problem.cost(Plan.NONE).of(Metric.MAC) * 9 / 10);
    }

    /** What all blocks of a decoder read of the encoder's output makes siblings from the first block to the last. */
    @Test
    void siblingsFarApartNeedFewStates() {
        List<Layer> layers = new ArrayList<>();
        List<Coupling> couplings = new ArrayList<>();
        List<Siblings> siblings = new ArrayList<>();
        List<Layer> ofEncoder = new ArrayList<>();
        int width = 32;
        for (int block = 0; block < 6; block++) {
            List<Layer> own = new ArrayList<>();
            for (String name : List.of("q", "k", "v", "o", "ck", "cv", "f", "g")) {
                own.add(TestLayers.conv(name + block, width, width, 1, 2));
            }
            layers.addAll(own);
            siblings.add(new Siblings(own.subList(0, 3)));
            ofEncoder.addAll(own.subList(4, 6));
            couplings.add(inner(own.get(2), own.get(3), width));
            couplings.add(inner(own.get(6), own.get(7), width));
        }
        siblings.add(new Siblings(ofEncoder));
        ListedProblem problem = new ListedProblem(layers, couplings, siblings, Metric.MAC, "input-channel", Set.of())
                .withErrors((site, option) -> option.choice().form().equals("sibling-split") ? 0.01 : 1);

        Plan plan = new BudgetSelector(new BudgetSelectionParameters(
                        Optional.of(dev.wsvd.domain.cost.CompressionRatio.of(0.9)), Map.of(), OptionalDouble.empty()))
                .select(problem);

        assertThat(plan.changes().values()).extracting(Choice::form).containsOnly("sibling-split");
        assertThat(problem.cost(plan).of(Metric.MAC))
                .isLessThanOrEqualTo(problem.cost(Plan.NONE).of(Metric.MAC) * 9 / 10);
    }

    @Property(tries = 60)
    void theCheapestInEachMetricIsReached(@ForAll long seed) {
        Random random = new Random(seed);
        ListedProblem problem = chain(random);
        Map<Site, List<Option>> options = new LinkedHashMap<>();
        Map<Option, Double> losses = new HashMap<>();
        Set<Metric> metrics = Set.of(Metric.MAC, Metric.MEMORY);
        problem.sites().forEach(site -> {
            options.put(site, problem.options(site, metrics));
            options.get(site).forEach(option -> losses.put(option, random.nextDouble()));
        });

        for (Metric metric : metrics) {
            long alone = Knapsack.smallest(
                    new SharedLayers(problem, Set.of(metric), options).weighed((site, option) -> losses.get(option)),
                    metric);
            List<SiteOptions> together =
                    new SharedLayers(problem, metrics, options).weighed((site, option) -> losses.get(option));

            assertThat(Knapsack.smallest(together, metric)).isEqualTo(alone);
        }
    }

    @Test
    void whatIsCutWithAnotherSaysSo() {
        ListedProblem problem = chain(new Random(1)).withErrors((site, option) -> option.isCut() ? 0.01 : 1);

        Plan plan = new BudgetSelector(new BudgetSelectionParameters(
                        Optional.of(dev.wsvd.domain.cost.CompressionRatio.of(0.8)), Map.of(), OptionalDouble.empty()))
                .select(problem);

        LayerId cut = plan.changes().keySet().iterator().next();
        assertThat(plan.changes().get(cut).form()).isEqualTo("channel-pruning");
        assertThat(plan.decisions().values()).contains(new Decision.Keep("cut with '" + cut + "'"));
        assertThat(List.copyOf(plan.decisions().keySet()))
                .isEqualTo(problem.sites().stream().map(Site::id).toList());
    }

    private static void assertIsWithinOnePercent(ListedProblem problem, Random random, int percent) {
        Map<Site, List<Option>> options = new LinkedHashMap<>();
        Map<Option, Double> losses = new HashMap<>();
        problem.sites().forEach(site -> {
            List<Option> some = new ArrayList<>(problem.options(site, Set.of(Metric.MAC)));
            // Few, so that all combinations can be tried.
            while (some.size() > 4) {
                some.remove(random.nextInt(some.size()));
            }
            double weight = Math.exp(random.nextGaussian());
            some.forEach(option ->
                    losses.put(option, weight * Math.exp(-0.4 * option.choice().rank())));
            options.put(site, some);
        });
        long before = problem.cost(Plan.NONE).of(Metric.MAC);
        long limit = before * percent / 100;
        List<SiteOptions> together =
                new SharedLayers(problem, Set.of(Metric.MAC), options).weighed((site, option) -> losses.get(option));
        double exact = exact(problem, options, losses, limit);
        if (Double.isInfinite(exact)) {
            assertThat(Knapsack.smallest(together, Metric.MAC)).isGreaterThan(limit);
            return;
        }

        Plan plan = Knapsack.select(together, CostLimits.of(Metric.MAC, Math.max(1, limit)));

        assertThat(problem.cost(plan).of(Metric.MAC)).isLessThanOrEqualTo(limit);
        double loss = problem.sites().stream()
                .flatMap(site -> options.get(site).stream()
                        .filter(option -> plan.decision(site.id()).equals(new Decision.Change(option.choice()))))
                .mapToDouble(losses::get)
                .sum();
        assertThat(loss).isLessThanOrEqualTo(1.01 * exact + ROUNDING);
    }

    private static double exact(
            ListedProblem problem, Map<Site, List<Option>> options, Map<Option, Double> losses, long limit) {
        List<Site> sites = List.copyOf(options.keySet());
        double[] least = {Double.POSITIVE_INFINITY};
        attempt(problem, sites, options, losses, limit, 0, new LinkedHashMap<>(), 0, least);
        return least[0];
    }

    private static void attempt(
            ListedProblem problem,
            List<Site> sites,
            Map<Site, List<Option>> options,
            Map<Option, Double> losses,
            long limit,
            int from,
            Map<LayerId, Option> chosen,
            double loss,
            double[] least) {
        if (loss >= least[0] || !holds(problem, chosen)) {
            return;
        }
        if (from == sites.size()) {
            Map<LayerId, Decision> decisions = new LinkedHashMap<>();
            chosen.forEach((layer, option) -> decisions.put(layer, new Decision.Change(option.choice())));
            if (problem.cost(new Plan(decisions)).of(Metric.MAC) <= limit) {
                least[0] = loss;
            }
            return;
        }
        Site site = sites.get(from);
        attempt(problem, sites, options, losses, limit, from + 1, chosen, loss, least);
        for (Option option : options.get(site)) {
            chosen.put(site.id(), option);
            attempt(problem, sites, options, losses, limit, from + 1, chosen, loss + losses.get(option), least);
            chosen.remove(site.id());
        }
    }

    /** No layer is replaced twice, or replaced and cut, or reads the units of two cuts. */
    private static boolean holds(ListedProblem problem, Map<LayerId, Option> chosen) {
        return problem.sites().stream().allMatch(site -> {
            List<Option> touching = chosen.values().stream()
                    .filter(option -> option.shrinks().containsKey(site.id()))
                    .toList();
            Option own = chosen.get(site.id());
            long replaced = chosen.values().stream()
                            .filter(option -> option.replaced().containsKey(site.id()))
                            .count()
                    + (own != null && own.isAlone() ? 1 : 0);
            long reads = touching.stream()
                    .filter(option -> option.shrinks().get(site.id()).in() > 0)
                    .count();
            return replaced <= (touching.isEmpty() ? 1 : 0) && reads <= 1;
        });
    }

    /** Convolutions one after the other, with a coupling between neighbours. */
    private static ListedProblem chain(Random random) {
        List<Layer> layers = new ArrayList<>();
        List<Coupling> couplings = new ArrayList<>();
        int in = 3 + random.nextInt(4);
        for (int i = 0; i < 4; i++) {
            int out = 4 + random.nextInt(5);
            layers.add(TestLayers.conv("layer" + i, out, in, 1, 2));
            if (i > 0) {
                couplings.add(new Coupling(
                        layers.get(i),
                        Kind.CHANNELS,
                        1,
                        in,
                        List.of(slice(layers.get(i - 1), Side.WRITES, in), slice(layers.get(i), Side.READS, in))));
            }
            in = out;
        }
        return new ListedProblem(layers, couplings, Metric.MAC, "input-channel", Set.of());
    }

    /** Two blocks of two layers around one sum: what the second of each gives is what the first of the next, and the last, see. */
    private static ListedProblem residual(Random random) {
        int width = 4 + random.nextInt(4);
        int first = 4 + random.nextInt(4);
        int second = 4 + random.nextInt(4);
        Layer stem = TestLayers.conv("stem", width, 3, 1, 2);
        Layer a1 = TestLayers.conv("a1", first, width, 1, 2);
        Layer a2 = TestLayers.conv("a2", width, first, 1, 2);
        Layer b1 = TestLayers.conv("b1", second, width, 1, 2);
        Layer b2 = TestLayers.conv("b2", width, second, 1, 2);
        Layer head = TestLayers.conv("head", 5, width, 1, 2);
        Coupling sum = new Coupling(
                a1,
                Kind.CHANNELS,
                1,
                width,
                List.of(
                        slice(stem, Side.WRITES, width),
                        slice(a2, Side.WRITES, width),
                        slice(b2, Side.WRITES, width),
                        slice(a1, Side.READS, width),
                        slice(b1, Side.READS, width),
                        slice(head, Side.READS, width)));
        return new ListedProblem(
                List.of(stem, a1, a2, b1, b2, head),
                List.of(sum, inner(a1, a2, first), inner(b1, b2, second)),
                Metric.MAC,
                "input-channel",
                Set.of());
    }

    /** Modules one after the other: branches that see the last module's, and a layer that reads them side by side. */
    private static ListedProblem branches(int modules, int... widths) {
        List<Layer> layers = new ArrayList<>();
        List<Coupling> couplings = new ArrayList<>();
        int in = 3;
        for (int m = 0; m < modules; m++) {
            Layer reader = TestLayers.conv("reader" + m, 6, IntStream.of(widths).sum(), 1, 2);
            int from = 0;
            for (int b = 0; b < widths.length; b++) {
                Layer branch = TestLayers.conv("branch" + m + b, widths[b], in, 1, 2);
                layers.add(branch);
                // Couplings are named after different layers.
                couplings.add(new Coupling(
                        b == 0 ? reader : branch,
                        Kind.CHANNELS,
                        1,
                        widths[b],
                        List.of(
                                slice(branch, Side.WRITES, widths[b]),
                                new Slice(
                                        reader,
                                        Side.READS,
                                        IntStream.range(from, from + widths[b])
                                                .boxed()
                                                .toList()))));
                from += widths[b];
            }
            layers.add(reader);
            in = 6;
        }
        return new ListedProblem(layers, couplings, Metric.MAC, "input-channel", Set.of());
    }

    /** Queries, keys and values of one tensor; what the values give is what another layer reads, and another one that. */
    private static ListedProblem attention(Random random) {
        int width = 4 + random.nextInt(4);
        int values = 4 + random.nextInt(4);
        Layer query = TestLayers.conv("query", 4 + random.nextInt(5), width, 1, 2);
        Layer key = TestLayers.conv("key", 4 + random.nextInt(5), width, 1, 2);
        Layer value = TestLayers.conv("value", values, width, 1, 2);
        Layer output = TestLayers.conv("output", width, values, 1, 2);
        Layer next = TestLayers.conv("next", 6, width, 1, 2);
        // A layer may name a coupling and siblings.
        Coupling ofQuery = new Coupling(
                query, Kind.CHANNELS, 1, 4, List.of(slice(query, Side.WRITES, 4), slice(key, Side.WRITES, 4)));
        return new ListedProblem(
                List.of(query, key, value, output, next),
                List.of(ofQuery, inner(value, output, values), inner(output, next, width)),
                List.of(new Siblings(List.of(query, key, value))),
                Metric.MAC,
                "input-channel",
                Set.of());
    }

    private static Coupling inner(Layer writer, Layer reader, int units) {
        return new Coupling(
                reader,
                Kind.CHANNELS,
                1,
                units,
                List.of(slice(writer, Side.WRITES, units), slice(reader, Side.READS, units)));
    }

    private static Slice slice(Layer layer, Side side, int units) {
        return new Slice(layer, side, IntStream.range(0, units).boxed().toList());
    }
}
