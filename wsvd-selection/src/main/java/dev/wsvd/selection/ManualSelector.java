package dev.wsvd.selection;

import dev.wsvd.domain.cost.CompressionRatio;
import dev.wsvd.domain.cost.Cost;
import dev.wsvd.domain.cost.Metric;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.plan.Choice;
import dev.wsvd.domain.plan.Decision;
import dev.wsvd.domain.plan.Option;
import dev.wsvd.domain.plan.Plan;
import dev.wsvd.domain.plan.Site;
import dev.wsvd.domain.spi.SelectionProblem;
import dev.wsvd.domain.spi.Selector;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * The user's word: the layers named are replaced as said, every other layer stays as it is.
 *
 * <p>Ranks are rounded by the multiplicity, so a layer's cost may end a little above the ratio asked for it, never at or
 * above what it cost before.
 */
public final class ManualSelector implements Selector {
    private final Map<String, ManualChoice> choices;
    private final Optional<CompressionRatio> target;

    /**
     * @param choices by layer name or glob; a name must be replaceable as asked, a glob takes what can be
     * @param target what the whole must meet, if anything
     */
    public ManualSelector(Map<String, ManualChoice> choices, Optional<CompressionRatio> target) {
        this.choices = Collections.unmodifiableMap(new LinkedHashMap<>(choices));
        this.target = Objects.requireNonNull(target, "target");
    }

    @Override
    public String id() {
        return "manual";
    }

    @Override
    public Optional<CompressionRatio> target() {
        return target;
    }

    /**
     * @throws InvalidInputException if a name is unknown (near names are listed), a layer cannot be replaced, no rank meets the
     *     ratio, or a rank is too large to save anything
     */
    @Override
    public Plan select(SelectionProblem problem) {
        target.ifPresent(ratio -> problem.requireCost());
        Map<LayerId, ManualChoice> byLayer = byLayer(problem);
        Map<LayerId, Decision> decisions = new LinkedHashMap<>();
        for (Site site : problem.sites()) {
            ManualChoice choice = byLayer.get(site.id());
            decisions.put(
                    site.id(),
                    choice == null
                            ? KeepReason.NOT_CHOSEN.decision(site)
                            : new Decision.Change(new OneSite(problem, site).choice(choice)));
        }
        Plan plan = new Plan(decisions);
        GivenTarget.require(problem, target, plan);
        return plan;
    }

    private Map<LayerId, ManualChoice> byLayer(SelectionProblem problem) {
        Map<LayerId, Site> sites = new LinkedHashMap<>();
        problem.sites().forEach(site -> sites.put(site.id(), site));
        List<Layer> layers = problem.sites().stream().map(Site::layer).toList();
        Map<LayerId, ManualChoice> byLayer = new LinkedHashMap<>();
        // Globs first, so that a layer that is named is done as its name says, in whatever order they were given.
        List<String> globsFirst = choices.keySet().stream()
                .sorted(Comparator.comparing(name -> !new LayerGlob(name).isPattern()))
                .toList();
        globsFirst.forEach(name -> {
            ManualChoice choice = choices.get(name);
            LayerGlob glob = new LayerGlob(name);
            List<Site> possible = glob.in(layers).stream()
                    .map(layer -> sites.get(layer.id()))
                    .filter(site -> site.keepReason().isEmpty()
                            || site.layer().unsupportedReason().isPresent())
                    .filter(site -> !glob.isPattern() || new OneSite(problem, site).has(choice))
                    .toList();
            if (possible.isEmpty()) {
                throw new InvalidInputException("No layer that '" + name
                        + "' names can be split as asked: all are ignored, unsupported or would not get smaller.");
            }
            possible.forEach(site -> byLayer.put(site.id(), choice));
        });
        return byLayer;
    }

    /** What can be done at one site. */
    private static final class OneSite {
        private final SelectionProblem problem;
        private final Metric metric;
        private final Site site;
        private final String layer;
        private final Cost before;
        private final List<Option> series;
        private final List<Option> multiples;

        OneSite(SelectionProblem problem, Site site) {
            this.problem = problem;
            this.metric = problem.metric();
            this.site = site;
            this.layer = "layer '" + site.id() + "' (" + site.layer().weight() + ")";
            this.before = problem.before(site);
            this.series = problem.series(site);
            this.multiples = problem.multiples(site);
        }

        boolean has(ManualChoice choice) {
            return !multiples.isEmpty()
                    && (choice instanceof ManualChoice.ToRatio toRatio
                            ? CandidateRatios.largestWithin(toRatio.ratio(), before, series, metric)
                                    .isPresent()
                            : ofRank((ManualChoice.ToRank) choice).isPresent());
        }

        Choice choice(ManualChoice choice) {
            site.layer().unsupportedReason().ifPresent(reason -> {
                throw new InvalidInputException("Layer '" + site.id() + "' cannot be split: " + reason + ".");
            });
            if (multiples.isEmpty()) {
                throw new InvalidInputException("L" + layer.substring(1) + " has no " + problem.form(site)
                        + " size that " + multipleOf() + "lowers its " + metric + " cost.");
            }
            Option wanted =
                    choice instanceof ManualChoice.ToRatio toRatio ? within(toRatio) : of((ManualChoice.ToRank) choice);
            return Rounding.of(wanted, multiples, metric).orElseThrow().choice();
        }

        private String multipleOf() {
            return problem.multiplicity(site) == 1 ? "" : "is a multiple of " + problem.multiplicity(site) + " and ";
        }

        private Option within(ManualChoice.ToRatio choice) {
            return CandidateRatios.largestWithin(choice.ratio(), before, series, metric)
                    .orElseThrow(() -> {
                        Option smallest = series.get(0);
                        double ratio = smallest.cost().ratioTo(before, metric);
                        return new InvalidInputException(
                                "No " + problem.form(site) + " size brings " + layer + " to a " + metric
                                        + " ratio of " + choice.ratio() + ": "
                                        + smallest.size() + " has "
                                        + String.format(Locale.ROOT, "%.4f", Math.ceil(ratio * 1e4) / 1e4) + ".");
                    });
        }

        private Option of(ManualChoice.ToRank choice) {
            return ofRank(choice)
                    .orElseThrow(() -> new InvalidInputException("Size " + choice.rank()
                            + " does not lower the " + metric + " cost of " + layer + " with " + problem.form(site)
                            + "; allowed: "
                            + series.get(0).size() + " to "
                            + series.get(series.size() - 1).size() + "."));
        }

        private Optional<Option> ofRank(ManualChoice.ToRank choice) {
            return series.stream()
                    .filter(option -> option.choice().sizes().equals(List.of(choice.rank())))
                    .findFirst();
        }
    }
}
