package dev.wsvd.cli;

import dev.wsvd.domain.CompressionRatio;
import dev.wsvd.domain.CostMetric;
import dev.wsvd.domain.Unfolding;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.json.JsonPlans;
import dev.wsvd.pipeline.WeightSvdParameters;
import dev.wsvd.pipeline.WeightSvdParameters.Mode;
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
import picocli.CommandLine.Option;

/** Options that say how ranks are chosen. */
final class SelectionArguments {
    /** Ways to choose ranks that have a name on the command line. */
    private enum Select {
        greedy,
        tar,
        manual
    }

    @Option(
            names = "--target",
            paramLabel = "RATIO",
            description = "Upper bound for cost after / cost before, above 0 and at most 1.")
    private BigDecimal target;

    @Option(names = "--metric", paramLabel = "mac|memory", description = "What the target limits (default: mac).")
    private String metric = CostMetric.MAC.id();

    @Option(
            names = "--select",
            paramLabel = "greedy|tar|manual",
            description = "How ranks are chosen (default: greedy; manual with --layer).")
    private Select select;

    @Option(
            names = "--candidates",
            paramLabel = "N",
            description =
                    "Greedy: candidate ratios are 1/N … (N-1)/N (default: 10). TAR: number of indices (default: 20).")
    private Integer candidates;

    @Option(names = "--monotonic-fit", description = "Greedy: make each layer's scores rise with the ratio.")
    private boolean monotonicFit;

    @Option(
            names = "--unfolding",
            paramLabel = "input-channel|output-channel",
            description = "How weights become matrices (default: input-channel, as in AIMET).")
    private String unfolding = Unfolding.INPUT_CHANNEL.id();

    @Option(names = "--multiplicity", paramLabel = "Q", description = "Ranks are multiples of Q (default: 1).")
    private int multiplicity = 1;

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
        return CostMetric.of(metric);
    }

    /** The target, if one was given. */
    Optional<CompressionRatio> target() {
        return Optional.ofNullable(target).map(CompressionRatio::of);
    }

    WeightSvdParameters parameters() {
        return new WeightSvdParameters(mode(), Unfolding.of(unfolding), new Multiplicity(multiplicity), ignore);
    }

    private Mode mode() {
        if (plan != null) {
            if (select != null || !layers.isEmpty()) {
                throw new InvalidInputException("--plan says all ranks; it goes with neither --select nor --layer.");
            }
            return new Mode.Given(JsonPlans.read(plan).plan());
        }
        Select chosen = select != null ? select : layers.isEmpty() ? Select.greedy : Select.manual;
        if (chosen != Select.manual && !layers.isEmpty()) {
            throw new InvalidInputException("--layer goes with --select manual, found --select " + chosen + ".");
        }
        return switch (chosen) {
            case greedy -> new Mode.Greedy(greedy());
            case tar -> new Mode.Tar(tar());
            case manual -> new Mode.Manual(manual());
        };
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
            choices.put(text.substring(0, equals), choice(text, text.substring(equals + 1)));
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
