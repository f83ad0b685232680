package dev.wsvd.domain.score;

import dev.wsvd.domain.plan.Candidate;
import java.util.List;

/**
 * Candidates whose scores are wanted.
 *
 * @param certain whatever others score; a candidate stays certain until its score is there, so that those that are scored at last do not
 *     depend on the order
 * @param possible these, and those that may be wanted by what others score
 */
public record WantedScores(List<Candidate> certain, List<Candidate> possible) {
    public WantedScores {
        certain = List.copyOf(certain);
        possible = List.copyOf(possible);
    }

    /** Candidates that are all wanted. */
    public static WantedScores all(List<Candidate> candidates) {
        return new WantedScores(candidates, candidates);
    }

    /** Nothing is wanted any more. */
    public static WantedScores none() {
        return all(List.of());
    }
}
