package dev.wsvd.pipeline;

import dev.wsvd.domain.cost.Cost;
import dev.wsvd.domain.cost.Metric;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.error.UnreachableTargetException;
import dev.wsvd.domain.layer.Place;
import dev.wsvd.domain.plan.Plan;
import dev.wsvd.domain.plan.Unfitted;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.ProgressEvent.Stage;
import dev.wsvd.domain.spi.Stopwatch;
import dev.wsvd.domain.spi.TimingConditions;
import dev.wsvd.domain.stats.CompressionStats;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.Supplier;

/**
 * Holds plans against time that is measured: the times of layers do not add up to that of a network to the last percent, so the whole is
 * timed in turn with the original, with weights that mean nothing, before anything is fitted. Where it is off, savings are predicted
 * smaller or larger by that factor, and the plan is chosen again.
 */
final class LatencyProof<M> {
    private static final int ROUNDS = 6;
    /** Relative width of the interval that is enough. */
    private static final double WIDTH = 0.01;

    private static final long LONGEST_NS = 2_000_000_000L;
    /** How far below its limit a network may be that is not chosen again. */
    private static final double SLACK = 0.02;

    private static final double LEAST_FACTOR = 0.1;
    private static final double NUDGE = 0.985;
    private static final int MOST_NUDGES = 8;
    private static final double SHORTEST_NS = 100_000;
    private static final long QUICK_NS = 1_000_000_000L;

    private final Run<M> run;
    private final TimingConditions conditions;
    private final Supplier<Cost> before;
    private Optional<PairedRatio> proven = Optional.empty();
    private OptionalDouble limited = OptionalDouble.empty();

    /**
     * A plan and how long its network takes beside the original.
     *
     * @param scale of the savings by which it was chosen
     */
    private record Timed(Plan plan, PairedRatio measured, double scale) {}

    /** @param before the cost of the original */
    LatencyProof(Run<M> run, TimingConditions conditions, Supplier<Cost> before) {
        this.run = run;
        this.conditions = conditions;
        this.before = before;
    }

    /**
     * The plan, or one that was chosen again.
     *
     * @param limitNs the longest that the network may take; of the original's predicted time
     * @param again chooses a plan again; empty if that would take too long
     */
    Plan proven(Plan first, double limitNs, Optional<Supplier<Plan>> again) {
        double limit = limitNs / before.get().of(Metric.LATENCY);
        List<Timed> tried = new ArrayList<>();
        Set<Plan> seen = new HashSet<>();
        Scale scale = new Scale();
        Plan plan = first;
        while (!plan.changes().isEmpty() && tried.size() < ROUNDS && scale.nudges < MOST_NUDGES) {
            if (seen.add(plan)) {
                Timed timed = new Timed(plan, timed(plan), scale.now);
                tried.add(timed);
                double ratio = timed.measured().ratio();
                double predicted = run.costs().of(run.places(), plan).of(Metric.LATENCY)
                        / (double) before.get().of(Metric.LATENCY);
                boolean near = ratio <= limit && (ratio >= limit * (1 - SLACK) || predicted < limit * (1 - SLACK));
                if (again.isEmpty() || near || predicted >= 1) {
                    break;
                }
                run.scaleLatency(scale.next(ratio > limit, (1 - ratio) / (1 - predicted)));
            } else if (last(tried).measured().ratio() > limit) {
                // The same again: a little less is predicted to be saved, until something else is chosen.
                run.scaleLatency(scale.nudged());
            } else {
                break;
            }
            try {
                plan = again.get().get();
            } catch (UnreachableTargetException e) {
                if (tried.stream().noneMatch(it -> it.measured().ratio() <= limit)) {
                    throw e;
                }
                break;
            }
        }
        if (tried.isEmpty()) {
            return first;
        }
        Timed best = best(tried, limit);
        // The report tells what was predicted when this plan was chosen.
        run.scaleLatency(best.scale() / scale.now);
        return best.plan();
    }

    private static Timed last(List<Timed> tried) {
        return tried.get(tried.size() - 1);
    }

    /** How much of the savings that were predicted counts: between what was too much and what was too little, once both are known. */
    private static final class Scale {
        private double now = 1;
        private int nudges;
        private OptionalDouble tooMuch = OptionalDouble.empty();
        private OptionalDouble tooLittle = OptionalDouble.empty();

        /**
         * @param slow whether the network that was chosen by what counts now takes too long
         * @param factor what it saves / what it was predicted to save
         * @return by what the savings that count are to be multiplied
         */
        double next(boolean slow, double factor) {
            double before = now;
            if (slow) {
                tooMuch = OptionalDouble.of(now);
            } else {
                tooLittle = OptionalDouble.of(now);
            }
            now *= Math.max(LEAST_FACTOR, factor);
            if (tooMuch.isPresent() && tooLittle.isPresent()) {
                now = Math.sqrt(tooMuch.getAsDouble() * tooLittle.getAsDouble());
            }
            return now / before;
        }

        double nudged() {
            nudges++;
            now *= NUDGE;
            return NUDGE;
        }
    }

    /** The slowest that is fast enough, which loses least; else the fastest, with a notice. */
    private Timed best(List<Timed> tried, double limit) {
        Timed best = tried.get(0);
        for (Timed it : tried) {
            double ratio = it.measured().ratio();
            double so = best.measured().ratio();
            boolean better = ratio <= limit ? so > limit || ratio > so : so > limit && ratio < so;
            best = better ? it : best;
        }
        proven = Optional.of(best.measured());
        limited = OptionalDouble.of(limit);
        requireMet(best.measured());
        return best;
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
        PairedRatio times = timed(plan, (original, watch) -> PairedRatio.faster(original::run, watch::run, LONGEST_NS));
        return times.interval().high() < 1 || times.firstNs() < SHORTEST_NS;
    }

    /** Whether the original can be timed at all, and in little time. */
    boolean isQuick() {
        try (Stopwatch watch = run.model().stopwatch(conditions).orElse(null)) {
            return watch != null && watch.run() < QUICK_NS;
        }
    }

    private PairedRatio timed(Plan plan) {
        return timed(plan, (original, watch) -> PairedRatio.of(original::run, watch::run, WIDTH, LONGEST_NS));
    }

    private PairedRatio timed(Plan plan, BiFunction<Stopwatch, Stopwatch, PairedRatio> timing) {
        return run.progress().step(Stage.TIME, "the network", workload(), () -> {
            try (CompressibleModel<M> candidate = run.model()
                    .with(plan.changes().entrySet().stream()
                            .map(change -> {
                                Place place = run.places().stream()
                                        .filter(it -> it.id().equals(change.getKey()))
                                        .findFirst()
                                        .orElseThrow();
                                return Unfitted.of(
                                        place,
                                        change.getValue(),
                                        run.schemes().blueprint(place, change.getValue()),
                                        run.calibrated().hasMoments());
                            })
                            .toList())) {
                return beside(candidate, timing);
            }
        });
    }

    private double workload() {
        return run.workload().timing();
    }

    private PairedRatio beside(CompressibleModel<M> candidate, BiFunction<Stopwatch, Stopwatch, PairedRatio> timing) {
        try (Stopwatch original = open(run.model());
                Stopwatch watch = open(candidate)) {
            return timing.apply(original, watch);
        }
    }

    private Stopwatch open(CompressibleModel<M> model) {
        return model.stopwatch(conditions)
                .orElseThrow(() -> new InvalidInputException("The compressed model cannot be timed."));
    }

    /** The time of a compressed model beside the original's, for the report; with a notice if it is not what was aimed at. */
    CompressionStats.Latency report(CompressibleModel<M> compressed) {
        PairedRatio times = run.progress()
                .step(
                        Stage.TIME,
                        "the compressed network",
                        workload(),
                        () -> beside(
                                compressed,
                                (first, second) -> PairedRatio.of(first::run, second::run, WIDTH, LONGEST_NS)));
        if (proven.filter(before -> before.interval().low() <= limited.orElse(1))
                .isPresent()) {
            requireMet(times);
        }
        return report(times);
    }

    /** That of the plan that was proven last, with weights that mean nothing; empty if none was. */
    Optional<CompressionStats.Latency> reportOfPlan() {
        return proven.map(this::report);
    }

    private CompressionStats.Latency report(PairedRatio times) {
        try (Stopwatch original = open(run.model())) {
            return new CompressionStats.Latency(
                    times.firstNs(),
                    times.secondNs(),
                    times.ratio(),
                    times.interval(),
                    conditions.threads(),
                    conditions.batch(),
                    original.engine(),
                    Machine.description());
        }
    }
}
