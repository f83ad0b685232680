package dev.wsvd.pipeline;

import dev.wsvd.domain.cost.Cost;
import dev.wsvd.domain.cost.Metric;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.error.UnreachableTargetException;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.layer.Place;
import dev.wsvd.domain.plan.Choice;
import dev.wsvd.domain.plan.Plan;
import dev.wsvd.domain.plan.Replacement;
import dev.wsvd.domain.plan.Unfitted;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.ProgressEvent.Stage;
import dev.wsvd.domain.spi.Stopwatch;
import dev.wsvd.domain.spi.TimingConditions;
import dev.wsvd.domain.stats.CompressionStats;
import dev.wsvd.pipeline.Reselection.Change;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * Holds plans against time that is measured: the times of layers do not add up to that of a network to the last percent, so the whole is
 * timed in turn with the original, with weights that mean nothing, before anything is fitted. Where it is off, savings are predicted
 * smaller or larger by that factor, and the plan is chosen again. What made layers slower is left out then.
 */
final class LatencyProof<M> {
    private static final int ROUNDS = 6;
    /** With rounds after which something is left out. */
    private static final int MOST_ROUNDS = 12;

    private static final long LONGEST_NS = 2_000_000_000L;
    /** How far below its limit a network may be that is not chosen again. */
    private static final double SLACK = 0.02;

    private static final double SHORTEST_NS = 100_000;
    private static final long QUICK_NS = 1_000_000_000L;

    private final Run<M> run;
    private final Finish<M> finish;
    private final TimingConditions conditions;
    private final Supplier<Cost> before;
    private Optional<LayerComparison> proven = Optional.empty();
    private OptionalDouble limited = OptionalDouble.empty();

    /**
     * A plan and how long its network takes beside the original.
     *
     * @param scale of the savings by which it was chosen
     * @param slower what it does that makes layers slower
     */
    private record Timed(Plan plan, LayerComparison times, double scale, Set<Change> slower) {
        double ratio() {
            return times.whole().ratio();
        }
    }

    /** @param before the cost of the original */
    LatencyProof(Run<M> run, Finish<M> finish, TimingConditions conditions, Supplier<Cost> before) {
        this.run = run;
        this.finish = finish;
        this.conditions = conditions;
        this.before = before;
    }

    /**
     * The plan, which is not chosen again. Where its network does not take what was predicted, savings are scaled, so that the report
     * tells nothing that is known to be false.
     *
     * @param limitNs the longest that the network should take, of the original's predicted time
     */
    Plan told(Plan plan, OptionalDouble limitNs) {
        if (!plan.changes().isEmpty()) {
            LayerComparison times = compared(plan);
            PairedRatio whole = times.whole();
            double predicted = predicted(plan);
            boolean off = predicted < whole.interval().low()
                    || predicted > whole.interval().high();
            if (off && predicted != 1) {
                run.scaleLatency(Math.max(SavingsScale.LEAST_FACTOR, (1 - whole.ratio()) / (1 - predicted)));
            }
            proven = Optional.of(times);
            limitNs.ifPresent(ns -> limited = OptionalDouble.of(limit(ns)));
            requireMet(whole);
        }
        return plan;
    }

    private double limit(double ns) {
        return ns / before.get().of(Metric.LATENCY);
    }

    /** The share of the original's time that a plan's network takes. */
    private double predicted(Plan plan) {
        return run.costs().of(run.places(), plan).ratioTo(before.get(), Metric.LATENCY);
    }

    /**
     * The plan, or one that was chosen again.
     *
     * @param limitNs the longest that the network may take; of the original's predicted time
     */
    Plan proven(Plan first, double limitNs, Reselection again) {
        double limit = limit(limitNs);
        List<Timed> tried = new ArrayList<>();
        Set<Plan> seen = new HashSet<>();
        Set<Change> leftOut = new LinkedHashSet<>();
        SavingsScale scale = new SavingsScale();
        Plan plan = first;
        int rounds = ROUNDS;
        while (!plan.changes().isEmpty() && tried.size() < rounds && !scale.isStuck()) {
            if (seen.add(plan)) {
                Timed timed = timed(plan, scale.now());
                tried.add(timed);
                double ratio = timed.ratio();
                double predicted = predicted(plan);
                if (predicted >= 1) {
                    break;
                }
                if (leftOut.addAll(timed.slower())) {
                    // What the others save is better known without these.
                    again.without(leftOut);
                    rounds = Math.min(rounds + 1, MOST_ROUNDS);
                } else if (ratio <= limit && (ratio >= limit * (1 - SLACK) || predicted < limit * (1 - SLACK))) {
                    break;
                } else {
                    run.scaleLatency(scale.next(ratio > limit, (1 - ratio) / (1 - predicted)));
                }
            } else if (last(tried).ratio() > limit) {
                // The same again: a little less is predicted to be saved, until something else is chosen.
                run.scaleLatency(scale.nudged());
            } else {
                break;
            }
            try {
                plan = again.select();
            } catch (UnreachableTargetException e) {
                if (tried.stream().anyMatch(it -> it.ratio() <= limit)) {
                    break;
                }
                run.scaleLatency(scale.reaching(limit, e));
                plan = again.select();
            }
        }
        if (tried.isEmpty()) {
            return first;
        }
        Timed best = best(tried, limit);
        // The report tells what was predicted when this plan was chosen.
        run.scaleLatency(best.scale() / scale.now());
        leftOut.removeAll(changes(best.plan()));
        notice(leftOut);
        return best.plan();
    }

    private static Set<Change> changes(Plan plan) {
        return plan.changes().entrySet().stream()
                .map(change -> new Change(change.getKey(), change.getValue().form()))
                .collect(Collectors.toSet());
    }

    /** Tells what is not done because it was measured slower than what it would replace. */
    void notice(Set<Change> slower) {
        if (!slower.isEmpty()) {
            run.progress()
                    .notice("Measured slower than what they would replace, and left out: "
                            + slower.stream().map(Change::toString).collect(Collectors.joining(", ")) + ".");
        }
    }

    private static Timed last(List<Timed> tried) {
        return tried.get(tried.size() - 1);
    }

    /** Of those fast enough the one that makes fewest layers slower, then the slowest, which loses least; else the fastest, with a notice. */
    private Timed best(List<Timed> tried, double limit) {
        Timed best = tried.get(0);
        for (Timed it : tried) {
            best = isBetter(it, best, limit) ? it : best;
        }
        proven = Optional.of(best.times());
        limited = OptionalDouble.of(limit);
        requireMet(best.times().whole());
        return best;
    }

    private static boolean isBetter(Timed one, Timed other, double limit) {
        if (one.ratio() > limit || other.ratio() > limit) {
            return one.ratio() <= limit || other.ratio() > limit && one.ratio() < other.ratio();
        }
        int more = one.slower().size() - other.slower().size();
        return more < 0 || more == 0 && one.ratio() > other.ratio();
    }

    private void requireMet(PairedRatio measured) {
        if (limited.isPresent() && measured.interval().low() > limited.getAsDouble()) {
            run.progress()
                    .notice(String.format(
                            Locale.ROOT,
                            "The network takes %.3f of the original's time, measured, where %.3f was aimed at: layers do"
                                    + " not save in it what they save in others.",
                            measured.ratio(),
                            limited.getAsDouble()));
        }
    }

    /**
     * Whether a plan's network is faster than the original, beyond doubt. Of one that takes microseconds, as long as a call of the engine,
     * that is taken for granted.
     */
    boolean isFaster(Plan plan) {
        PairedRatio times = ofPlan(
                plan,
                candidate -> beside(
                        candidate, (original, watch) -> PairedRatio.faster(original::run, watch::run, LONGEST_NS)));
        return times.interval().high() < 1 || times.firstNs() < SHORTEST_NS;
    }

    /** Whether the original can be timed at all, and in little time. */
    boolean isQuick() {
        try (Stopwatch watch = run.model().stopwatch(conditions).orElse(null)) {
            return watch != null && watch.run() < QUICK_NS;
        }
    }

    /** What a plan does that makes layers slower, though they were predicted to get faster. */
    Set<Change> slower(Plan plan) {
        return slower(plan, compared(plan));
    }

    private Set<Change> slower(Plan plan, LayerComparison times) {
        Set<Change> slower = new LinkedHashSet<>();
        plan.changes().forEach((id, choice) -> {
            Place place = place(id);
            Cost now = run.costs().option(place, choice).cost();
            boolean saves =
                    now.of(Metric.LATENCY) < run.costs().before(place, choice).of(Metric.LATENCY);
            if (saves && times.isSlower(run.schemes().blueprint(place, choice).layers())) {
                slower.add(new Change(id, choice.form()));
            }
        });
        return slower;
    }

    private Timed timed(Plan plan, double scale) {
        LayerComparison times = compared(plan);
        return new Timed(plan, times, scale, slower(plan, times));
    }

    private LayerComparison compared(Plan plan) {
        return ofPlan(plan, candidate -> beside(candidate, comparing(candidate)));
    }

    private BiFunction<Stopwatch, Stopwatch, LayerComparison> comparing(CompressibleModel<M> candidate) {
        return (original, watch) -> LayerComparison.of(original, watch, candidate::stagesOf);
    }

    private <T> T ofPlan(Plan plan, Function<CompressibleModel<M>, T> timing) {
        return run.progress().step(Stage.TIME, "the network", workload(), () -> {
            try (CompressibleModel<M> candidate = finish.untuned(
                    run.model()
                            .with(Int8.inFloat(plan).changes().entrySet().stream()
                                    .map(change -> unfitted(place(change.getKey()), change.getValue()))
                                    .toList()),
                    plan)) {
                return timing.apply(candidate);
            }
        });
    }

    private Place place(LayerId id) {
        return run.places().stream()
                .filter(it -> it.id().equals(id))
                .findFirst()
                .orElseThrow();
    }

    private Replacement unfitted(Place place, Choice choice) {
        return Unfitted.of(
                place,
                choice,
                run.schemes().blueprint(place, choice),
                run.calibrated().hasMoments());
    }

    private double workload() {
        return run.workload().timing();
    }

    private <T> T beside(CompressibleModel<M> candidate, BiFunction<Stopwatch, Stopwatch, T> timing) {
        try (Stopwatch original = open(run.model());
                Stopwatch watch = open(candidate)) {
            return timing.apply(original, watch);
        }
    }

    private Stopwatch open(CompressibleModel<M> model) {
        return model.stopwatch(conditions)
                .orElseThrow(() -> new InvalidInputException("The compressed model cannot be timed."));
    }

    /** The time of a plan's compressed model beside the original's, for the report; with a notice if it is not what was aimed at. */
    TimeReport report(CompressibleModel<M> compressed, Plan plan) {
        LayerComparison times = run.progress()
                .step(
                        Stage.TIME,
                        "the compressed network",
                        workload(),
                        () -> beside(compressed, comparing(compressed)));
        if (proven.filter(before -> before.whole().interval().low() <= limited.orElse(1))
                .isPresent()) {
            requireMet(times.whole());
        }
        return report(times, plan);
    }

    /** That of the plan that was proven last, with weights that mean nothing; empty if none was. */
    Optional<TimeReport> reportOfPlan(Plan plan) {
        return proven.map(times -> report(times, plan));
    }

    private TimeReport report(LayerComparison times, Plan plan) {
        PairedRatio whole = times.whole();
        try (Stopwatch original = open(run.model())) {
            return new TimeReport(
                    new CompressionStats.Latency(
                            whole.firstNs(),
                            whole.secondNs(),
                            whole.ratio(),
                            whole.interval(),
                            run.ratioByLayers(plan),
                            conditions.threads(),
                            conditions.batch(),
                            original.engine(),
                            Machine.description()),
                    times.layers());
        }
    }
}
