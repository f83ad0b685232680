package dev.wsvd.cli;

import dev.wsvd.domain.CompressionRatio;
import dev.wsvd.domain.CompressionScheme;
import dev.wsvd.domain.CostMetric;
import dev.wsvd.domain.ModelIdentity;
import dev.wsvd.domain.Unfolding;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.spi.ProgressEvent;
import dev.wsvd.domain.spi.ProgressListener;
import dev.wsvd.json.JsonPlans;
import dev.wsvd.json.PlanFile;
import dev.wsvd.pipeline.WeightSvdParameters;
import dev.wsvd.pipeline.WeightSvdParameters.Mode;
import dev.wsvd.selection.BudgetSelectionParameters;
import dev.wsvd.selection.GreedySelectionParameters;
import dev.wsvd.selection.ManualChoice;
import dev.wsvd.selection.Multiplicity;
import dev.wsvd.selection.TarSelectionParameters;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.stream.Collectors;
import picocli.CommandLine.Option;

/** Options that say how ranks are chosen. */
final class SelectionArguments {
    /** Ways to choose ranks that have a name on the command line. */
    private enum Select {
        greedy,
        tar,
        budget,
        manual
    }

    @Option(
            names = "--target",
            paramLabel = "RATIO",
            description = "Upper bound for cost after / cost before, above 0 and at most 1.")
    private BigDecimal target;

    @Option(names = "--metric", paramLabel = "mac|memory", description = "What the target limits (default: mac).")
    private String metric;

    @Option(
            names = "--select",
            paramLabel = "greedy|tar|budget|manual",
            description = "How ranks are chosen (default: budget with --calibration or a --max option, manual with"
                    + " --layer, else greedy).")
    private Select select;

    @Option(names = "--max-macs", paramLabel = "N", description = "Budget: the most MACs per sample, such as 200M.")
    private String maxMacs;

    @Option(names = "--max-params", paramLabel = "N", description = "Budget: the most parameters, such as 2M.")
    private String maxParams;

    @Option(
            names = "--max-drop",
            paramLabel = "X",
            description = "Budget: the smallest model found whose score is at most X below the original's.")
    private Double maxDrop;

    @Option(
            names = "--candidates",
            paramLabel = "N",
            description =
                    "Greedy: candidate ratios are 1/N … (N-1)/N (default: 10). TAR: number of indices (default: 20).")
    private Integer candidates;

    @Option(names = "--monotonic-fit", description = "Greedy: make each layer's scores rise with the ratio.")
    private boolean monotonicFit;

    @Option(
            names = "--scheme",
            paramLabel = "weight-svd|spatial-svd|any",
            description = "How layers may be split (default: any with --select budget or --unfolding, else"
                    + " weight-svd, as in AIMET).")
    private String scheme;

    @Option(
            names = "--unfolding",
            paramLabel = "input-channel|output-channel|spatial",
            description = "How weights become matrices (default: the scheme's first).")
    private String unfolding;

    @Option(names = "--multiplicity", paramLabel = "Q", description = "Ranks are multiples of Q (default: 1).")
    private Integer multiplicity;

    @Option(names = "--ignore", paramLabel = "GLOB", description = "Layers that stay dense; may be repeated.")
    private List<String> ignore = new ArrayList<>();

    @Option(
            names = "--layer",
            paramLabel = "NAME=RATIO|rank:K",
            description =
                    "Manual: split this layer (or what the glob matches) to a ratio or a rank; may be repeated. With"
                            + " --target the whole must meet it.")
    private List<String> layers = new ArrayList<>();

    @Option(names = "--plan", paramLabel = "FILE", description = "Apply a plan.json made by an earlier run.")
    private Path plan;

    CostMetric metric() {
        return metric == null ? CostMetric.MAC : CostMetric.of(metric);
    }

    /** The target, if one was given. */
    Optional<CompressionRatio> target() {
        return Optional.ofNullable(target).map(CompressionRatio::of);
    }

    /** How layers may be split, if that was said. */
    Optional<CompressionScheme> scheme() {
        return Optional.ofNullable(scheme).map(CompressionScheme::of);
    }

    /** The plan's file, null if none was given. */
    Path planFile() {
        return plan;
    }

    /**
     * @param learning whether there are inputs to learn from
     * @throws InvalidInputException if ranks are chosen by scores
     */
    void requireNoScores(boolean learning) {
        if (plan == null && maxDrop != null) {
            throw new InvalidInputException("--max-drop needs scores. Maybe add --data.");
        }
        if (plan == null && (select(learning) == Select.greedy || select(learning) == Select.tar)) {
            throw new InvalidInputException("--select " + select(learning)
                    + " needs scores. Maybe add --data, or choose" + " ranks without scores by --calibration.");
        }
    }

    /**
     * @param learning whether there are inputs to learn from
     * @throws InvalidInputException if ranks are not chosen by candidates' scores
     */
    void requireScoresUseful(boolean learning) {
        if (plan != null || select(learning) != Select.greedy) {
            throw new InvalidInputException("--scores keeps the candidates' scores of greedy selection; "
                    + (plan != null ? "--plan" : "--select " + select(learning)) + " makes none.");
        }
    }

    /**
     * The parameters these options stand for.
     *
     * @param model the model they are for
     * @param learning whether there are inputs to learn from
     * @param listener hears of a plan that was made for another model
     */
    WeightSvdParameters parameters(ModelIdentity model, boolean learning, ProgressListener listener) {
        return new WeightSvdParameters(
                mode(model, learning, listener),
                Optional.ofNullable(unfolding).map(Unfolding::of),
                multiplicity == null ? Multiplicity.ONE : new Multiplicity(multiplicity),
                ignore);
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
    WeightSvdParameters curveParameters(List<CompressionRatio> ratios) {
        Map<String, Boolean> given = new LinkedHashMap<>();
        given.put("--select " + select, select != null && select != Select.budget);
        given.put("--plan", plan != null);
        given.put("--layer", !layers.isEmpty());
        given.put("--monotonic-fit", monotonicFit);
        given.put("--unfolding", unfolding != null);
        budgetOptions().forEach(option -> given.put(option, true));
        given.forEach((option, isGiven) -> {
            if (isGiven) {
                throw new InvalidInputException(
                        "--pareto weighs every rank of every layer for each ratio; it does not go" + " with " + option
                                + ".");
            }
        });
        return new WeightSvdParameters(
                new Mode.Budget(BudgetSelectionParameters.of(ratios.get(ratios.size() - 1))),
                Optional.empty(),
                multiplicity == null ? Multiplicity.ONE : new Multiplicity(multiplicity),
                ignore);
    }

    private Select select(boolean learning) {
        if (select != null) {
            return select;
        }
        boolean budgeted = learning || !budgetOptions().isEmpty();
        return !layers.isEmpty() ? Select.manual : budgeted ? Select.budget : Select.greedy;
    }

    private Mode mode(ModelIdentity model, boolean learning, ProgressListener listener) {
        if (plan != null) {
            requireNothingBesidePlan();
            requireMetricUsed();
            PlanFile file = JsonPlans.read(plan);
            file.model()
                    .filter(theirs -> !theirs.sha256().equals(model.sha256()))
                    .ifPresent(
                            theirs -> listener.onEvent(new ProgressEvent.Notice("The plan was made for another model, '"
                                    + theirs.name() + "'; it is applied to '" + model.name() + "' as it is.")));
            return new Mode.Given(file.plan(), file.origin(), target());
        }
        Select chosen = select(learning);
        if (chosen == Select.budget) {
            requireMetricUsed();
        }
        if (chosen != Select.manual && !layers.isEmpty()) {
            throw new InvalidInputException("--layer goes with --select manual, found --select " + chosen + ".");
        }
        requireUsed(chosen);
        return switch (chosen) {
            case budget -> new Mode.Budget(budget());
            case greedy -> new Mode.Greedy(greedy());
            case tar -> new Mode.Tar(tar());
            case manual -> new Mode.Manual(manual(), target());
        };
    }

    private List<String> budgetOptions() {
        List<String> given = new ArrayList<>();
        if (maxMacs != null) {
            given.add("--max-macs");
        }
        if (maxParams != null) {
            given.add("--max-params");
        }
        if (maxDrop != null) {
            given.add("--max-drop");
        }
        return given;
    }

    /** An option that would do nothing is refused. */
    private void requireUsed(Select chosen) {
        if (chosen != Select.budget) {
            budgetOptions().forEach(option -> requireSelect(chosen, option, Select.budget));
            if (monotonicFit) {
                requireSelect(chosen, "--monotonic-fit", Select.greedy);
            }
            if (candidates != null) {
                requireSelect(chosen, "--candidates", Select.greedy, Select.tar);
            }
            return;
        }
        Map<String, Boolean> given = new LinkedHashMap<>();
        given.put("--candidates", candidates != null);
        given.put("--monotonic-fit", monotonicFit);
        given.put("--unfolding", unfolding != null);
        given.forEach((option, isGiven) -> {
            if (isGiven) {
                throw new InvalidInputException(
                        "Budgeted selection weighs every rank of every unfolding; it does not go" + " with " + option
                                + ".");
            }
        });
    }

    private void requireMetricUsed() {
        if (metric != null && target == null && maxDrop == null) {
            throw new InvalidInputException("--metric says what --target or --max-drop limits, and there is neither.");
        }
    }

    private static void requireSelect(Select chosen, String option, Select... useful) {
        List<Select> some = List.of(useful);
        if (!some.contains(chosen)) {
            throw new InvalidInputException(option + " goes with --select "
                    + some.stream().map(Select::name).collect(Collectors.joining(" or ")) + ", found --select " + chosen
                    + ".");
        }
    }

    private BudgetSelectionParameters budget() {
        if (target == null && budgetOptions().isEmpty()) {
            throw new InvalidInputException(
                    "Budgeted selection needs --target, --max-macs, --max-params or --max-drop.");
        }
        return new BudgetSelectionParameters(
                target(),
                NumberOption.parse("--max-macs", maxMacs),
                NumberOption.parse("--max-params", maxParams),
                maxDrop == null ? OptionalDouble.empty() : OptionalDouble.of(maxDrop));
    }

    private void requireNothingBesidePlan() {
        Map<String, Boolean> given = new LinkedHashMap<>();
        given.put("--select", select != null);
        given.put("--layer", !layers.isEmpty());
        given.put("--candidates", candidates != null);
        given.put("--monotonic-fit", monotonicFit);
        given.put("--multiplicity", multiplicity != null);
        given.put("--unfolding", unfolding != null);
        given.put("--scheme", scheme != null);
        budgetOptions().forEach(option -> given.put(option, true));
        given.forEach((option, isGiven) -> {
            if (isGiven) {
                throw new InvalidInputException("--plan says all ranks; it does not go with " + option + ".");
            }
        });
    }

    private GreedySelectionParameters greedy() {
        GreedySelectionParameters greedy = GreedySelectionParameters.of(target().orElseThrow(() ->
                        new InvalidInputException("Greedy selection needs --target, such as --target 0.5.")))
                .withMonotonicFit(monotonicFit);
        return candidates == null ? greedy : greedy.withCandidates(candidates);
    }

    private TarSelectionParameters tar() {
        TarSelectionParameters tar =
                target().map(TarSelectionParameters::of).orElseGet(TarSelectionParameters::withoutTarget);
        return candidates == null ? tar : tar.withIndices(candidates);
    }

    private Map<String, ManualChoice> manual() {
        if (layers.isEmpty()) {
            throw new InvalidInputException(
                    "Manual selection needs at least one --layer NAME=RATIO or --layer NAME=rank:K.");
        }
        Map<String, ManualChoice> choices = new LinkedHashMap<>();
        for (String text : layers) {
            int equals = text.lastIndexOf('=');
            if (equals < 1) {
                throw wrongLayer(text);
            }
            String name = text.substring(0, equals);
            if (choices.put(name, choice(text, text.substring(equals + 1))) != null) {
                throw new InvalidInputException("--layer says twice what to do with '" + name
                        + "', the second time --layer " + text + ". Maybe leave out one.");
            }
        }
        return choices;
    }

    private static ManualChoice choice(String text, String value) {
        try {
            return value.startsWith("rank:")
                    ? new ManualChoice.ToRank(Integer.parseInt(value.substring("rank:".length())))
                    : new ManualChoice.ToRatio(CompressionRatio.of(new BigDecimal(value)));
        } catch (NumberFormatException e) {
            throw wrongLayer(text);
        }
    }

    private static InvalidInputException wrongLayer(String text) {
        return new InvalidInputException(
                "--layer " + text + ": expected NAME=RATIO or NAME=rank:K, such as conv2=0.5 or conv2=rank:12.");
    }
}
