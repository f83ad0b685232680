package dev.wsvd.cli;

import dev.wsvd.domain.cost.CompressionRatio;
import dev.wsvd.domain.cost.Metric;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.selection.BudgetSelectionParameters;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import picocli.CommandLine.Option;

/** Options that limit what budgeted selection may choose. */
final class BudgetArguments {
    @Option(
            names = "--max-macs",
            paramLabel = "N",
            description = "Budget: upper bound for MACs per sample, such as 200M.")
    private String maxMacs;

    @Option(
            names = "--max-params",
            paramLabel = "N",
            description = "Budget: upper bound for the parameters of the layers, such as 2M.")
    private String maxParams;

    @Option(
            names = "--max-bytes",
            paramLabel = "N",
            description = "Budget: upper bound for the bytes of the layers' weights as stored, such as 5M.")
    private String maxBytes;

    @Option(
            names = "--max-latency",
            paramLabel = "TIME",
            description = "Budget: upper bound for the time of a run, measured on this machine, such as 5ms or 800us.")
    private String maxLatency;

    @Option(
            names = "--max-drop",
            paramLabel = "X",
            description = "Budget: the smallest model found whose score is at most X below the original's.")
    private Double maxDrop;

    /** Those that were given. */
    GivenOptions given() {
        return new GivenOptions()
                .with("--max-macs", maxMacs != null)
                .with("--max-params", maxParams != null)
                .with("--max-bytes", maxBytes != null)
                .with("--max-latency", maxLatency != null)
                .with("--max-drop", maxDrop != null);
    }

    /** Whether time is limited. */
    boolean limitsLatency() {
        return maxLatency != null;
    }

    /** Whether the score's drop is limited. */
    boolean limitsDrop() {
        return maxDrop != null;
    }

    /** @throws InvalidInputException if nothing is limited, or a limit is no number */
    BudgetSelectionParameters parameters(Optional<CompressionRatio> target) {
        if (target.isEmpty() && given().isEmpty()) {
            throw new InvalidInputException(
                    "Budgeted selection needs --target, --max-macs, --max-params, --max-bytes, --max-latency or --max-drop.");
        }
        Map<Metric, Long> most = new LinkedHashMap<>();
        NumberOption.parse("--max-macs", maxMacs).ifPresent(macs -> most.put(Metric.MAC, macs));
        NumberOption.parse("--max-params", maxParams).ifPresent(params -> most.put(Metric.MEMORY, params));
        NumberOption.parse("--max-bytes", maxBytes).ifPresent(bytes -> most.put(Metric.BYTES, bytes));
        TimeOption.parse("--max-latency", maxLatency).ifPresent(ns -> most.put(Metric.LATENCY, ns));
        return new BudgetSelectionParameters(
                target, most, maxDrop == null ? OptionalDouble.empty() : OptionalDouble.of(maxDrop));
    }
}
