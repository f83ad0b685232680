package dev.wsvd.pipeline;

import dev.wsvd.domain.CompressionRatio;
import dev.wsvd.domain.CompressionScheme;
import dev.wsvd.domain.CostMetric;
import dev.wsvd.domain.ParetoPoint;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.linalg.LinearAlgebra;
import dev.wsvd.domain.spi.Activations;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.Evaluator;
import dev.wsvd.domain.spi.FineTuner;
import dev.wsvd.domain.spi.MomentsStore;
import dev.wsvd.domain.spi.ProgressListener;
import dev.wsvd.domain.spi.ScoreStore;
import dev.wsvd.pipeline.WeightSvdParameters.Mode;
import dev.wsvd.pipeline.resolve.LinkFailures;
import dev.wsvd.selection.BudgetSelectionParameters;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * Makes a model smaller and faster: chooses a rank for every layer so that the whole meets a target with the least harm, and
 * splits the layers.
 *
 * <pre>{@code
 * CompressionResult<M> result = ModelCompressor.of(model)
 *         .parameters(WeightSvdParameters.greedy(0.5))
 *         .evaluator(evaluator, Evaluator.ALL)
 *         .compress();
 * }</pre>
 *
 * <p>Defaults are AIMET's: MAC as the metric, greedy selection among 10 candidate ratios, multiplicity 1, no
 * module ignored, no fine-tuning. One decomposition per layer serves all its ranks; each distinct (layer, unfolding, rank)
 * is evaluated once; scores are saved after each evaluation when there is a {@link #scores store}. With a fine-tuner, layers
 * whose weights the tuning changed are decomposed again before they are split.
 *
 * @param <M> what the format's users call a model
 */
public final class ModelCompressor<M> {
    private final CompressibleModel<M> model;
    private Optional<CompressionScheme> scheme = Optional.empty();
    private CostMetric metric = CostMetric.MAC;
    private Optional<WeightSvdParameters> parameters = Optional.empty();
    private Optional<Evaluator<M>> evaluator = Optional.empty();
    private int iterations = Evaluator.ALL;
    private Optional<FineTuner<M>> fineTuner = Optional.empty();
    private Optional<ScoreStore> scores = Optional.empty();
    private Optional<Activations<M>> calibration = Optional.empty();
    private Optional<MomentsStore> moments = Optional.empty();
    private Optional<Activations<M>> reportedOn = Optional.empty();
    private boolean correct;
    private ProgressListener listener = ProgressListener.SILENT;
    private Optional<String> backendId = Optional.empty();
    private Optional<LinearAlgebra> backend = Optional.empty();

    private ModelCompressor(CompressibleModel<M> model) {
        this.model = Objects.requireNonNull(model, "model");
    }

    /** A compressor of that model; the model itself is never changed. */
    public static <M> ModelCompressor<M> of(CompressibleModel<M> model) {
        return new ModelCompressor<>(model);
    }

    /**
     * The family of splits to choose from. By default any for budgeted selection or where the parameters name an unfolding,
     * Weight SVD elsewhere.
     */
    public ModelCompressor<M> scheme(CompressionScheme chosen) {
        this.scheme = Optional.of(chosen);
        return this;
    }

    /** What the target limits; MAC by default. */
    public ModelCompressor<M> metric(CostMetric chosen) {
        this.metric = Objects.requireNonNull(chosen, "metric");
        return this;
    }

    /** How ranks are chosen; must be given. */
    public ModelCompressor<M> parameters(WeightSvdParameters chosen) {
        this.parameters = Optional.of(chosen);
        return this;
    }

    /**
     * What scores models.
     *
     * @param howMuch data per score, in the evaluator's own unit; {@link Evaluator#ALL} for everything
     */
    public ModelCompressor<M> evaluator(Evaluator<M> chosen, int howMuch) {
        if (howMuch < 1) {
            throw new InvalidInputException("Evaluation iterations must be at least 1, found " + howMuch + ".");
        }
        this.evaluator = Optional.of(chosen);
        this.iterations = howMuch;
        return this;
    }

    /** What trains the model after each split layer and at the end; nothing by default. */
    public ModelCompressor<M> fineTuner(FineTuner<M> chosen) {
        this.fineTuner = Optional.of(chosen);
        return this;
    }

    /** Where scores are kept, so that a run can be resumed or repeated without data; nowhere by default. */
    public ModelCompressor<M> scores(ScoreStore store) {
        this.scores = Optional.of(store);
        return this;
    }

    /**
     * Unlabelled inputs to learn from: factors then keep each layer's outputs on what it really sees, and {@code budget}
     * selection weighs layers by what their errors do to the model's outputs. None by default: factors are then those of the
     * weights alone.
     */
    public ModelCompressor<M> calibration(Activations<M> inputs) {
        this.calibration = Optional.of(inputs);
        return this;
    }

    /**
     * Where the moments of what layers see of the calibration inputs are kept: saved when they are first learnt, loaded by later
     * runs. Also without calibration inputs; factors then come from these moments, but layers are neither weighed nor corrected.
     * Nowhere by default.
     */
    public ModelCompressor<M> moments(MomentsStore store) {
        this.moments = Optional.of(store);
        return this;
    }

    /**
     * Lets each split layer make up for some of what those before it miss: its second weights and bias are fitted anew, on the
     * calibration inputs, to what the layer gave in the original. Kept only where it helps on inputs held out from that. Not
     * with a fine-tuner, which does the same by training.
     */
    public ModelCompressor<M> correct() {
        this.correct = true;
        return this;
    }

    /**
     * Inputs on which the output errors of split layers in the compressed model are measured, for the account; none by default.
     * They should not be the calibration inputs.
     */
    public ModelCompressor<M> reportErrorsOn(Activations<M> inputs) {
        this.reportedOn = Optional.of(inputs);
        return this;
    }

    /** Who hears of progress; nobody by default. */
    public ModelCompressor<M> listener(ProgressListener chosen) {
        this.listener = Objects.requireNonNull(chosen, "listener");
        return this;
    }

    /** The backend of that id; by default the best on the classpath. */
    public ModelCompressor<M> backend(String id) {
        this.backendId = Optional.of(id);
        return this;
    }

    /** This backend, whatever is on the classpath. */
    public ModelCompressor<M> backend(LinearAlgebra linearAlgebra) {
        this.backend = Optional.of(linearAlgebra);
        return this;
    }

    /**
     * Chooses a rank for every layer without splitting any, decomposing only what selection has to evaluate. The account has
     * planned costs, no errors and no score of the compressed model.
     *
     * @throws InvalidInputException if parameters are missing or do not fit the model
     * @throws dev.wsvd.domain.error.UnreachableTargetException if even the smallest model is above the target
     */
    public PlannedCompression plan() {
        return LinkFailures.explained(() -> run().plan());
    }

    /**
     * Chooses a rank for every layer and splits them.
     *
     * @throws InvalidInputException if parameters are missing or do not fit the model
     * @throws dev.wsvd.domain.error.UnreachableTargetException if even the smallest model is above the target
     * @throws dev.wsvd.domain.error.ProviderException if there is no backend to decompose with
     */
    public CompressionResult<M> compress() {
        return LinkFailures.explained(() -> run().compress());
    }

    /**
     * What the model can be for some ratios of the metric: the cost and, with an evaluator, the score of the plan of least
     * predicted loss for each, all from one calibration and one decomposition per layer. No model is kept.
     *
     * @param ratios upper bounds, in the order of the result
     * @return the original, then a point for each ratio that can be reached
     * @throws InvalidInputException if parameters were given that do not choose ranks by a budget
     */
    public List<ParetoPoint> pareto(List<CompressionRatio> ratios) {
        if (ratios.isEmpty()) {
            throw new InvalidInputException("A curve needs at least one ratio.");
        }
        WeightSvdParameters chosen = parameters.orElseGet(() ->
                WeightSvdParameters.of(new Mode.Budget(BudgetSelectionParameters.of(ratios.get(ratios.size() - 1)))));
        if (!(chosen.mode() instanceof Mode.Budget budget)) {
            throw new InvalidInputException("The curve of cost against score is made by budgeted selection, not by "
                    + chosen.mode().id() + ".");
        }
        if (!budget.parameters().onlyTarget()) {
            throw new InvalidInputException("The curve has a point for each ratio; other limits do not go with it.");
        }
        if (fineTuner.isPresent() || scores.isPresent()) {
            throw new InvalidInputException(
                    "The curve is of models that are neither tuned nor chosen by kept scores; a "
                            + (fineTuner.isPresent() ? "fine-tuner" : "score store") + " does not go with it.");
        }
        return LinkFailures.explained(() -> run(chosen).pareto(ratios));
    }

    private CompressionRun<M> run() {
        return run(parameters.orElseThrow(() -> new InvalidInputException(
                "How ranks are chosen is not said. Maybe call parameters(WeightSvdParameters.greedy(0.5)).")));
    }

    private CompressionRun<M> run(WeightSvdParameters chosen) {
        if (correct && calibration.isEmpty()) {
            throw new InvalidInputException(
                    "Correction fits layers to calibration inputs, and there are none. Maybe give some.");
        }
        if (correct && fineTuner.isPresent()) {
            throw new InvalidInputException(
                    "Correction does not go with a fine-tuner. Maybe leave out one of the two.");
        }
        if (moments.isPresent()
                && calibration.isPresent()
                && calibration.get().identity().isEmpty()) {
            throw new InvalidInputException(
                    "Moments are kept with the digest of their inputs, and these calibration inputs have none. Maybe give"
                            + " inputs with an identity, or keep no moments.");
        }
        if ((calibration.isPresent() || moments.isPresent()) && scores.isPresent()) {
            throw new InvalidInputException(
                    "Kept scores do not say which calibration their factors were made with, so they"
                            + " go with none. Maybe leave out one of the two.");
        }
        CompressionScheme family = scheme.orElse(
                chosen.mode() instanceof Mode.Budget || chosen.unfolding().isPresent()
                        ? CompressionScheme.ANY
                        : CompressionScheme.WEIGHT_SVD);
        chosen.unfolding()
                .filter(unfolding -> !family.unfoldings().contains(unfolding))
                .ifPresent(unfolding -> {
                    throw new InvalidInputException("The " + unfolding + " unfolding does not belong to " + family
                            + "; allowed: " + family.unfoldings() + ".");
                });
        Stopwatch stopwatch = new Stopwatch();
        Progress progress = new Progress(listener);
        return new CompressionRun<>(
                model,
                metric,
                chosen,
                family,
                new Scoring<>(evaluator, iterations, stopwatch, progress),
                fineTuner,
                scores,
                new LearntFrom<>(calibration, moments),
                reportedOn,
                correct,
                stopwatch,
                progress,
                new Backend(backend, backendId));
    }
}
