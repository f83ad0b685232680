package dev.wsvd.selection;

import dev.wsvd.domain.cost.CompressionRatio;
import dev.wsvd.domain.cost.Cost;
import dev.wsvd.domain.cost.Metric;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.plan.Option;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The options worth scoring: one per candidate ratio i/N, i = 1 … N − 1.
 *
 * <p>The option of a ratio is the largest whose cost is within it, rounded by the multiplicity; rounding up may put its cost above
 * its ratio, never above the layer's.
 */
final class CandidateRatios {
    private CandidateRatios() {}

    static int requireCount(int count) {
        if (count < 2) {
            throw new InvalidInputException("The number of candidates must be at least 2, found " + count
                    + ". Candidate ratios are i/N for i = 1 … N − 1.");
        }
        return count;
    }

    /**
     * A site's options, from the most to the least compressed, each once and with the largest ratio it stands for.
     *
     * @param count N, at least 2
     * @param before what the layers that they change cost as they are
     * @param series the site's options that save, from the smallest to the largest
     * @param multiples those among them that respect the multiplicity
     */
    static Map<Option, CompressionRatio> of(
            int count, Cost before, List<Option> series, List<Option> multiples, Metric metric) {
        Map<Option, CompressionRatio> ratios = new LinkedHashMap<>();
        for (int i = 1; i < count; i++) {
            CompressionRatio ratio = new CompressionRatio(i, count);
            largestWithin(ratio, before, series, metric)
                    .flatMap(option -> Rounding.of(option, multiples, metric))
                    .ifPresent(option -> ratios.put(option, ratio));
        }
        return ratios;
    }

    /** The largest option whose cost is at most a ratio of what there is before. */
    static Optional<Option> largestWithin(CompressionRatio ratio, Cost before, List<Option> series, Metric metric) {
        return series.stream()
                .filter(option -> ratio.admits(option.cost().of(metric), before.of(metric)))
                .reduce((first, second) -> second);
    }
}
