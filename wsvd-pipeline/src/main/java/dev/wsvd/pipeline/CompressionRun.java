package dev.wsvd.pipeline;

import dev.wsvd.cost.CostModel;
import dev.wsvd.domain.CompressionScheme;
import dev.wsvd.domain.CompressionStats;
import dev.wsvd.domain.Cost;
import dev.wsvd.domain.CostMetric;
import dev.wsvd.domain.Layer;
import dev.wsvd.domain.LayerId;
import dev.wsvd.domain.Unfolding;
import dev.wsvd.domain.error.WsvdException;
import dev.wsvd.domain.factor.FactorizedLayer;
import dev.wsvd.domain.factor.Factorizer;
import dev.wsvd.domain.spi.Calibration;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.Evaluator;
import dev.wsvd.domain.spi.FineTuner;
import dev.wsvd.domain.spi.OutputErrors;
import dev.wsvd.domain.spi.ProgressEvent.Stage;
import dev.wsvd.domain.spi.ScoreStore;
import dev.wsvd.pipeline.WeightSvdParameters.Mode;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.UnaryOperator;

/** One pass along the data path: layers, candidates, scores, plan, compressed model, account. */
final class CompressionRun<M> {
    private final CompressibleModel<M> model;
    private final CostMetric metric;
    private final WeightSvdParameters parameters;
    private final Optional<FineTuner<M>> fineTuner;
    private final Optional<ScoreStore> scores;
    private final Progress progress;
    private final Backend backend;

    private final Stopwatch stopwatch = new Stopwatch();
    private final List<Layer> layers;
    private final FactorCache factors;
    private final Scoring<M> scoring;
    private final CompressionScheme scheme;
    private final boolean correct;
    private final Calibrated<M> calibrated;
    private final Optional<OutputErrors<M>> outputErrors;

    CompressionRun(
            CompressibleModel<M> model,
            CostMetric metric,
            WeightSvdParameters parameters,
            Optional<Evaluator<M>> evaluator,
            int iterations,
            Optional<FineTuner<M>> fineTuner,
            Optional<ScoreStore> scores,
            Optional<Calibration<M>> calibration,
            Optional<OutputErrors<M>> outputErrors,
            boolean correct,
            CompressionScheme scheme,
            Progress progress,
            Backend backend) {
        this.model = model;
        this.metric = metric;
        this.parameters = parameters;
        this.fineTuner = fineTuner;
        this.scores = scores;
        this.progress = progress;
        this.backend = backend;
        this.layers = stopwatch.time(Stage.OPEN, model::layers);
        this.outputErrors = outputErrors;
        this.scheme = scheme;
        this.correct = correct;
        this.calibrated = new Calibrated<>(calibration, model, layers, backend, stopwatch, progress);
        this.factors = new FactorCache(model, () -> new Factorizer(backend.linearAlgebra()), calibrated::moments);
        this.scoring = new Scoring<>(evaluator, iterations, stopwatch);
    }

    PlannedCompression plan() {
        Selection selection = select();
        Cost after = CostModel.of(layers, selection.plan());
        return new PlannedCompression(
                selection.plan(),
                selection.scores(),
                stats(selection, after, Map.of(), Map.of(), OptionalDouble.empty()));
    }

    CompressionResult<M> compress() {
        Selection selection = select();
        LayerSplitter<M> splitter = new LayerSplitter<>(model, Layers.byId(layers), factors, stopwatch, progress);
        LayerSplitter.Outcome<M> outcome = fineTuner
                .map(tuner -> splitter.split(selection.plan(), tuner))
                .orElseGet(() -> splitter.split(selection.plan(), correction()));
        try {
            OptionalDouble score = scoring.possible()
                    ? OptionalDouble.of(scoring.score(outcome.model().model(), "the compressed model"))
                    : OptionalDouble.empty();
            Cost after = CostModel.of(outcome.model().layers());
            return new CompressionResult<>(
                    outcome.model(),
                    selection.plan(),
                    selection.scores(),
                    stats(selection, after, outcome.errors(), outputErrors(outcome.model()), score));
        } catch (RuntimeException | Error e) {
            outcome.model().close();
            throw e;
        }
    }

    /** A figure for the account: that it cannot be had must not cost the result. */
    private Map<LayerId, Double> outputErrors(CompressibleModel<M> compressed) {
        try {
            return stopwatch.time(
                    Stage.EVALUATE,
                    () -> outputErrors
                            .map(errors -> errors.measure(model, compressed))
                            .orElse(Map.of()));
        } catch (WsvdException e) {
            progress.notice("The errors of layers' outputs are not measured: " + e.getMessage());
            return Map.of();
        }
    }

    private UnaryOperator<List<FactorizedLayer>> correction() {
        return correct ? calibrated::corrected : UnaryOperator.identity();
    }

    private Selection select() {
        if (parameters.mode() instanceof Mode.Budget budget) {
            return new BudgetChooser<>(
                            model,
                            layers,
                            metric,
                            parameters,
                            scheme,
                            scoring,
                            factors,
                            calibrated,
                            correction(),
                            stopwatch,
                            progress)
                    .choose(budget.parameters());
        }
        return new RankChooser<>(
                        model, layers, metric, parameters, unfolding(), scores, scoring, factors, stopwatch, progress)
                .choose();
    }

    private Unfolding unfolding() {
        return parameters.unfolding().orElse(scheme.unfoldings().get(0));
    }

    private CompressionStats stats(
            Selection selection,
            Cost after,
            Map<LayerId, Double> errors,
            Map<LayerId, Double> outputErrors,
            OptionalDouble compressed) {
        return Account.of(
                metric,
                parameters.mode(),
                layers,
                selection.plan(),
                after,
                errors,
                outputErrors,
                scoring.account(selection, compressed),
                scoring.evaluations(),
                stopwatch,
                model.identity(),
                backend.description());
    }
}
