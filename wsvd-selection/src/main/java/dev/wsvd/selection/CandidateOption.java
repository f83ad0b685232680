package dev.wsvd.selection;

import dev.wsvd.domain.Candidate;
import dev.wsvd.domain.CompressionRatio;
import dev.wsvd.domain.Cost;
import java.util.Objects;

/**
 * A candidate and what choosing it means.
 *
 * @param ratio the candidate ratio it stands for; the largest where several lead to one rank
 * @param cost cost of the two layers that would replace the original
 */
public record CandidateOption(Candidate candidate, CompressionRatio ratio, Cost cost) {
    public CandidateOption {
        Objects.requireNonNull(candidate, "candidate");
        Objects.requireNonNull(ratio, "ratio");
        Objects.requireNonNull(cost, "cost");
    }
}
