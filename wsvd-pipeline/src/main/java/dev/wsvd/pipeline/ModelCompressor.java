package dev.wsvd.pipeline;

import dev.wsvd.domain.cost.CompressionRatio;
import dev.wsvd.domain.cost.Metric;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.linalg.LinearAlgebra;
import dev.wsvd.domain.spi.Activations;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.CompressionScheme;
import dev.wsvd.domain.spi.CostModel;
import dev.wsvd.domain.spi.Evaluator;
import dev.wsvd.domain.spi.FineTuner;
import dev.wsvd.domain.spi.LayerFactorizer;
import dev.wsvd.domain.spi.MomentsStore;
import dev.wsvd.domain.spi.PlanEvaluator;
import dev.wsvd.domain.spi.ProgressListener;
import dev.wsvd.domain.spi.Schemes;
import dev.wsvd.domain.spi.ScoreStore;
import dev.wsvd.domain.spi.TimingConditions;
import dev.wsvd.domain.spi.TimingStore;
import dev.wsvd.domain.stats.ParetoPoint;
import dev.wsvd.pipeline.resolve.LinkFailures;
import dev.wsvd.selection.BudgetSelectionParameters;
import dev.wsvd.selection.BudgetSelector;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * Makes a model smaller and faster: chooses a rank for every layer so that the whole meets a target with the least harm, and
 * replaces the layers.
 *
 * <pre>{@code
 * CompressionResult<M> result = ModelCompressor.of(model)
 *         .parameters(CompressionParameters.greedy(0.5))
 *         .evaluator(evaluator, Evaluator.ALL)
 *         .compress();
 * }</pre>
 *
 * <p>Defaults are AIMET's: MAC as the metric, greedy selection among 10 candidate ratios, multiplicity 1, no
 * module ignored, no fine-tuning. One decomposition per layer and form serves all its ranks; each distinct (layer, choice)
 * is evaluated once; scores are saved after each evaluation when there is a {@link #scores store}. With a fine-tuner, layers
 * whose weights the tuning changed are decomposed again before they are replaced.
 *
 * @param <M> what the format's users call a model
 */
public final class ModelCompressor<M> {
    private final Settings<M> settings;
    private final SelectionSettings selection = new SelectionSettings();
    private Optional<CompressionParameters> parameters = Optional.empty();

    private ModelCompressor(CompressibleModel<M> model) {
        this.settings = new Settings<>(model);
    }

    /** A compressor of that model; the model itself is never changed. */
    public static <M> ModelCompressor<M> of(CompressibleModel<M> model) {
        return new ModelCompressor<>(model);
    }

    /**
     * The scheme to choose from, by its id, or {@value Schemes#ANY}. By default any for selections that weigh forms against each
     * other (budget, energy) or where the parameters name a form, Weight SVD elsewhere.
     */
    public ModelCompressor<M> scheme(String id) {
        selection.scheme = Optional.of(id);
        return this;
    }

    /** A scheme besides those on the classpath. */
    public ModelCompressor<M> scheme(CompressionScheme other) {
        selection.schemes.add(other);
        return this;
    }

    /** A cost model besides those on the classpath. */
    public ModelCompressor<M> costModel(CostModel other) {
        selection.costs.add(other);
        return this;
    }

    /** What the target limits, counted by one of the cost models; MAC by default. */
    public ModelCompressor<M> metric(Metric chosen) {
        selection.metric = Objects.requireNonNull(chosen, "metric");
        return this;
    }

    /** How ranks are chosen; must be given. */
    public ModelCompressor<M> parameters(CompressionParameters chosen) {
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
        settings.evaluator = Optional.of(chosen);
        settings.iterations = howMuch;
        return this;
    }

    /**
     * How many networks are evaluated at once in this process, each with its part of the cores; as many as cores and memory allow by
     * default, and one where the evaluator does not {@link Evaluator#isConcurrent say} that it can evaluate several. The result is the
     * same for any number.
     *
     * @param most at least 1
     */
    public ModelCompressor<M> workers(int most) {
        if (most < 1) {
            throw new InvalidInputException("The number of workers must be at least 1, found " + most + ".");
        }
        settings.workers = OptionalInt.of(most);
        return this;
    }

    /** What evaluates the networks of plans, elsewhere maybe; by default workers of this process. */
    public ModelCompressor<M> planEvaluator(PlanEvaluator<M> chosen) {
        settings.planEvaluator = Optional.of(chosen);
        return this;
    }

    /** What decomposes layers, elsewhere maybe; by default this process, one layer after the other. */
    public ModelCompressor<M> layerFactorizer(LayerFactorizer<M> chosen) {
        settings.layerFactorizer = Optional.of(chosen);
        return this;
    }

    /** What trains the model after each replaced layer and at the end; nothing by default. */
    public ModelCompressor<M> fineTuner(FineTuner<M> chosen) {
        settings.fineTuner = Optional.of(chosen);
        return this;
    }

    /** Where scores are kept, so that a run can be resumed or repeated without data; nowhere by default. */
    public ModelCompressor<M> scores(ScoreStore store) {
        settings.scores = Optional.of(store);
        return this;
    }

    /**
     * Unlabelled inputs to learn from: factors then keep each layer's outputs on what it really sees, and {@code budget}
     * selection weighs layers by what their errors do to the model's outputs. None by default: factors are then those of the
     * weights alone.
     */
    public ModelCompressor<M> calibration(Activations<M> inputs) {
        settings.calibration = Optional.of(inputs);
        return this;
    }

    /**
     * Where the moments of what layers see of the calibration inputs are kept: saved when they are first learnt, loaded by later
     * runs. Also without calibration inputs; factors then come from these moments, but layers are neither weighed nor corrected.
     * Nowhere by default.
     */
    public ModelCompressor<M> moments(MomentsStore store) {
        settings.moments = Optional.of(store);
        return this;
    }

    /**
     * Compensates for upstream error (sequential reconstruction): the last stage of each replaced layer and its bias are fitted
     * anew, on the calibration inputs, to what the layer gave in the original. Kept only where it helps on inputs held out from
     * that. Not with a fine-tuner, which does the same by training.
     */
    public ModelCompressor<M> correct() {
        settings.correct = true;
        return this;
    }

    /**
     * Inputs on which the output errors of replaced layers in the compressed model are measured, for the report; none by default.
     * They should not be the calibration inputs.
     */
    public ModelCompressor<M> reportErrorsOn(Activations<M> inputs) {
        settings.reportedOn = Optional.of(inputs);
        return this;
    }

    /**
     * Reports how much of each weight its first singular values hold. Weights are decomposed once more for that where inputs are known or the decompositions were let go; large layers are left out. Off
     * by default.
     */
    public ModelCompressor<M> reportSpectra() {
        settings.reportSpectra = true;
        return this;
    }

    /**
     * How models are timed where {@link Metric#LATENCY} is the metric or is limited: with {@link TimingConditions#DEFAULT one thread,
     * one sample} by default.
     */
    public ModelCompressor<M> timing(TimingConditions conditions) {
        settings.timing = Objects.requireNonNull(conditions, "conditions");
        return this;
    }

    /**
     * Times what budgeted selection chooses beside the original, as {@link #timing} says, where the model's format has an engine to do
     * that with. If it is not faster, layers are timed, and chosen again among what is faster than what it replaces. If that does not
     * help either, a notice says so. Off by default; nothing to other selections, which do as they were told, nor with a largest drop.
     */
    public ModelCompressor<M> neverSlower() {
        settings.neverSlower = true;
        return this;
    }

    /** Where times of layers are kept, so that later runs on the same machine need not measure them; nowhere by default. */
    public ModelCompressor<M> timings(TimingStore store) {
        settings.timings = Optional.of(store);
        return this;
    }

    /**
     * Makes the layers of the compressed model compute in int8, as {@link dev.wsvd.quantization.ModelQuantizer} does; layers that are
     * ignored stay in float. Where {@link Metric#BYTES} or {@link Metric#LATENCY} is the metric of budgeted selection, or is limited by
     * it, bits are one more choice: all that replaces a layer is in int8, a layer as it is may be in float or in int8, and costs and
     * losses are counted so. In other selections all layers are in int8 at last, and costs are counted in float. Whole plans that are
     * scored, and the result, are in int8.
     */
    public ModelCompressor<M> int8() {
        settings.int8 = true;
        return this;
    }

    /** Who hears of progress; nobody by default. */
    public ModelCompressor<M> listener(ProgressListener chosen) {
        settings.listener = Objects.requireNonNull(chosen, "listener");
        return this;
    }

    /** The backend of that id; by default the best on the classpath. */
    public ModelCompressor<M> backend(String id) {
        settings.backendId = Optional.of(id);
        return this;
    }

    /** This backend, whatever is on the classpath. */
    public ModelCompressor<M> backend(LinearAlgebra linearAlgebra) {
        settings.backend = Optional.of(linearAlgebra);
        return this;
    }

    /**
     * Chooses a rank for every layer without replacing any, decomposing only what selection has to evaluate. The report has
     * planned costs, no errors and no score of the compressed model.
     *
     * @throws InvalidInputException if parameters are missing or do not fit the model
     * @throws dev.wsvd.domain.error.UnreachableTargetException if even the smallest model is above the target
     */
    public PlannedCompression plan() {
        return result(this::run, CompressionRun::plan);
    }

    /**
     * Chooses a rank for every layer and replaces them.
     *
     * @throws InvalidInputException if parameters are missing or do not fit the model
     * @throws dev.wsvd.domain.error.UnreachableTargetException if even the smallest model is above the target
     * @throws dev.wsvd.domain.error.ProviderException if there is no backend to decompose with
     */
    public CompressionResult<M> compress() {
        return result(this::run, CompressionRun::compress);
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
        CompressionParameters chosen = parameters.orElseGet(() -> CompressionParameters.of(
                new BudgetSelector(BudgetSelectionParameters.of(ratios.get(ratios.size() - 1)))));
        if (!(chosen.selector() instanceof BudgetSelector budget)) {
            throw new InvalidInputException("The curve of cost against score is made by budgeted selection, not by "
                    + chosen.selector().id() + ".");
        }
        if (!budget.parameters().onlyTarget()) {
            throw new InvalidInputException("The curve has a point for each ratio; other limits do not go with it.");
        }
        if (settings.fineTuner.isPresent()) {
            throw new InvalidInputException(
                    "The curve is of models that are not tuned; a fine-tuner does not go with it.");
        }
        return result(() -> run(chosen), run -> run.pareto(ratios));
    }

    /**
     * Makes networks of plans with these settings and evaluates them, as a run with the same model, parameters and moments does: what a
     * {@link PlanEvaluator} needs at the other end. Nothing is chosen, timed or kept.
     *
     * @param threads that each network is evaluated with, at least 1
     * @throws InvalidInputException if parameters are missing or do not fit the model
     */
    public PlanWorker<M> planWorker(int threads) {
        Selection<M> chosen = selection.of(settings, parameters());
        return new PlanWorker<>(settings, chosen.schemes(), chosen.costs(), chosen.int8(), threads);
    }

    /**
     * Decomposes layers with these settings, as a run with the same model, parameters and moments does: what a {@link LayerFactorizer}
     * needs at the other end.
     *
     * @throws InvalidInputException if parameters are missing or do not fit the model
     */
    public LayerWorker<M> layerWorker() {
        Selection<M> chosen = selection.of(settings, parameters());
        return new LayerWorker<>(settings, chosen.schemes(), chosen.costs());
    }

    /**
     * Learns what layers see from some of the calibration inputs at a time, with this model and backend: parts of moments, which are added
     * elsewhere maybe. The result is what {@link #moments} takes. Other settings do not matter.
     *
     * @param threads that the model runs with, at least 1
     */
    public MomentsWorker<M> momentsWorker(int threads) {
        return new MomentsWorker<>(settings, threads);
    }

    private <T> T result(Supplier<CompressionRun<M>> runs, Function<CompressionRun<M>, T> what) {
        return LinkFailures.explained(() -> {
            try (CompressionRun<M> run = runs.get()) {
                return what.apply(run);
            }
        });
    }

    private CompressionRun<M> run() {
        return run(parameters());
    }

    private CompressionParameters parameters() {
        return parameters.orElseThrow(() -> new InvalidInputException(
                "How ranks are chosen is not said. Maybe call parameters(CompressionParameters.greedy(0.5))."));
    }

    private CompressionRun<M> run(CompressionParameters chosen) {
        Selection<M> from = selection.of(settings, chosen);
        return new CompressionRun<>(
                settings, chosen, from.schemes(), from.costs(), from.terms(), selection.isTimed(chosen), from.int8());
    }
}
