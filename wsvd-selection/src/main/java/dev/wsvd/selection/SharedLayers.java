package dev.wsvd.selection;

import dev.wsvd.domain.cost.Cost;
import dev.wsvd.domain.cost.Metric;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.plan.Decision;
import dev.wsvd.domain.plan.Option;
import dev.wsvd.domain.plan.Shrink;
import dev.wsvd.domain.plan.Site;
import dev.wsvd.domain.spi.SelectionProblem;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.ToDoubleBiFunction;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Cuts and splits of siblings change several layers, and layers have a part in several of them, so that none can be chosen site by
 * site: sites that share layers are put together, with every combination that can hold as one option. What a layer costs follows from
 * all cuts that it has a part in; a layer that has one, or is replaced with its siblings, is not replaced besides.
 *
 * <p>The combinations are found layer by layer (variable elimination): a state says which of these are made that layers still
 * to come have a part in, and for each state those combinations are kept that no other beats in cost and loss. Chains of layers,
 * residual stages and branches that are read together need few states.
 */
final class SharedLayers {
    /** Sizes of what shares layers with others, by form. */
    private static final int MOST_SIZES = 24;
    /** The same of siblings that are far apart, so that much else is decided between them. */
    private static final int MOST_SIZES_APART = 4;
    /** From so many layers on they are. */
    private static final int FAR = 16;

    private final SelectionProblem problem;
    private final List<Metric> metrics;
    private final List<Site> sites;
    private final Map<Site, List<Option>> options;

    /** @param metrics those that are limited */
    SharedLayers(SelectionProblem problem, Set<Metric> metrics, Map<Site, List<Option>> options) {
        this.problem = problem;
        this.metrics = List.copyOf(metrics);
        this.sites = problem.sites();
        this.options = options;
    }

    /** What could be done, by sites that can be decided apart from all others. */
    List<SiteOptions> weighed(ToDoubleBiFunction<Site, Option> losses) {
        return together().stream()
                .map(some -> some.size() == 1 && together(some.get(0)).isEmpty()
                        ? SiteOptions.of(
                                some.get(0),
                                options.get(some.get(0)),
                                option -> losses.applyAsDouble(some.get(0), option))
                        : new Elimination(some, losses).combinations())
                .toList();
    }

    private List<Option> together(Site site) {
        return options.get(site).stream().filter(option -> !option.isAlone()).toList();
    }

    private List<Option> alone(Site site) {
        return options.get(site).stream().filter(Option::isAlone).toList();
    }

    /** Sites that share layers, in order, by the first of them. */
    private List<List<Site>> together() {
        Map<LayerId, LayerId> parents = new HashMap<>();
        for (Site site : sites) {
            together(site)
                    .forEach(option -> option.together().forEach(layer -> {
                        LayerId a = root(parents, site.id());
                        LayerId b = root(parents, layer);
                        if (!a.equals(b)) {
                            parents.put(a, b);
                        }
                    }));
        }
        Map<LayerId, List<Site>> groups = new LinkedHashMap<>();
        sites.forEach(site -> groups.computeIfAbsent(root(parents, site.id()), root -> new ArrayList<>())
                .add(site));
        return List.copyOf(groups.values());
    }

    private static LayerId root(Map<LayerId, LayerId> parents, LayerId layer) {
        LayerId root = layer;
        while (parents.containsKey(root)) {
            root = parents.get(root);
        }
        return root;
    }

    /** What is done at sites to several layers that are not all counted yet; absent for nothing. */
    private record State(Map<LayerId, Option> open) {}

    /** All combinations of some sites. */
    private final class Elimination {
        private final List<Site> some;
        private final ToDoubleBiFunction<Site, Option> losses;
        /** By site where several layers are changed together, the first and last of them. */
        private final Map<Site, int[]> spans = new LinkedHashMap<>();

        Elimination(List<Site> some, ToDoubleBiFunction<Site, Option> losses) {
            this.some = some;
            this.losses = losses;
            Map<LayerId, Integer> order = new HashMap<>();
            for (int i = 0; i < some.size(); i++) {
                order.put(some.get(i).id(), i);
            }
            for (Site site : some) {
                int[] span = together(site).stream()
                        .flatMap(option -> option.together().stream())
                        .mapToInt(order::get)
                        .sorted()
                        .toArray();
                if (span.length > 0) {
                    spans.put(site, new int[] {span[0], span[span.length - 1]});
                }
            }
        }

        SiteOptions combinations() {
            Map<State, List<Combination>> states =
                    Map.of(new State(Map.of()), List.of(new Combination(new long[metrics.size()], 0, null)));
            for (int i = 0; i < some.size(); i++) {
                states = closed(counted(opened(states, i), some.get(i)), i);
            }
            List<Combination> all = states.get(new State(Map.of()));
            List<Combination> ordered = new ArrayList<>();
            ordered.add(new Combination(new long[metrics.size()], 0, null));
            all.stream().filter(it -> it.chosen() != null).forEach(ordered::add);
            return new SiteOptions(some, ordered.stream().map(this::weighed).toList());
        }

        /** With everything that begins at a layer done or not. */
        private Map<State, List<Combination>> opened(Map<State, List<Combination>> states, int layer) {
            Map<State, List<Combination>> now = states;
            for (Map.Entry<Site, int[]> span : spans.entrySet()) {
                if (span.getValue()[0] == layer) {
                    now = opened(now, span.getKey());
                }
            }
            return now;
        }

        private Map<State, List<Combination>> opened(Map<State, List<Combination>> states, Site site) {
            Map<State, List<Combination>> now = new LinkedHashMap<>(states);
            for (Option option : sizes(site)) {
                double loss = losses.applyAsDouble(site, option);
                states.forEach((state, combinations) -> {
                    if (state.open().values().stream().anyMatch(other -> exclude(option, other))) {
                        return;
                    }
                    Map<LayerId, Option> open = new LinkedHashMap<>(state.open());
                    open.put(site.id(), option);
                    now.put(
                            new State(open),
                            combinations.stream()
                                    .map(it -> new Combination(
                                            it.costs(),
                                            it.loss() + loss,
                                            new Combination.Chosen(it.chosen(), site, option)))
                                    .toList());
                });
            }
            return now;
        }

        /** A layer is fitted anew for the units of one cut only, and replaced once or not at all. */
        private static boolean exclude(Option cut, Option other) {
            if (!cut.isCut() || !other.isCut()) {
                return !Collections.disjoint(cut.together(), other.together());
            }
            return cut.shrinks().entrySet().stream()
                    .anyMatch(it -> it.getValue().in() > 0
                            && other.shrinks()
                                            .getOrDefault(it.getKey(), Shrink.NONE)
                                            .in()
                                    > 0);
        }

        private List<Option> sizes(Site site) {
            Map<String, List<Option>> byForm = new LinkedHashMap<>();
            together(site)
                    .forEach(option -> byForm.computeIfAbsent(option.choice().form(), form -> new ArrayList<>())
                            .add(option));
            return byForm.values().stream()
                    .flatMap(all -> evenly(all, most(site, all.get(0))))
                    .toList();
        }

        private int most(Site site, Option option) {
            if (spans.size() == 1) {
                return Combination.MOST;
            }
            int[] span = spans.get(site);
            return !option.isCut() && span[1] - span[0] >= FAR ? MOST_SIZES_APART : MOST_SIZES;
        }

        private static Stream<Option> evenly(List<Option> all, int most) {
            return all.size() <= most
                    ? all.stream()
                    : IntStream.range(0, most).mapToObj(i -> all.get((int) ((long) i * (all.size() - 1) / (most - 1))));
        }

        /** With what a layer costs. */
        private Map<State, List<Combination>> counted(Map<State, List<Combination>> states, Site layer) {
            Map<State, List<Combination>> now = new LinkedHashMap<>();
            Map<Shrink, long[]> known = new HashMap<>();
            SiteOptions alone = SiteOptions.of(layer, alone(layer), option -> losses.applyAsDouble(layer, option));
            Map<Decision, Option> byDecision = new HashMap<>();
            alone(layer).forEach(option -> byDecision.put(new Decision.Change(option.choice()), option));
            states.forEach((state, combinations) -> {
                List<Option> touching = state.open().values().stream()
                        .filter(option -> option.together().contains(layer.id()))
                        .toList();
                if (touching.isEmpty()) {
                    now.put(state, besides(combinations, layer, alone, byDecision));
                } else {
                    Cost replaced = touching.get(0).replaced().get(layer.id());
                    Shrink shrink = shrink(layer, touching);
                    long[] costs = replaced == null
                            ? known.computeIfAbsent(shrink, it -> costs(problem.cost(layer, it)))
                            : costs(replaced);
                    now.put(
                            state,
                            combinations.stream().map(it -> it.with(costs)).toList());
                }
            });
            return now;
        }

        private static Shrink shrink(Site layer, Collection<Option> options) {
            return options.stream()
                    .map(option -> option.shrinks().getOrDefault(layer.id(), Shrink.NONE))
                    .reduce(Shrink.NONE, Shrink::plus);
        }

        private List<Combination> besides(
                List<Combination> combinations, Site layer, SiteOptions alone, Map<Decision, Option> byDecision) {
            List<Combination> own = alone.options().stream()
                    .map(weighed -> {
                        Option option = byDecision.get(weighed.decisions().get(layer.id()));
                        return new Combination(
                                costs(weighed.cost()),
                                weighed.loss(),
                                option == null ? null : new Combination.Chosen(null, layer, option));
                    })
                    .toList();
            return Combination.besides(combinations, own);
        }

        /** Without what ends at a layer, on which nothing to come depends. */
        private Map<State, List<Combination>> closed(Map<State, List<Combination>> states, int layer) {
            Set<LayerId> ending = new HashSet<>();
            spans.forEach((site, span) -> {
                if (span[1] == layer) {
                    ending.add(site.id());
                }
            });
            if (ending.isEmpty()) {
                return states;
            }
            Map<State, List<Combination>> merged = new LinkedHashMap<>();
            states.forEach((state, combinations) -> {
                Map<LayerId, Option> open = new LinkedHashMap<>(state.open());
                open.keySet().removeAll(ending);
                merged.computeIfAbsent(new State(open), it -> new ArrayList<>()).addAll(combinations);
            });
            merged.replaceAll((state, combinations) -> Combination.best(combinations));
            return merged;
        }

        private SiteOptions.Weighed weighed(Combination combination) {
            Map<LayerId, Option> chosen = new LinkedHashMap<>();
            for (Combination.Chosen it = combination.chosen(); it != null; it = it.before()) {
                chosen.put(it.site().id(), it.option());
            }
            Map<LayerId, Decision> decisions = new LinkedHashMap<>();
            Cost cost = null;
            for (Site site : some) {
                Option option = chosen.get(site.id());
                decisions.put(site.id(), option == null ? kept(site, chosen) : new Decision.Change(option.choice()));
                Cost own = cost(site, option, chosen);
                cost = cost == null ? own : cost.plus(own);
            }
            return new SiteOptions.Weighed(decisions, cost, combination.loss());
        }

        private Decision kept(Site site, Map<LayerId, Option> chosen) {
            return chosen.entrySet().stream()
                    .filter(it -> it.getValue().together().contains(site.id()))
                    .findFirst()
                    .<Decision>map(
                            it -> site.kept((it.getValue().isCut() ? "cut" : "split") + " with '" + it.getKey() + "'"))
                    .orElseGet(() -> (options.get(site).isEmpty() ? KeepReason.NO_RANK_SAVES : KeepReason.SELECTED)
                            .decision(site));
        }

        private Cost cost(Site site, Option own, Map<LayerId, Option> chosen) {
            if (own != null && own.isAlone()) {
                return own.cost();
            }
            return chosen.values().stream()
                    .map(it -> it.replaced().get(site.id()))
                    .filter(Objects::nonNull)
                    .findFirst()
                    .orElseGet(() -> problem.cost(site, shrink(site, chosen.values())));
        }

        private long[] costs(Cost cost) {
            return metrics.stream().mapToLong(cost::of).toArray();
        }
    }
}
