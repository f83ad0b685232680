package dev.wsvd.cli;

import dev.wsvd.cli.Selection.Kind;
import dev.wsvd.domain.ModelIdentity;
import dev.wsvd.domain.cost.CompressionRatio;
import dev.wsvd.domain.cost.Metric;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.spi.ProgressEvent;
import dev.wsvd.domain.spi.ProgressListener;
import dev.wsvd.domain.spi.Schemes;
import dev.wsvd.domain.spi.Selector;
import dev.wsvd.json.JsonPlans;
import dev.wsvd.json.PlanFile;
import dev.wsvd.pipeline.CompressionParameters;
import dev.wsvd.pipeline.resolve.Services;
import dev.wsvd.selection.BudgetSelectionParameters;
import dev.wsvd.selection.BudgetSelector;
import dev.wsvd.selection.EnergySelector;
import dev.wsvd.selection.EvbmfSelector;
import dev.wsvd.selection.GreedySelectionParameters;
import dev.wsvd.selection.GreedySelector;
import dev.wsvd.selection.ManualSelector;
import dev.wsvd.selection.Multiplicity;
import dev.wsvd.selection.PlanSelector;
import dev.wsvd.selection.TarSelectionParameters;
import dev.wsvd.selection.TarSelector;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Options that say how ranks are chosen. */
final class SelectionArguments {
    @Option(
            names = "--target",
            paramLabel = "RATIO",
            description = "Upper bound for cost after / cost before, above 0 and at most 1.")
    private BigDecimal target;

    @Option(
            names = "--metric",
            paramLabel = "mac|memory|bytes|latency|…",
            description = "What the target limits (default: mac); '${ROOT-COMMAND-NAME} providers' lists all.")
    private String metric;

    @Option(
            names = "--select",
            paramLabel = "greedy|tar|budget|manual|evbmf|energy=SHARE",
            description =
                    "Mode: how ranks are chosen (default: budget with --calibration or a --max option, manual with"
                            + " --layer, else greedy). energy=0.95: for each layer the cheapest split that keeps 0.95 of the"
                            + " energy of its outputs, or of its weight without --calibration. evbmf: the rank at which each weight"
                            + " rises above its noise.")
    private String select;

    @Option(
            names = "--weakening",
            paramLabel = "W",
            description =
                    "EVBMF: the share of the way from full rank to that of EVBMF, above 0 and at most 1 (default: "
                            + EvbmfSelector.WEAKENING + ").")
    private Double weakening;

    @Mixin
    private final BudgetArguments budget = new BudgetArguments();

    @Option(
            names = "--candidates",
            paramLabel = "N",
            description =
                    "Greedy: candidate ratios are 1/N … (N-1)/N (default: 10). TAR: number of indices (default: 20).")
    private Integer candidates;

    @Option(names = "--monotonic-fit", description = "Greedy: smooth each layer's scores by isotonic regression first.")
    private boolean monotonicFit;

    @Option(
            names = "--all-scores",
            description =
                    "Greedy: score every candidate, not only those that the plan depends on, so that --scores serves any other target.")
    private boolean allScores;

    @Option(
            names = "--scheme",
            paramLabel = "weight-svd|spatial-svd|…|any",
            description =
                    "How layers may be compressed, several with commas between (default: any with --select budget or energy, or --unfolding, else"
                            + " weight-svd, as in AIMET); '${ROOT-COMMAND-NAME} providers' lists all.")
    private String scheme;

    @Option(
            names = "--unfolding",
            paramLabel = "input-channel|output-channel|spatial|…",
            description =
                    "How weights are unfolded into matrices (default: the scheme's first that suits the layer); '${ROOT-COMMAND-NAME} providers'"
                            + " lists all.")
    private String unfolding;

    @Option(
            names = "--multiplicity",
            paramLabel = "Q|auto",
            description =
                    "Ranks are multiples of Q, or of what the engine computes at once (default: auto if time is limited, else 1).")
    private String multiplicity;

    @Option(names = "--ignore", paramLabel = "GLOB", description = "Layers that stay dense; may be repeated.")
    private List<String> ignore = new ArrayList<>();

    @Mixin
    private final LayerArguments layers = new LayerArguments();

    @Option(names = "--plan", paramLabel = "FILE", description = "Apply a plan.json made by an earlier run.")
    private Path plan;

    Metric metric() {
        return metric == null ? Metric.MAC : Services.metric(metric);
    }

    /** Whether anything is limited in time. */
    boolean timed() {
        return budget.limitsLatency() || metric().equals(Metric.LATENCY);
    }

    /** Whether ranks are chosen by budgeted selection, with nothing to score. */
    boolean weighsFreely(boolean calibrated) {
        return plan == null && selection(calibrated).kind() == Kind.BUDGET && !budget.limitsDrop();
    }

    /** How layers may be split, if that was said. */
    Optional<String> scheme() {
        return Optional.ofNullable(scheme);
    }

    /** The plan's file, null if none was given. */
    Path planFile() {
        return plan;
    }

    /**
     * @param calibrated whether there is calibration data
     * @throws InvalidInputException if ranks are chosen by scores
     */
    void requireNoScores(boolean calibrated) {
        if (plan != null) {
            return;
        }
        if (budget.limitsDrop()) {
            throw new InvalidInputException("--max-drop needs scores. Maybe add --data.");
        }
        Selection chosen = selection(calibrated);
        if (chosen.kind() == Kind.GREEDY || chosen.kind() == Kind.TAR) {
            throw new InvalidInputException("--select " + chosen
                    + " needs scores. Maybe add --data, or use --calibration, which needs no scores.");
        }
    }

    /**
     * @param calibrated whether there is calibration data
     * @throws InvalidInputException if no network is scored on the way
     */
    void requireScoresUseful(boolean calibrated) {
        if (plan != null) {
            throw new InvalidInputException(
                    "--scores keeps the scores of networks that are compared; --plan compares none.");
        }
        Selection chosen = selection(calibrated);
        boolean scoring = chosen.kind() == Kind.GREEDY
                || chosen.kind() == Kind.TAR
                || chosen.kind() == Kind.BUDGET && budget.limitsDrop();
        if (!scoring) {
            throw new InvalidInputException("--scores keeps the scores of networks that are compared; --select "
                    + chosen
                    + (chosen.kind() == Kind.BUDGET ? " compares none without --max-drop." : " compares none."));
        }
    }

    /** @throws InvalidInputException if scores are to be made that nobody keeps */
    void requireScoresKept() {
        if (allScores) {
            throw new InvalidInputException(
                    "--all-scores makes scores for later runs, and they are not kept. Maybe add" + " --scores FILE.");
        }
    }

    /**
     * The parameters these options stand for.
     *
     * @param model the model they are for
     * @param calibrated whether there is calibration data
     * @param listener hears of a plan that was made for another model
     */
    CompressionParameters parameters(ModelIdentity model, boolean calibrated, ProgressListener listener) {
        Selector selector = plan == null ? selector(selection(calibrated)) : given(model, listener);
        requireKnown();
        return parameters(selector);
    }

    /** The ratios of a curve, from the largest to the target or the smallest candidate. */
    List<CompressionRatio> curve() {
        int count = candidates == null ? 10 : candidates;
        if (count < 2) {
            throw new InvalidInputException("--candidates must be at least 2, found " + count + ".");
        }
        double smallest = target().map(CompressionRatio::toDouble).orElse(0.0);
        List<CompressionRatio> ratios = new ArrayList<>();
        for (int i = count - 1; i >= 1; i--) {
            CompressionRatio ratio = new CompressionRatio(i, count);
            if (ratio.toDouble() >= smallest) {
                ratios.add(ratio);
            }
        }
        if (ratios.isEmpty()) {
            throw new InvalidInputException("No ratio i/" + count + " below 1 is as large as --target " + target + ".");
        }
        return ratios;
    }

    /** The parameters of a curve; an option that would do nothing is refused. */
    CompressionParameters curveParameters(List<CompressionRatio> ratios) {
        new GivenOptions()
                .with(
                        "--select " + select,
                        select != null && Selection.parse(select).kind() != Kind.BUDGET)
                .with("--plan", plan != null)
                .with("--layer", layers.given())
                .with("--monotonic-fit", monotonicFit)
                .with("--all-scores", allScores)
                .with("--weakening", weakening != null)
                .with("--unfolding", unfolding != null)
                .with(budget.given())
                .refuse("--pareto chooses ranks by budgeted selection at each ratio");
        return parameters(new BudgetSelector(BudgetSelectionParameters.of(ratios.get(ratios.size() - 1))));
    }

    private CompressionParameters parameters(Selector selector) {
        return new CompressionParameters(selector, Optional.ofNullable(unfolding), multiplicity(), ignore);
    }

    private Multiplicity multiplicity() {
        if (multiplicity == null) {
            return timed() ? Multiplicity.AUTO : Multiplicity.ONE;
        }
        if (multiplicity.equals("auto")) {
            return Multiplicity.AUTO;
        }
        try {
            return new Multiplicity(Integer.parseInt(multiplicity));
        } catch (NumberFormatException e) {
            throw new InvalidInputException(
                    "--multiplicity takes a whole number of at least 1, or auto; found '" + multiplicity + "'.", e);
        }
    }

    private Optional<CompressionRatio> target() {
        return Optional.ofNullable(target).map(CompressionRatio::of);
    }

    private Selection selection(boolean calibrated) {
        if (select != null) {
            return Selection.parse(select);
        }
        boolean budgeted = calibrated || !budget.given().isEmpty();
        return Selection.of(layers.given() ? Kind.MANUAL : budgeted ? Kind.BUDGET : Kind.GREEDY);
    }

    /** A wrong name is told before anything is said about data that is missing. */
    private void requireKnown() {
        Schemes schemes = Services.schemes();
        Optional.ofNullable(unfolding).ifPresent(schemes::of);
        scheme().ifPresent(schemes::named);
    }

    private Selector given(ModelIdentity model, ProgressListener listener) {
        new GivenOptions()
                .with("--select", select != null)
                .with("--layer", layers.given())
                .with("--candidates", candidates != null)
                .with("--monotonic-fit", monotonicFit)
                .with("--all-scores", allScores)
                .with("--weakening", weakening != null)
                .with("--multiplicity", multiplicity != null)
                .with("--unfolding", unfolding != null)
                .with("--scheme", scheme != null)
                .with(budget.given())
                .refuse("--plan determines all ranks");
        requireMetricUsed();
        PlanFile file = JsonPlans.read(plan);
        file.model()
                .filter(theirs -> !theirs.sha256().equals(model.sha256()))
                .ifPresent(theirs -> listener.onEvent(new ProgressEvent.Notice("The plan was made for another model, '"
                        + theirs.name() + "'; it is applied to '" + model.name() + "' as it is.")));
        return new PlanSelector(file.plan(), file.origin(), target());
    }

    private Selector selector(Selection chosen) {
        if (chosen.kind() == Kind.BUDGET) {
            requireMetricUsed();
        }
        requireUsed(chosen);
        return switch (chosen.kind()) {
            case BUDGET -> new BudgetSelector(budget.parameters(target()));
            case GREEDY -> new GreedySelector(greedy());
            case TAR -> new TarSelector(tar());
            case MANUAL -> new ManualSelector(layers.choices(), target());
            case EVBMF -> new EvbmfSelector(weakening == null ? EvbmfSelector.WEAKENING : weakening);
            case ENERGY -> new EnergySelector(chosen.energy());
        };
    }

    /** An option that would do nothing is refused. */
    private void requireUsed(Selection chosen) {
        new GivenOptions().with("--layer", layers.given()).refuseUnless(chosen, Kind.MANUAL);
        if (chosen.kind() == Kind.ENERGY || chosen.kind() == Kind.EVBMF) {
            new GivenOptions()
                    .with("--target", target != null)
                    .with(budget.given())
                    .refuse((chosen.kind() == Kind.ENERGY ? "The energy rule" : "EVBMF") + " has no budget");
        }
        if (chosen.kind() == Kind.BUDGET || chosen.kind() == Kind.ENERGY) {
            new GivenOptions()
                    .with("--candidates", candidates != null)
                    .with("--monotonic-fit", monotonicFit)
                    .with("--unfolding", unfolding != null)
                    .refuse((chosen.kind() == Kind.BUDGET ? "Budgeted selection" : "The energy rule")
                            + " considers every rank of every unfolding");
        }
        budget.given().refuseUnless(chosen, Kind.BUDGET);
        new GivenOptions().with("--weakening", weakening != null).refuseUnless(chosen, Kind.EVBMF);
        new GivenOptions().with("--monotonic-fit", monotonicFit).refuseUnless(chosen, Kind.GREEDY);
        new GivenOptions().with("--all-scores", allScores).refuseUnless(chosen, Kind.GREEDY);
        new GivenOptions().with("--candidates", candidates != null).refuseUnless(chosen, Kind.GREEDY, Kind.TAR);
    }

    private void requireMetricUsed() {
        if (metric != null && target == null && !budget.limitsDrop()) {
            throw new InvalidInputException(
                    "--metric is the cost that --target or --max-drop refers to, and neither is given.");
        }
    }

    private GreedySelectionParameters greedy() {
        GreedySelectionParameters greedy = GreedySelectionParameters.of(target().orElseThrow(() ->
                        new InvalidInputException("Greedy selection needs --target, such as --target 0.5.")))
                .withMonotonicFit(monotonicFit)
                .withAllScores(allScores);
        return candidates == null ? greedy : greedy.withCandidates(candidates);
    }

    private TarSelectionParameters tar() {
        TarSelectionParameters tar =
                target().map(TarSelectionParameters::of).orElseGet(TarSelectionParameters::withoutTarget);
        return candidates == null ? tar : tar.withIndices(candidates);
    }
}
