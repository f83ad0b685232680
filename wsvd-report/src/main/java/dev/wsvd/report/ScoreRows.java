package dev.wsvd.report;

import dev.wsvd.domain.stats.CompressionStats;
import java.util.OptionalDouble;

/** The scores of two models and how far samples leave them uncertain, as rows of a table with four columns. */
final class ScoreRows {
    static final String INTERVAL = "  95 % interval";

    private ScoreRows() {}

    static void add(Table table, CompressionStats.Score score) {
        table.row(
                Names.score(score.name(), score.outputs())
                        + (score.samples() == 0 ? "" : " (" + score.samples() + " samples)"),
                score(score.baseline()),
                score(score.compressed()),
                "");
        if (score.baselineInterval().isPresent() || score.compressedInterval().isPresent()) {
            table.row(
                    INTERVAL,
                    score.baselineInterval().map(Units::interval).orElse("-"),
                    score.compressedInterval().map(Units::interval).orElse("-"),
                    "");
        }
        score.dropInterval().ifPresent(drop -> table.row("  drop, 95 % interval", "", Units.interval(drop), ""));
    }

    private static String score(OptionalDouble score) {
        return score.isPresent() ? Units.score(score.getAsDouble()) : "-";
    }
}
