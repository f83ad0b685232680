package dev.wsvd.selection;

import dev.wsvd.domain.cost.Cost;
import dev.wsvd.domain.cost.Metric;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.plan.Decision;
import dev.wsvd.domain.plan.Option;
import dev.wsvd.domain.plan.Site;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/**
 * What could be done at one site, or at several together whose cuts share layers, with what it costs and what it loses.
 *
 * @param options staying as it is first, then changes by rising loss
 */
record SiteOptions(List<Site> sites, List<Weighed> options) {
    private static final int MOST_OPTIONS = 200;

    /**
     * One combination.
     *
     * @param decisions by site
     * @param cost of all the sites' layers
     * @param loss at least 0; 0 for staying as it is
     */
    record Weighed(Map<LayerId, Decision> decisions, Cost cost, double loss) {}

    SiteOptions {
        sites = List.copyOf(sites);
        options = List.copyOf(options);
    }

    /**
     * Staying as it is, or one of some options; those that another beats in cost and loss are left out, and of more than
     * {@value #MOST_OPTIONS} an even choice is kept.
     */
    static SiteOptions of(Site site, List<Option> options, ToDoubleFunction<Option> loss) {
        KeepReason reason = options.isEmpty() ? KeepReason.NO_RANK_SAVES : KeepReason.SELECTED;
        List<Weighed> sorted = new ArrayList<>();
        sorted.add(new Weighed(Map.of(site.id(), reason.decision(site)), site.cost(), 0));
        options.stream()
                .map(option -> new Weighed(
                        Map.of(site.id(), new Decision.Change(option.choice())),
                        option.cost(),
                        loss.applyAsDouble(option)))
                .sorted(byLossThenCost(site.cost()))
                .forEach(option -> {
                    if (sorted.stream().noneMatch(better -> better.cost().isAtMost(option.cost()))) {
                        sorted.add(option);
                    }
                });
        return new SiteOptions(List.of(site), thinned(sorted));
    }

    private static Comparator<Weighed> byLossThenCost(Cost cost) {
        Comparator<Weighed> order = Comparator.comparingDouble(Weighed::loss);
        for (Metric metric : cost.metrics()) {
            order = order.thenComparingLong(option -> option.cost().of(metric));
        }
        return order;
    }

    /** Of very many options an even choice, the first, the last and the cheapest in each metric among them. */
    private static List<Weighed> thinned(List<Weighed> options) {
        if (options.size() <= MOST_OPTIONS) {
            return options;
        }
        List<Weighed> some = new ArrayList<>();
        for (int i = 0; i < MOST_OPTIONS; i++) {
            some.add(options.get((int) ((long) i * (options.size() - 1) / (MOST_OPTIONS - 1))));
        }
        for (Metric metric : options.get(0).cost().metrics()) {
            Weighed cheapest = Collections.min(
                    options, Comparator.comparingLong(option -> option.cost().of(metric)));
            if (!some.contains(cheapest)) {
                some.add(cheapest);
            }
        }
        some.sort(Comparator.comparingDouble(Weighed::loss));
        return some;
    }
}
