package dev.wsvd.json;

import dev.wsvd.domain.score.ConfidenceInterval;
import dev.wsvd.domain.stats.CompressionStats;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/** How reports say the scores of an original and its compressed model. */
record ScoreContent(
        String name,
        List<String> outputs,
        Double baseline,
        Double compressed,
        Long samples,
        double[] baselineInterval,
        double[] compressedInterval,
        double[] dropInterval) {
    static ScoreContent of(CompressionStats.Score score) {
        return new ScoreContent(
                score.name(),
                score.outputs().isEmpty() ? null : score.outputs(),
                boxed(score.baseline()),
                boxed(score.compressed()),
                score.samples() > 0 ? score.samples() : null,
                ends(score.baselineInterval()),
                ends(score.compressedInterval()),
                ends(score.dropInterval()));
    }

    /** Both ends of an interval; null where there is none. */
    static double[] ends(Optional<ConfidenceInterval> interval) {
        return interval.map(i -> new double[] {i.low(), i.high()}).orElse(null);
    }

    /** A figure; null where there is none. */
    static Double boxed(OptionalDouble value) {
        return value.isPresent() ? value.getAsDouble() : null;
    }
}
