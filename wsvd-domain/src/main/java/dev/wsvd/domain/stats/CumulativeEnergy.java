package dev.wsvd.domain.stats;

import dev.wsvd.domain.linalg.Spectrum;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * How much of a weight the first singular values hold, Σ_{i ≤ r} σ_i² / Σ σ_i² with those of all groups added, at some ranks r.
 *
 * @param form the unfolding
 * @param ranks per group, ascending, the last one full
 * @param energy at each of these ranks, ascending, the last one 1
 */
public record CumulativeEnergy(String form, List<Integer> ranks, List<Double> energy) {
    /** Ranks that are kept of a spectrum; enough for a curve. */
    private static final int MOST = 48;

    public CumulativeEnergy {
        Objects.requireNonNull(form, "form");
        ranks = List.copyOf(ranks);
        energy = List.copyOf(energy);
    }

    /**
     * That of a weight's unfolding.
     *
     * @param groups the singular values, group by group
     * @return empty where there are none, or all are 0
     */
    public static Optional<CumulativeEnergy> of(String form, List<Spectrum> groups) {
        int full = groups.stream().mapToInt(Spectrum::rows).max().orElse(0);
        double[] sums = new double[full + 1];
        for (int rank = 1; rank <= full; rank++) {
            sums[rank] = sums[rank - 1];
            for (Spectrum group : groups) {
                double value = rank <= group.rows() ? group.values()[rank - 1] : 0;
                sums[rank] += value * value;
            }
        }
        if (sums[full] == 0) {
            return Optional.empty();
        }
        List<Integer> ranks = ranks(full);
        return Optional.of(new CumulativeEnergy(
                form, ranks, ranks.stream().map(rank -> sums[rank] / sums[full]).toList()));
    }

    /** Denser among small ranks, where the curve bends. */
    private static List<Integer> ranks(int full) {
        List<Integer> ranks = new ArrayList<>();
        for (int i = 1; i <= MOST; i++) {
            int rank = (int) Math.ceil(full * Math.pow((double) i / MOST, 2));
            if (ranks.isEmpty() || rank > ranks.get(ranks.size() - 1)) {
                ranks.add(rank);
            }
        }
        return ranks;
    }
}
