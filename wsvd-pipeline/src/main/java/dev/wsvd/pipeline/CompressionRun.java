package dev.wsvd.pipeline;

import dev.wsvd.calibration.OutputErrors;
import dev.wsvd.cost.CostModel;
import dev.wsvd.domain.CompressionRatio;
import dev.wsvd.domain.CompressionScheme;
import dev.wsvd.domain.CompressionStats;
import dev.wsvd.domain.Cost;
import dev.wsvd.domain.CostMetric;
import dev.wsvd.domain.Evaluation;
import dev.wsvd.domain.Layer;
import dev.wsvd.domain.LayerId;
import dev.wsvd.domain.ParetoPoint;
import dev.wsvd.domain.PlanOrigin;
import dev.wsvd.domain.error.WsvdException;
import dev.wsvd.domain.factor.FactorizedLayer;
import dev.wsvd.domain.factor.Factorizer;
import dev.wsvd.domain.spi.Activations;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.FineTuner;
import dev.wsvd.domain.spi.ProgressEvent.Stage;
import dev.wsvd.domain.spi.ScoreStore;
import dev.wsvd.pipeline.WeightSvdParameters.Mode;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.UnaryOperator;

/** One pass along the data path: layers, candidates, scores, plan, compressed model, account. */
final class CompressionRun<M> {
    private final RunContext<M> run;
    private final Optional<FineTuner<M>> fineTuner;
    private final Optional<ScoreStore> scores;
    private final Optional<Activations<M>> reportedOn;
    private final boolean correct;
    private final Backend backend;

    CompressionRun(
            CompressibleModel<M> model,
            CostMetric metric,
            WeightSvdParameters parameters,
            CompressionScheme scheme,
            Scoring<M> scoring,
            Optional<FineTuner<M>> fineTuner,
            Optional<ScoreStore> scores,
            LearntFrom<M> learntFrom,
            Optional<Activations<M>> reportedOn,
            boolean correct,
            Stopwatch stopwatch,
            Progress progress,
            Backend backend) {
        List<Layer> layers = stopwatch.time(Stage.OPEN, model::layers);
        Calibrated<M> calibrated = new Calibrated<>(learntFrom, model, layers, backend, stopwatch, progress);
        FactorCache factors =
                new FactorCache(model, () -> new Factorizer(backend.linearAlgebra()), calibrated::moments);
        this.run = new RunContext<>(
                model, layers, metric, parameters, scheme, scoring, factors, calibrated, stopwatch, progress);
        this.fineTuner = fineTuner;
        this.scores = scores;
        this.reportedOn = reportedOn;
        this.correct = correct;
        this.backend = backend;
    }

    List<ParetoPoint> pareto(List<CompressionRatio> ratios) {
        run.calibrated().requireFit();
        return budgeted().pareto(ratios);
    }

    PlannedCompression plan() {
        Selection selection = select();
        run.scoring().finish();
        Cost after = CostModel.of(run.layers(), selection.plan());
        return new PlannedCompression(
                selection.plan(),
                origin(),
                selection.scores(),
                stats(selection, after, Optional.empty(), Map.of(), Map.of(), Optional.empty()));
    }

    CompressionResult<M> compress() {
        run.scoring().expectCompressed();
        Selection selection = select();
        LayerSplitter<M> splitter = new LayerSplitter<>(run);
        LayerSplitter.Outcome<M> outcome = fineTuner
                .map(tuner -> splitter.split(selection.plan(), tuner))
                .orElseGet(() -> splitter.split(selection.plan(), correction()));
        try {
            Optional<Evaluation> evaluation =
                    run.scoring().compressed(outcome.model().model());
            Cost after = CostModel.of(outcome.model().layers());
            return new CompressionResult<>(
                    outcome.model(),
                    selection.plan(),
                    origin(),
                    selection.scores(),
                    stats(
                            selection,
                            after,
                            parameters(outcome.model()),
                            outcome.errors(),
                            outputErrors(outcome.model()),
                            evaluation));
        } catch (RuntimeException | Error e) {
            outcome.model().close();
            throw e;
        }
    }

    private Optional<CompressionStats.Parameters> parameters(CompressibleModel<M> compressed) {
        OptionalLong before = run.model().parameters();
        OptionalLong after = compressed.parameters();
        return before.isPresent() && after.isPresent()
                ? Optional.of(new CompressionStats.Parameters(before.getAsLong(), after.getAsLong()))
                : Optional.empty();
    }

    /** A figure for the account: that it cannot be had must not cost the result. */
    private Map<LayerId, Double> outputErrors(CompressibleModel<M> compressed) {
        try {
            return run.stopwatch()
                    .time(
                            Stage.EVALUATE,
                            () -> reportedOn
                                    .map(inputs -> OutputErrors.of(inputs, run.model(), compressed))
                                    .orElse(Map.of()));
        } catch (WsvdException e) {
            run.progress().notice("The errors of layers' outputs are not measured: " + e.getMessage());
            return Map.of();
        }
    }

    private UnaryOperator<List<FactorizedLayer>> correction() {
        return correct ? run.calibrated()::corrected : UnaryOperator.identity();
    }

    private Selection select() {
        run.calibrated().requireFit();
        if (run.parameters().mode() instanceof Mode.Given given) {
            given.origin()
                    .map(made -> PlanFit.notices(made, origin()))
                    .orElse(List.of())
                    .forEach(run.progress()::notice);
        }
        if (run.parameters().mode() instanceof Mode.Budget budget) {
            return budgeted().choose(budget.parameters());
        }
        return new RankChooser<>(run, scores).choose();
    }

    private PlanOrigin origin() {
        // Fine-tuning makes up for what splitting lost as correction does.
        return new PlanOrigin(Account.version(), run.calibrated().identity(), correct || fineTuner.isPresent());
    }

    private BudgetChooser<M> budgeted() {
        return new BudgetChooser<>(run, correction());
    }

    private CompressionStats stats(
            Selection selection,
            Cost after,
            Optional<CompressionStats.Parameters> parameters,
            Map<LayerId, Double> errors,
            Map<LayerId, Double> outputErrors,
            Optional<Evaluation> compressed) {
        return Account.of(
                run.metric(),
                run.parameters().mode(),
                run.layers(),
                selection.plan(),
                after,
                parameters,
                errors,
                outputErrors,
                run.scoring().account(selection, compressed),
                run.scoring().evaluations(),
                run.stopwatch(),
                run.model().identity(),
                backend.description());
    }
}
