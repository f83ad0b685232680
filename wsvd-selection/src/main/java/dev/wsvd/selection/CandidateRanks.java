package dev.wsvd.selection;

import dev.wsvd.cost.CostModel;
import dev.wsvd.domain.Candidate;
import dev.wsvd.domain.CompressionRatio;
import dev.wsvd.domain.CostMetric;
import dev.wsvd.domain.Layer;
import dev.wsvd.domain.Unfolding;
import dev.wsvd.domain.error.InvalidInputException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.TreeMap;

/**
 * The ranks worth scoring: one per candidate ratio i/N, i = 1 … N − 1.
 *
 * <p>The rank of a ratio is the largest whose cost is within it ({@link CostModel#rankFor}), rounded by the multiplicity;
 * rounding up may put an option's cost above its ratio, never above the layer's cost.
 */
public final class CandidateRanks {
    private final int count;
    private final CostMetric metric;
    private final Unfolding unfolding;
    private final Multiplicity multiplicity;

    /**
     * @param count N, at least 2
     * @throws InvalidInputException if N is below 2
     */
    public CandidateRanks(int count, CostMetric metric, Unfolding unfolding, Multiplicity multiplicity) {
        this.count = requireCount(count);
        this.metric = Objects.requireNonNull(metric, "metric");
        this.unfolding = Objects.requireNonNull(unfolding, "unfolding");
        this.multiplicity = Objects.requireNonNull(multiplicity, "multiplicity");
    }

    static int requireCount(int count) {
        if (count < 2) {
            throw new InvalidInputException("The number of candidates must be at least 2, found " + count
                    + ". Candidate ratios are i/N for i = 1 … N − 1.");
        }
        return count;
    }

    /**
     * A layer's options, from the most to the least compressed, one per distinct rank, each saving cost. Empty for a layer
     * that cannot be split or where no rank saves.
     */
    public List<CandidateOption> of(Layer layer) {
        if (!layer.splittable()) {
            return List.of();
        }
        Map<Integer, CompressionRatio> ratios = new TreeMap<>();
        for (int i = 1; i < count; i++) {
            CompressionRatio ratio = new CompressionRatio(i, count);
            OptionalInt rank = CostModel.rankFor(layer, unfolding, ratio, metric);
            if (rank.isPresent()) {
                ratios.put(multiplicity.round(layer, unfolding, rank.getAsInt(), metric), ratio);
            }
        }
        ratios.remove(0);
        List<CandidateOption> options = new ArrayList<>();
        ratios.forEach((rank, ratio) -> {
            Candidate candidate = new Candidate(layer.id(), unfolding, rank);
            options.add(new CandidateOption(candidate, ratio, CostModel.split(layer, candidate.split())));
        });
        return List.copyOf(options);
    }
}
