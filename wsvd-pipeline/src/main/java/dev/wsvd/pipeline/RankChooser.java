package dev.wsvd.pipeline;

import dev.wsvd.cost.CostModel;
import dev.wsvd.domain.CompressionRatio;
import dev.wsvd.domain.CostMetric;
import dev.wsvd.domain.Evaluation;
import dev.wsvd.domain.EvaluatorIdentity;
import dev.wsvd.domain.Layer;
import dev.wsvd.domain.LayerId;
import dev.wsvd.domain.NearNames;
import dev.wsvd.domain.RankDecision;
import dev.wsvd.domain.RankPlan;
import dev.wsvd.domain.ScoreRecord;
import dev.wsvd.domain.ScoreTable;
import dev.wsvd.domain.Unfolding;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.error.UnreachableTargetException;
import dev.wsvd.domain.factor.FactorizedLayer;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.ProgressEvent.Stage;
import dev.wsvd.domain.spi.ScoreStore;
import dev.wsvd.pipeline.WeightSvdParameters.Mode;
import dev.wsvd.selection.CandidateOption;
import dev.wsvd.selection.CandidateRanks;
import dev.wsvd.selection.GreedySelectionParameters;
import dev.wsvd.selection.GreedySelector;
import dev.wsvd.selection.ManualChoice;
import dev.wsvd.selection.ManualSelection;
import dev.wsvd.selection.NoiseFloor;
import dev.wsvd.selection.TarSelectionParameters;
import dev.wsvd.selection.TarSelector;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.IntToDoubleFunction;

/** From layers to a plan, by the mode the user chose. */
final class RankChooser<M> {
    private final RunContext<M> run;
    private final CompressibleModel<M> model;
    private final List<Layer> layers;
    private final CostMetric metric;
    private final WeightSvdParameters parameters;
    private final Unfolding unfolding;
    private final Optional<ScoreStore> scores;
    private final Scoring<M> scoring;
    private final FactorCache factors;
    private final Stopwatch stopwatch;
    private final Progress progress;
    private final Set<LayerId> ignored;

    RankChooser(RunContext<M> run, Optional<ScoreStore> scores) {
        this.run = run;
        this.model = run.model();
        this.layers = run.layers();
        this.metric = run.metric();
        this.parameters = run.parameters();
        this.unfolding = run.unfolding();
        this.scores = scores;
        this.scoring = run.scoring();
        this.factors = run.factors();
        this.stopwatch = run.stopwatch();
        this.progress = run.progress();
        this.ignored = run.ignored();
    }

    Selection choose() {
        Mode mode = parameters.mode();
        if (mode.target().isPresent()) {
            run.requireCost();
        }
        if (mode instanceof Mode.Greedy greedy) {
            return greedy(greedy.parameters());
        }
        if (mode instanceof Mode.Tar tar) {
            return tar(tar.parameters());
        }
        RankPlan plan =
                mode instanceof Mode.Manual manual ? manual(manual.choices()) : given(((Mode.Given) mode).plan());
        mode.target().ifPresent(target -> requireMet(target, plan));
        return new Selection(plan, scoring.possible() ? baselineOnly() : ScoreTable.empty(), scoring.identity());
    }

    /** Ranks given by hand may miss the target; selected ones never do. */
    private void requireMet(CompressionRatio target, RankPlan plan) {
        long before = CostModel.of(layers).of(metric);
        long after = CostModel.of(layers, plan).of(metric);
        if (!target.admits(after, before)) {
            throw UnreachableTargetException.ofGivenRanks(metric.id(), target.toDouble(), (double) after / before);
        }
    }

    private Selection greedy(GreedySelectionParameters greedy) {
        CandidateRanks candidates =
                new CandidateRanks(greedy.candidates(), metric, unfolding, parameters.multiplicity());
        Map<LayerId, List<CandidateOption>> options = new LinkedHashMap<>();
        layers.stream()
                .filter(layer -> !ignored.contains(layer.id()))
                .forEach(layer -> options.put(layer.id(), candidates.of(layer)));
        ScoreRecord scored = new CandidateScorer<>(run, scores).score(layers, options);
        long samples = scored.evaluator().map(EvaluatorIdentity::samples).orElse(0L);
        ScoreTable told = NoiseFloor.applied(scored.table(), samples);
        RankPlan plan =
                stopwatch.time(Stage.SELECT, () -> GreedySelector.select(layers, options, metric, greedy, told));
        return new Selection(plan, scored.table(), scored.evaluator());
    }

    private Selection tar(TarSelectionParameters tar) {
        if (!scoring.possible()) {
            throw new InvalidInputException(
                    "TAR selection scores whole networks, and there is no evaluator. Maybe give data to evaluate on.");
        }
        TarSelector selector = new TarSelector(layers, metric, unfolding, parameters.multiplicity(), residuals());
        scoring.expect(1 + selector.plansToEvaluate(tar).size());
        ScoreTable baseline = ScoreTable.empty().withBaseline(run.baseline().score());
        Map<LayerId, Layer> byId = Layers.byId(layers);
        int[] done = {0};
        RankPlan plan = selector.select(tar, baseline.baseline(), trial -> {
                    List<FactorizedLayer> splits = trial.splits().entrySet().stream()
                            .map(entry -> factors.at(byId.get(entry.getKey()), entry.getValue()))
                            .toList();
                    String name = "plan " + ++done[0];
                    Evaluation made = scoring.evaluate(model, splits, "TAR " + name);
                    scoring.tell(name, made);
                    return made.score();
                })
                .plan();
        return new Selection(plan, baseline, scoring.identity());
    }

    /** Each layer's residual per rank, from one decomposition that also serves every split to come. */
    private Map<LayerId, IntToDoubleFunction> residuals() {
        Map<LayerId, IntToDoubleFunction> residuals = new LinkedHashMap<>();
        Map<Layer, Integer> ranks = new LinkedHashMap<>();
        for (Layer layer : layers) {
            int largest = CostModel.maxSavingRank(layer, unfolding, metric);
            if (layer.splittable() && largest > 0 && !ignored.contains(layer.id())) {
                ranks.put(layer, largest);
            }
        }
        progress.started(Stage.DECOMPOSE, ranks.size());
        ranks.forEach((layer, rank) -> {
            residuals.put(
                    layer.id(), stopwatch.time(Stage.DECOMPOSE, () -> factors.factors(layer, unfolding, rank))::error);
            progress.advanced(
                    Stage.DECOMPOSE, residuals.size(), ranks.size(), layer.id().name(), OptionalDouble.empty());
        });
        progress.finished(Stage.DECOMPOSE);
        // A layer that no rank makes cheaper is not ignored: it stays dense for that reason.
        layers.stream()
                .filter(layer -> !ignored.contains(layer.id()))
                .forEach(layer -> residuals.putIfAbsent(layer.id(), rank -> 0));
        return residuals;
    }

    private RankPlan manual(Map<String, ManualChoice> choices) {
        Map<LayerId, ManualChoice> byLayer = new LinkedHashMap<>();
        // Globs first, so that a layer that is named is done as its name says, in whatever order they were given.
        List<String> globsFirst = choices.keySet().stream()
                .sorted(Comparator.comparing(name -> !new LayerGlob(name).isPattern()))
                .toList();
        globsFirst.forEach(name -> {
            ManualChoice choice = choices.get(name);
            LayerGlob glob = new LayerGlob(name);
            List<Layer> possible = glob.in(layers).stream()
                    .filter(layer -> !ignored.contains(layer.id()))
                    .filter(layer -> !glob.isPattern() || possible(layer, choice))
                    .toList();
            if (possible.isEmpty()) {
                throw new InvalidInputException("No layer that '" + name
                        + "' names can be split as asked: all are ignored, have an obstacle or would not get smaller.");
            }
            possible.forEach(layer -> byLayer.put(layer.id(), choice));
        });
        return new ManualSelection(metric, unfolding, parameters.multiplicity()).plan(layers, byLayer);
    }

    private boolean possible(Layer layer, ManualChoice choice) {
        int largest = CostModel.maxSavingRank(layer, unfolding, metric);
        if (!layer.splittable() || largest < parameters.multiplicity().value()) {
            return false;
        }
        if (choice instanceof ManualChoice.ToRatio toRatio) {
            OptionalInt rank = CostModel.rankFor(layer, unfolding, toRatio.ratio(), metric);
            return rank.isPresent();
        }
        return ((ManualChoice.ToRank) choice).rank() <= largest;
    }

    private RankPlan given(RankPlan plan) {
        Map<LayerId, Layer> byId = Layers.byId(layers);
        plan.decisions().forEach((id, decision) -> {
            Layer layer = byId.get(id);
            if (layer == null) {
                throw new InvalidInputException("The plan names a layer that the model does not have: '" + id + "'."
                        + NearNames.hint(
                                id.name(),
                                byId.keySet().stream().map(LayerId::name).toList()));
            }
            if (decision instanceof RankDecision.Split split) {
                requirePossible(layer, split);
            }
        });
        Map<LayerId, RankDecision> decisions = new LinkedHashMap<>();
        layers.forEach(layer -> decisions.put(
                layer.id(),
                ignored.contains(layer.id()) ? new RankDecision.KeepDense("ignored") : plan.decision(layer.id())));
        return new RankPlan(decisions);
    }

    private static void requirePossible(Layer layer, RankDecision.Split split) {
        if (!layer.splittable()) {
            throw new InvalidInputException("The plan splits layer '" + layer.id() + "', which cannot be split: "
                    + layer.obstacle().orElseThrow() + ".");
        }
        split.unfolding().requireRank(layer, split.rank());
    }

    private ScoreTable baselineOnly() {
        scoring.expect(1);
        return ScoreTable.empty().withBaseline(run.baseline().score());
    }
}
