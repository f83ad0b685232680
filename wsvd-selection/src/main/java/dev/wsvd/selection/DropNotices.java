package dev.wsvd.selection;

import dev.wsvd.domain.error.UnreachableTargetException;
import dev.wsvd.domain.score.ConfidenceInterval;
import dev.wsvd.selection.DropSearch.Trial;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/** What there is to say of the smallest model that keeps the score. */
final class DropNotices {
    private DropNotices() {}

    static UnreachableTargetException unreachable(DropSearchResult found) {
        return new UnreachableTargetException("No plan that was tried keeps the score within " + found.maxDrop()
                + " of "
                + found.baseline()
                + found.best()
                        .map(best -> "; the best, with ratio " + shown(best.ratio()) + ", scored " + best.score())
                        .orElse("")
                + ". Maybe allow a larger drop.");
    }

    static List<String> of(DropSearchResult found, Trial chosen) {
        return Stream.of(
                        Optional.of(found).filter(DropNotices::allowsAnything).map(DropNotices::anything),
                        Optional.of(neighbours(found, chosen)),
                        found.cliff().map(next -> cliff(chosen, next)),
                        chosen.drop()
                                .filter(drop -> found.maxDrop() < drop.halfWidth())
                                .map(drop -> noise(found.maxDrop(), drop)),
                        found.sure()
                                .filter(sure -> sure.ratio() > chosen.ratio())
                                .map(sure -> sure(found.maxDrop(), sure)))
                .flatMap(Optional::stream)
                .toList();
    }

    /** Of a proportion, which is known by its interval: none is below 0. */
    private static boolean allowsAnything(DropSearchResult found) {
        return found.maxDrop() >= found.baseline()
                && found.chosen().flatMap(Trial::drop).isPresent();
    }

    private static String anything(DropSearchResult found) {
        return "The drop allowed, " + found.maxDrop() + ", is as much as the whole score of the original, "
                + found.baseline() + ", so that any model passes. Maybe " + found.maxDrop() / 100 + " was meant.";
    }

    private static String neighbours(DropSearchResult found, Trial chosen) {
        StringBuilder text = new StringBuilder("The smallest ratio found that keeps the score is " + shown(chosen));
        found.larger()
                .ifPresent(larger -> text.append("; the next larger tried is ").append(shown(larger)));
        text.append(found.smaller()
                .map(smaller -> "; the next smaller tried is " + shown(smaller)
                        + (found.keeps(smaller) ? ", not relied on as larger ones fail" : ", too low"))
                .orElse("; there is no smaller one"));
        return text.append('.').toString();
    }

    private static String cliff(Trial chosen, Trial next) {
        return "The score falls off a cliff just below the model chosen: from " + shown(chosen) + " to " + shown(next)
                + ". On other data it may lie beyond. Maybe aim at a larger ratio, such as "
                + BigDecimal.valueOf(Math.min(1, chosen.ratio() * 1.2)).round(new MathContext(2)) + ".";
    }

    private static String noise(double maxDrop, ConfidenceInterval drop) {
        return String.format(
                Locale.ROOT,
                "The drop allowed, %s, is less than the samples can tell apart: the real drop of the model chosen is"
                        + " %.4f … %.4f (95 %%). Maybe score on more samples.",
                maxDrop,
                drop.low(),
                drop.high());
    }

    private static String sure(double maxDrop, Trial sure) {
        return "The smallest ratio tried whose real drop is at most " + maxDrop + " (95 %) is " + shown(sure) + ".";
    }

    private static String shown(Trial trial) {
        return shown(trial.ratio()) + String.format(Locale.ROOT, " (score %.4f)", trial.score());
    }

    static String shown(double ratio) {
        return BigDecimal.valueOf(ratio).round(new MathContext(3)).toPlainString();
    }
}
