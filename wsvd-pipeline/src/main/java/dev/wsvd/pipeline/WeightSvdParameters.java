package dev.wsvd.pipeline;

import dev.wsvd.domain.CompressionRatio;
import dev.wsvd.domain.PlanOrigin;
import dev.wsvd.domain.RankPlan;
import dev.wsvd.domain.Unfolding;
import dev.wsvd.selection.BudgetSelectionParameters;
import dev.wsvd.selection.GreedySelectionParameters;
import dev.wsvd.selection.ManualChoice;
import dev.wsvd.selection.Multiplicity;
import dev.wsvd.selection.TarSelectionParameters;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * How ranks are chosen, whatever the {@link dev.wsvd.domain.CompressionScheme}. The defaults are AIMET's: the scheme's own
 * unfolding, multiplicity 1, no module ignored.
 *
 * @param mode auto (greedy, TAR) or given by hand (manual, plan)
 * @param unfolding how weights become matrices, for modes that neither choose it per layer nor are given it; absent for the
 *     scheme's first
 * @param multiplicity ranks are multiples of this
 * @param modulesToIgnore names or globs of layers that stay dense
 */
public record WeightSvdParameters(
        Mode mode, Optional<Unfolding> unfolding, Multiplicity multiplicity, List<String> modulesToIgnore) {

    /** Who chooses the ranks. */
    public sealed interface Mode {
        /** The name in files and on the command line. */
        String id();

        /** The ratio it aims at or must meet, if any. */
        Optional<CompressionRatio> target();

        /** Auto mode: score every candidate alone, then find the best common score level (AIMET's default). */
        record Greedy(GreedySelectionParameters parameters) implements Mode {
            @Override
            public Optional<CompressionRatio> target() {
                return Optional.of(parameters.target());
            }

            @Override
            public String id() {
                return "greedy";
            }
        }

        /** Auto mode: one common tensor approximation residual for all layers. */
        record Tar(TarSelectionParameters parameters) implements Mode {
            @Override
            public Optional<CompressionRatio> target() {
                return parameters.target();
            }

            @Override
            public String id() {
                return "tar";
            }
        }

        /** Auto mode: the least predicted loss within limits on the cost; needs no score table. */
        record Budget(BudgetSelectionParameters parameters) implements Mode {
            @Override
            public Optional<CompressionRatio> target() {
                return parameters.target();
            }

            @Override
            public String id() {
                return "budget";
            }
        }

        /**
         * Manual mode: (layer, ratio) or (layer, rank) pairs; every other layer stays dense.
         *
         * @param choices by layer name or glob; a name must be splittable as asked, a glob takes what can be
         * @param target what the whole must meet, if anything
         */
        record Manual(Map<String, ManualChoice> choices, Optional<CompressionRatio> target) implements Mode {
            public Manual {
                choices = Collections.unmodifiableMap(new LinkedHashMap<>(choices));
                Objects.requireNonNull(target, "target");
            }

            @Override
            public String id() {
                return "manual";
            }
        }

        /**
         * A plan made elsewhere, applied as it is.
         *
         * @param origin what it was made with, if that is known: a run without it says so
         * @param target what the whole must meet, if anything
         */
        record Given(RankPlan plan, Optional<PlanOrigin> origin, Optional<CompressionRatio> target) implements Mode {
            public Given {
                Objects.requireNonNull(plan, "plan");
                Objects.requireNonNull(origin, "origin");
                Objects.requireNonNull(target, "target");
            }

            @Override
            public String id() {
                return "plan";
            }
        }
    }

    public WeightSvdParameters {
        Objects.requireNonNull(mode, "mode");
        Objects.requireNonNull(unfolding, "unfolding");
        Objects.requireNonNull(multiplicity, "multiplicity");
        modulesToIgnore = List.copyOf(modulesToIgnore);
    }

    /** Greedy selection to a target ratio, all else default. */
    public static WeightSvdParameters greedy(double target) {
        return of(new Mode.Greedy(GreedySelectionParameters.of(CompressionRatio.of(target))));
    }

    /** TAR selection to a target ratio, all else default. */
    public static WeightSvdParameters tar(double target) {
        return of(new Mode.Tar(TarSelectionParameters.of(CompressionRatio.of(target))));
    }

    /** Budgeted selection to a target ratio, all else default. */
    public static WeightSvdParameters budget(double target) {
        return of(new Mode.Budget(BudgetSelectionParameters.of(CompressionRatio.of(target))));
    }

    /** Ranks or ratios given layer by layer, by name or glob. */
    public static WeightSvdParameters manual(Map<String, ManualChoice> choices) {
        return of(new Mode.Manual(choices, Optional.empty()));
    }

    /** A plan made elsewhere, of which nothing more is known. */
    public static WeightSvdParameters plan(RankPlan plan) {
        return of(new Mode.Given(plan, Optional.empty(), Optional.empty()));
    }

    /** A plan made elsewhere; a run that lacks what it was made with gives a notice. */
    public static WeightSvdParameters plan(RankPlan plan, PlanOrigin origin) {
        return of(new Mode.Given(plan, Optional.of(origin), Optional.empty()));
    }

    /** A mode with all else default. */
    public static WeightSvdParameters of(Mode mode) {
        return new WeightSvdParameters(mode, Optional.empty(), Multiplicity.ONE, List.of());
    }

    /** These parameters with another unfolding. */
    public WeightSvdParameters withUnfolding(Unfolding other) {
        return new WeightSvdParameters(mode, Optional.of(other), multiplicity, modulesToIgnore);
    }

    /** These parameters with ranks that are multiples of a number. */
    public WeightSvdParameters withMultiplicity(int multiple) {
        return new WeightSvdParameters(mode, unfolding, new Multiplicity(multiple), modulesToIgnore);
    }

    /** These parameters ignoring these layers, by name or glob. */
    public WeightSvdParameters ignoring(String... namesOrGlobs) {
        return new WeightSvdParameters(mode, unfolding, multiplicity, List.of(namesOrGlobs));
    }
}
