package dev.wsvd.pipeline;

import dev.wsvd.cost.CostModel;
import dev.wsvd.domain.CompressionRatio;
import dev.wsvd.domain.ConfidenceInterval;
import dev.wsvd.domain.Cost;
import dev.wsvd.domain.Evaluation;
import dev.wsvd.domain.RankPlan;
import dev.wsvd.domain.error.UnreachableTargetException;
import dev.wsvd.domain.spi.ProgressEvent.Stage;
import dev.wsvd.selection.BudgetSelector;
import dev.wsvd.selection.CostLimits;
import dev.wsvd.selection.DropSearch;
import dev.wsvd.selection.DropSearch.Trial;
import dev.wsvd.selection.DropSearchResult;
import dev.wsvd.selection.LayerOptions;
import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.stream.Stream;

/** The smallest model that keeps the score, found by scoring real ones, and what there is to say of it. */
final class DropChooser<M> {
    /** Few digits: an exact ratio has no room for all of a small double's. Up, so that the smallest stays within reach. */
    private static final MathContext SIX_DIGITS = new MathContext(6, RoundingMode.CEILING);

    private final RunContext<M> run;
    private final List<LayerOptions> options;
    private final Optional<CostLimits> limits;
    private final BiFunction<RankPlan, String, Evaluation> evaluate;
    private final Cost before;
    private final Map<RankPlan, Trial> scored = new HashMap<>();

    /**
     * @param limits what the model must keep within besides, if anything
     * @param evaluate makes the model of a plan and evaluates it
     */
    DropChooser(
            RunContext<M> run,
            List<LayerOptions> options,
            Optional<CostLimits> limits,
            BiFunction<RankPlan, String, Evaluation> evaluate) {
        this.run = run;
        this.options = options;
        this.limits = limits;
        this.evaluate = evaluate;
        this.before = CostModel.of(run.layers());
    }

    /** @throws UnreachableTargetException if no plan keeps within the limits, or none that was tried keeps the score */
    RankPlan smallest(double baseline, double maxDrop) {
        double smallest = ratio(BudgetSelector.smallest(options, run.metric()));
        double largest =
                limits.map(most -> ratio(cost(select(most)).of(run.metric()))).orElse(1.0);
        DropSearchResult found = largest < 1
                ? DropSearch.within(baseline, maxDrop, largest, smallest, this::trial)
                : DropSearch.below(baseline, maxDrop, smallest, this::trial);
        Trial chosen = found.chosen().orElseThrow(() -> unreachable(found));
        notices(found, chosen).forEach(run.progress()::notice);
        return chosen.plan();
    }

    private Optional<Trial> trial(double ratio) {
        CompressionRatio rounded =
                CompressionRatio.of(BigDecimal.valueOf(Math.min(1, ratio)).round(SIX_DIGITS));
        CostLimits within = CostLimits.of(run.metric(), rounded, before);
        RankPlan plan;
        try {
            plan = select(limits.map(most -> most.and(within)).orElse(within));
        } catch (UnreachableTargetException e) {
            return Optional.empty();
        }
        return Optional.of(scored.computeIfAbsent(plan, this::scored));
    }

    private Trial scored(RankPlan plan) {
        double ratio = ratio(cost(plan).of(run.metric()));
        Evaluation made = evaluate.apply(plan, "ratio " + shown(ratio));
        return new Trial(plan, ratio, made.score(), run.scoring().dropTo(made));
    }

    private RankPlan select(CostLimits most) {
        return run.stopwatch().time(Stage.SELECT, () -> BudgetSelector.select(options, most));
    }

    private Cost cost(RankPlan plan) {
        return CostModel.of(run.layers(), plan);
    }

    private double ratio(long after) {
        return (double) after / before.of(run.metric());
    }

    private static UnreachableTargetException unreachable(DropSearchResult found) {
        return new UnreachableTargetException("No plan that was tried keeps the score within " + found.maxDrop()
                + " of "
                + found.baseline()
                + found.best()
                        .map(best -> "; the best, with ratio " + shown(best.ratio()) + ", scored " + best.score())
                        .orElse("")
                + ". Maybe allow a larger drop.");
    }

    private static List<String> notices(DropSearchResult found, Trial chosen) {
        return Stream.of(
                        Optional.of(found).filter(DropChooser::allowsAnything).map(DropChooser::anything),
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

    private static String shown(double ratio) {
        return BigDecimal.valueOf(ratio).round(new MathContext(3)).toPlainString();
    }
}
