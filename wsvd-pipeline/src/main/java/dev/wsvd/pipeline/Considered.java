package dev.wsvd.pipeline;

import dev.wsvd.domain.cost.Cost;
import dev.wsvd.domain.cost.Metric;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.plan.Candidate;
import dev.wsvd.domain.plan.Choice;
import dev.wsvd.domain.plan.Decision;
import dev.wsvd.domain.plan.Option;
import dev.wsvd.domain.plan.Site;
import dev.wsvd.domain.score.Evaluation;
import dev.wsvd.domain.score.ScoreTable;
import dev.wsvd.domain.stats.LayerCandidate;
import dev.wsvd.domain.stats.Trial;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.ToDoubleBiFunction;

/** What a selection compared, layer by layer and as whole networks, for the report. */
final class Considered {
    /** Candidates of a layer that are reported of a form, about; enough for a curve. */
    private static final int PER_FORM = 16;

    private record Compared(Site site, List<Option> options) {}

    private final Map<LayerId, Compared> layers = new HashMap<>();
    private Optional<ToDoubleBiFunction<Site, Option>> losses = Optional.empty();
    private final List<Trial> trials = new ArrayList<>();

    /** Options that are compared by what they score or miss. */
    void compared(Site site, Iterable<Option> options) {
        List<Option> all = new ArrayList<>();
        options.forEach(all::add);
        layers.put(site.id(), new Compared(site, all));
    }

    /** Options that are compared by predicted losses. */
    void weighed(Map<Site, List<Option>> options, ToDoubleBiFunction<Site, Option> predicted) {
        options.forEach(this::compared);
        losses = Optional.of(predicted);
    }

    /** A whole network was scored. */
    void tried(String name, Cost cost, Evaluation made) {
        trials.add(Trial.of(name, cost, made));
    }

    List<Trial> trials() {
        return List.copyOf(trials);
    }

    /**
     * The candidates of a layer of which something is known, form by form from small to large: those that no smaller one of the same form beats,
     * evenly thinned, with what was chosen.
     */
    List<LayerCandidate> candidates(Run<?> run, LayerId layer, Decision decision, Metric metric, ScoreTable scores) {
        Compared compared = layers.get(layer);
        if (compared == null) {
            return List.of();
        }
        Optional<Choice> chosen =
                decision instanceof Decision.Change change ? Optional.of(change.choice()) : Optional.empty();
        Map<String, List<LayerCandidate>> byForm = new LinkedHashMap<>();
        for (Option option : compared.options()) {
            LayerCandidate candidate = candidate(run, compared.site(), option, metric, scores);
            if (candidate.isKnown()) {
                byForm.computeIfAbsent(option.choice().form(), form -> new ArrayList<>())
                        .add(candidate);
            }
        }
        return byForm.values().stream()
                .flatMap(some -> thinned(unbeaten(some, chosen), chosen).stream())
                .toList();
    }

    private LayerCandidate candidate(Run<?> run, Site site, Option option, Metric metric, ScoreTable scores) {
        return new LayerCandidate(
                option.choice(),
                option.isAlone()
                        ? site.cost().of(metric)
                        : run.costs().before(site.place(), option.choice()).of(metric),
                option.cost().of(metric),
                run.factors().knownError(site.place(), option.choice()),
                losses.map(predicted -> OptionalDouble.of(predicted.applyAsDouble(site, option)))
                        .orElseGet(OptionalDouble::empty),
                scores.score(new Candidate(site.id(), option.choice())));
    }

    private static List<LayerCandidate> unbeaten(List<LayerCandidate> some, Optional<Choice> chosen) {
        List<LayerCandidate> sorted = some.stream()
                .sorted(Comparator.comparingLong(LayerCandidate::after).thenComparingDouble(Considered::harm))
                .toList();
        List<LayerCandidate> unbeaten = new ArrayList<>();
        double least = Double.POSITIVE_INFINITY;
        for (LayerCandidate candidate : sorted) {
            // What scores are measured to be goes up and down, and is shown so.
            if (candidate.score().isPresent() || harm(candidate) < least || is(candidate, chosen)) {
                unbeaten.add(candidate);
            }
            if (candidate.loss().isPresent() || candidate.error().isPresent()) {
                least = Math.min(least, harm(candidate));
            }
        }
        return unbeaten;
    }

    private static double harm(LayerCandidate candidate) {
        return candidate.loss().orElse(candidate.error().orElse(0));
    }

    private static List<LayerCandidate> thinned(List<LayerCandidate> some, Optional<Choice> chosen) {
        int last = some.size() - 1;
        List<LayerCandidate> thinned = new ArrayList<>();
        int step = -1;
        for (int i = 0; i <= last; i++) {
            int now = last < PER_FORM ? i : (int) ((long) i * (PER_FORM - 1) / last);
            if (now > step || some.get(i).score().isPresent() || is(some.get(i), chosen)) {
                thinned.add(some.get(i));
            }
            step = now;
        }
        return thinned;
    }

    private static boolean is(LayerCandidate candidate, Optional<Choice> chosen) {
        return chosen.filter(candidate.choice()::equals).isPresent();
    }
}
