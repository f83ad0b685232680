package dev.wsvd.pipeline;

import dev.wsvd.calibration.OutputErrors;
import dev.wsvd.cost.Costs;
import dev.wsvd.domain.cost.CompressionRatio;
import dev.wsvd.domain.cost.Cost;
import dev.wsvd.domain.cost.LatencyTable;
import dev.wsvd.domain.cost.Metric;
import dev.wsvd.domain.error.UnreachableTargetException;
import dev.wsvd.domain.error.WsvdException;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.layer.Place;
import dev.wsvd.domain.plan.Plan;
import dev.wsvd.domain.score.Evaluation;
import dev.wsvd.domain.score.ScoreRecord;
import dev.wsvd.domain.spi.Activations;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.Evaluator;
import dev.wsvd.domain.spi.PlanEvaluator;
import dev.wsvd.domain.spi.ProgressEvent.Stage;
import dev.wsvd.domain.spi.Schemes;
import dev.wsvd.domain.spi.Selector;
import dev.wsvd.domain.spi.TimingStore;
import dev.wsvd.domain.stats.CompressionStats;
import dev.wsvd.domain.stats.CumulativeEnergy;
import dev.wsvd.domain.stats.ParetoPoint;
import dev.wsvd.domain.tensor.ElementType;
import dev.wsvd.pipeline.Reselection.Change;
import dev.wsvd.selection.BudgetSelector;
import dev.wsvd.selection.LayerGlob;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.DoubleStream;

/** One pass along the data path: layers, options, plan, compressed model, report. */
final class CompressionRun<M> implements AutoCloseable {
    private static final int NAMED = 3;

    private final Settings<M> settings;
    private final Selector selector;
    private final Run<M> run;
    private final RunProblem<M> problem;
    private final RunProblem.Terms terms;
    private final List<String> ignored;
    private final boolean timed;
    private final LatencyProof<M> proof;
    private final Finish<M> finish;
    private final Networks<M> networks;

    /**
     * @param schemes all there are, for what a plan says
     * @param terms what the selection may choose from
     * @param timed whether it goes by measured time
     * @param int8 where layers are to be in int8
     */
    CompressionRun(
            Settings<M> settings,
            CompressionParameters parameters,
            Schemes schemes,
            Costs costs,
            RunProblem.Terms terms,
            boolean timed,
            Optional<Int8<M>> int8) {
        this.settings = settings;
        this.selector = parameters.selector();
        this.run =
                new Run<>(settings, schemes, costs, int8.filter(Int8::isChosen).isPresent());
        this.terms = terms;
        this.ignored = parameters.modulesToIgnore();
        this.timed = timed;
        this.finish = new Finish<>(run, int8);
        this.proof = new LatencyProof<>(
                run, finish, settings.timing, () -> run.costs().of(run.layers()));
        run.calibrated().requireFit();
        if (timed && !run.layers().isEmpty()) {
            run.measureLatency(times(terms));
        }
        this.networks = new Networks<>(run, finish, settings.correct);
        PlanEvaluator<M> evaluator = settings.planEvaluator.orElseGet(() -> new LocalPlanEvaluator<>(
                settings.workers,
                settings.evaluator.filter(Evaluator::isConcurrent).isPresent()));
        this.problem = new RunProblem<>(
                run,
                terms,
                parameters.modulesToIgnore(),
                new ScoreBook<>(run, settings.scores),
                evaluator,
                networks,
                int8.filter(Int8::isChosen));
        run.progress().draftedBy(this::draft);
    }

    /** What the report would say now. */
    private CompressionStats draft() {
        return report(Plan.NONE, problem.scoredSoFar(), Map.of()).ofPlan(problem.cost(Plan.NONE), Optional.empty());
    }

    /** Those that are kept, if they are of this model and machine and tell all that is asked; else measured now, and added to them. */
    private LatencyTable times(RunProblem.Terms terms) {
        Set<LayerId> kept = LayerGlob.all(ignored, run.layers());
        List<Place> places = run.places().stream()
                .filter(place -> place.layer().supported() && !kept.contains(place.id()))
                .map(place -> RunProblem.withoutIgnored(place, kept))
                .toList();
        LatencyMeasurement<M> measurement = new LatencyMeasurement<>(
                run.model(),
                new TimedNetworks(places, terms.schemes(), run.costs(), terms.multiples(), run.model()::channelBlock),
                finish::untuned,
                settings.timing,
                run.calibrated().hasMoments(),
                run.progress());
        Optional<LatencyTable> known =
                settings.timings.flatMap(TimingStore::load).filter(measurement::isStillValid);
        if (known.filter(measurement::isCovered).isPresent()) {
            notice(places, known.get());
            return known.get();
        }
        LatencyTable now = measurement.measured();
        LatencyTable all = known.map(now::and).orElse(now);
        settings.timings.ifPresent(store -> store.save(all));
        notice(places, all);
        return all;
    }

    /** Tells of layers that have no time of their own, so that none can be saved there. */
    private void notice(List<Place> places, LatencyTable times) {
        List<LayerId> without = places.stream()
                .map(Place::id)
                .filter(layer -> !times.layers().containsKey(layer))
                .toList();
        if (!without.isEmpty()) {
            String names =
                    without.stream().limit(NAMED).map(LayerId::name).collect(Collectors.joining("', '", "'", "'"));
            run.progress()
                    .notice((without.size() == 1 ? "1 layer is" : without.size() + " layers are")
                            + " not timed (in the body of an If or Loop, or the engine does not tell), so no time is saved there: "
                            + names + (without.size() > NAMED ? " and others" : "") + ".");
        }
    }

    PlannedCompression plan() {
        Plan plan = select();
        ScoreRecord scored = problem.scored();
        RunReport report = report(plan, scored, spectra(plan));
        CompressionStats stats = report.ofPlan(problem.cost(plan), proof.reportOfPlan(plan));
        run.progress().done();
        return new PlannedCompression(plan, run.origin(), scored.table(), stats);
    }

    CompressionResult<M> compress() {
        run.outlook().expectCompressed();
        Plan plan = select();
        run.outlook().selected(plan);
        Plan inFloat = Int8.inFloat(plan);
        if (!inFloat.changes().isEmpty()) {
            run.calibrated().learn();
        }
        ScoreRecord scored = problem.scored();
        LayerReplacer<M> replacer = run.replacer();
        LayerReplacer.Outcome<M> outcome = settings.fineTuner
                .map(tuner -> replacer.replace(inFloat, tuner))
                .orElseGet(() -> replacer.replace(inFloat, networks.correction()))
                .then(made -> finish.tuned(made, plan));
        CompressibleModel<M> compressed = outcome.model();
        try {
            Optional<Evaluation> evaluation = run.scoring().compressed(compressed.model());
            Cost after = after(compressed, plan);
            Optional<TimeReport> times = timed ? Optional.of(proof.report(compressed, plan)) : Optional.empty();
            CompressionStats stats = report(plan, scored, spectra(plan))
                    .of(
                            after,
                            parameters(compressed),
                            outcome.errors(),
                            outputErrors(outcome),
                            evaluation,
                            times,
                            int8(compressed));
            run.progress().done();
            return new CompressionResult<>(compressed, plan, run.origin(), scored.table(), stats);
        } catch (RuntimeException | Error e) {
            compressed.close();
            throw e;
        }
    }

    private static List<LayerId> int8(CompressibleModel<?> model) {
        return model.layers().stream()
                .filter(layer -> layer.type() == ElementType.INT8)
                .map(Layer::id)
                .toList();
    }

    /**
     * The plans of least loss for some ratios, each scored if anything can be.
     *
     * @return the original first, then a point per ratio that can be reached
     */
    List<ParetoPoint> pareto(List<CompressionRatio> ratios) {
        problem.requireCost();
        List<ParetoPoint> points = new ArrayList<>();
        run.outlook().expectWeighing();
        Optional<Evaluation> baseline = Optional.empty();
        if (problem.canScore()) {
            problem.expect(1, ratios.size());
            baseline = Optional.of(problem.baseline());
            problem.expect(0, ratios.size());
        }
        points.add(point(new CompressionRatio(1, 1), Plan.NONE, baseline));
        List<BudgetSelector.CurvePoint> curve = new ArrayList<>();
        BudgetSelector.curve(problem, ratios, curve::add, unreachable -> problem.notice(unreachable.getMessage()));
        Map<Plan, Evaluation> scores = problem.canScore() ? problem.planScores(named(curve)) : Map.of();
        curve.forEach(at -> points.add(point(at.ratio(), at.plan(), Optional.ofNullable(scores.get(at.plan())))));
        run.progress().done();
        return points;
    }

    private static Map<Plan, String> named(List<BudgetSelector.CurvePoint> curve) {
        Map<Plan, String> names = new LinkedHashMap<>();
        curve.forEach(at -> names.putIfAbsent(
                at.plan(), String.format(Locale.ROOT, "ratio %.3f", at.ratio().toDouble())));
        return names;
    }

    private ParetoPoint point(CompressionRatio ratio, Plan plan, Optional<Evaluation> made) {
        return new ParetoPoint(ratio, plan, problem.cost(plan), made);
    }

    private Plan select() {
        if (selector.weighsForms()) {
            run.outlook().expectWeighing();
        }
        Plan plan = selected();
        if (timed) {
            OptionalDouble limit = longest();
            boolean again = limit.isPresent() && selector.selectsAgain();
            return again ? proof.proven(plan, limit.getAsDouble(), reselection()) : proof.told(plan, limit);
        }
        boolean free = selector.weighsForms()
                && selector.selectsAgain()
                && !plan.changes().isEmpty();
        return settings.neverSlower && free ? fasterIfKnown(plan) : plan;
    }

    private Plan selected() {
        return run.progress().time(Stage.SELECT, () -> selector.select(problem));
    }

    private Reselection reselection() {
        return new Reselection() {
            @Override
            public Plan select() {
                return selected();
            }

            @Override
            public void without(Collection<Change> changes) {
                problem.leaveOut(changes);
            }
        };
    }

    /** That a network cannot be timed, by inputs that are made up, must not cost the result. */
    private Plan fasterIfKnown(Plan plan) {
        try {
            return proof.isQuick() ? faster(plan) : plan;
        } catch (WsvdException e) {
            problem.notice("Whether the network is faster than the original is not known: " + e.getMessage());
            return plan;
        }
    }

    /** The plan, if it makes the network faster; else, if that can be had, one of changes that make their layers faster. */
    private Plan faster(Plan plan) {
        if (proof.isFaster(plan)) {
            return plan;
        }
        String slow = "The network is not faster than the original, measured with " + settings.timing;
        run.measureLatency(times(terms.fast()));
        problem.requireFaster();
        Set<Change> slower = proof.slower(plan);
        problem.leaveOut(slower);
        Plan other;
        try {
            other = selected();
        } catch (UnreachableTargetException e) {
            problem.notice(slow + ", and what makes its layers faster does not reach the target.");
            return plan;
        }
        if (other.changes().isEmpty() || !proof.isFaster(other)) {
            problem.notice(slow + ".");
            return plan;
        }
        proof.notice(slower);
        return other;
    }

    /** The most ns that were asked for, if the target or a limit says so. */
    private OptionalDouble longest() {
        DoubleStream ofTarget = selector
                .target()
                .filter(target -> problem.metric().equals(Metric.LATENCY))
                .stream()
                .mapToDouble(
                        target -> target.toDouble() * problem.cost(Plan.NONE).of(Metric.LATENCY));
        DoubleStream ofLimit = selector instanceof BudgetSelector budget
                ? Optional.ofNullable(budget.parameters().most().get(Metric.LATENCY)).stream()
                        .mapToDouble(ns -> ns)
                : DoubleStream.empty();
        return DoubleStream.concat(ofTarget, ofLimit).min();
    }

    /** Counted in the compressed model, but for time, which is predicted. */
    private Cost after(CompressibleModel<M> compressed, Plan plan) {
        Map<Metric, Long> counted =
                new LinkedHashMap<>(run.costs().of(compressed.layers()).amounts());
        counted.computeIfPresent(
                Metric.LATENCY, (metric, ns) -> problem.cost(plan).of(metric));
        return new Cost(counted);
    }

    private RunReport report(Plan plan, ScoreRecord scored, Map<LayerId, CumulativeEnergy> spectra) {
        CompressionStats.Goal goal = new CompressionStats.Goal(problem.metric(), selector.target(), selector.id());
        return new RunReport(run, goal, plan, scored, problem.considered(), spectra);
    }

    /** Figures for the report: that they cannot be had must not cost the result. */
    private Map<LayerId, CumulativeEnergy> spectra(Plan plan) {
        try {
            return settings.reportSpectra ? new LayerSpectra(run, terms.schemes()).of(problem, plan) : Map.of();
        } catch (WsvdException e) {
            problem.notice("The singular values of weights are not reported: " + e.getMessage());
            return Map.of();
        }
    }

    private Optional<CompressionStats.Parameters> parameters(CompressibleModel<M> compressed) {
        OptionalLong before = run.model().parameters();
        OptionalLong after = compressed.parameters();
        return before.isPresent() && after.isPresent()
                ? Optional.of(new CompressionStats.Parameters(before.getAsLong(), after.getAsLong()))
                : Optional.empty();
    }

    /** A figure for the report: that it cannot be had must not cost the result. */
    private Map<LayerId, Double> outputErrors(LayerReplacer.Outcome<M> outcome) {
        try {
            return settings.reportedOn
                    .map(inputs -> outputErrors(inputs, outcome))
                    .orElse(Map.of());
        } catch (WsvdException e) {
            problem.notice("The relative output errors of layers are not measured: " + e.getMessage());
            return Map.of();
        }
    }

    private Map<LayerId, Double> outputErrors(Activations<M> inputs, LayerReplacer.Outcome<M> outcome) {
        List<Layer> changed = OutputErrors.changed(run.layers(), outcome.model().layers());
        double runs = 2.0 * Math.min(OutputErrors.SAMPLES, inputs.samples()) * changed.size();
        Activations<M> counted = new CountedActivations<>(
                inputs, (layers, samples) -> run.progress().advance(layers * samples / runs));
        return run.progress()
                .step(
                        Stage.MEASURE,
                        "layers",
                        run.workload().outputErrors(changed),
                        () -> OutputErrors.of(counted, run.model(), outcome.model(), outcome.cuts()));
    }

    /** Lets go of what the run learnt; its results stay. */
    @Override
    public void close() {
        run.calibrated().close();
    }
}
