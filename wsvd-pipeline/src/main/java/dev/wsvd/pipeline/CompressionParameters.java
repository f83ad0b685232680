package dev.wsvd.pipeline;

import dev.wsvd.domain.cost.CompressionRatio;
import dev.wsvd.domain.plan.Plan;
import dev.wsvd.domain.plan.PlanOrigin;
import dev.wsvd.domain.spi.Selector;
import dev.wsvd.selection.BudgetSelectionParameters;
import dev.wsvd.selection.BudgetSelector;
import dev.wsvd.selection.EnergySelector;
import dev.wsvd.selection.EvbmfSelector;
import dev.wsvd.selection.GreedySelectionParameters;
import dev.wsvd.selection.GreedySelector;
import dev.wsvd.selection.ManualChoice;
import dev.wsvd.selection.ManualSelector;
import dev.wsvd.selection.Multiplicity;
import dev.wsvd.selection.PlanSelector;
import dev.wsvd.selection.TarSelectionParameters;
import dev.wsvd.selection.TarSelector;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * How ranks are chosen, whatever the {@link dev.wsvd.domain.spi.CompressionScheme}. The defaults are AIMET's: for each layer the
 * scheme's first form that suits it, multiplicity 1, no module ignored.
 *
 * @param selector auto (greedy, TAR, budget, energy, EVBMF) or given by hand (manual, plan)
 * @param form what stands in a layer's place, such as {@code input-channel}, for selections that weigh no forms against each other;
 *     absent for the scheme's first that suits the layer or the coupling that is named after it
 * @param multiplicity ranks are multiples of this
 * @param modulesToIgnore names or globs of layers that stay as they are
 */
public record CompressionParameters(
        Selector selector, Optional<String> form, Multiplicity multiplicity, List<String> modulesToIgnore) {
    public CompressionParameters {
        Objects.requireNonNull(selector, "selector");
        Objects.requireNonNull(form, "form");
        Objects.requireNonNull(multiplicity, "multiplicity");
        modulesToIgnore = List.copyOf(modulesToIgnore);
    }

    /** Greedy selection to a target ratio (AIMET's default), all else default. */
    public static CompressionParameters greedy(double target) {
        return of(new GreedySelector(GreedySelectionParameters.of(CompressionRatio.of(target))));
    }

    /** TAR selection to a target ratio, all else default. */
    public static CompressionParameters tar(double target) {
        return of(new TarSelector(TarSelectionParameters.of(CompressionRatio.of(target))));
    }

    /** Budgeted selection to a target ratio, all else default. */
    public static CompressionParameters budget(double target) {
        return of(new BudgetSelector(BudgetSelectionParameters.of(CompressionRatio.of(target))));
    }

    /** The cheapest option of each layer that keeps that share of its energy, all else default. */
    public static CompressionParameters energy(double share) {
        return of(new EnergySelector(share));
    }

    /** Ranks by empirical variational Bayesian matrix factorization, weakened as by default, all else default. */
    public static CompressionParameters evbmf() {
        return evbmf(EvbmfSelector.WEAKENING);
    }

    /** Ranks by empirical variational Bayesian matrix factorization, weakened, all else default. */
    public static CompressionParameters evbmf(double weakening) {
        return of(new EvbmfSelector(weakening));
    }

    /** Ranks or ratios given layer by layer, by name or glob. */
    public static CompressionParameters manual(Map<String, ManualChoice> choices) {
        return of(new ManualSelector(choices, Optional.empty()));
    }

    /** A plan made elsewhere, of which nothing more is known. */
    public static CompressionParameters plan(Plan plan) {
        return of(new PlanSelector(plan, Optional.empty(), Optional.empty()));
    }

    /** A plan made elsewhere; a run that lacks what it was made with gives a notice. */
    public static CompressionParameters plan(Plan plan, PlanOrigin origin) {
        return of(new PlanSelector(plan, Optional.of(origin), Optional.empty()));
    }

    /** A selection with all else default. */
    public static CompressionParameters of(Selector selector) {
        return new CompressionParameters(selector, Optional.empty(), Multiplicity.ONE, List.of());
    }

    /** These parameters with another form. */
    public CompressionParameters withForm(String other) {
        return new CompressionParameters(selector, Optional.of(other), multiplicity, modulesToIgnore);
    }

    /** These parameters with ranks that are multiples of a number. */
    public CompressionParameters withMultiplicity(int multiple) {
        return withMultiplicity(new Multiplicity(multiple));
    }

    /** These parameters with ranks that are multiples of a number or, by {@link Multiplicity#AUTO}, of what the engine likes. */
    public CompressionParameters withMultiplicity(Multiplicity multiples) {
        return new CompressionParameters(selector, form, multiples, modulesToIgnore);
    }

    /** These parameters ignoring these layers, by name or glob. */
    public CompressionParameters ignoring(String... namesOrGlobs) {
        return new CompressionParameters(selector, form, multiplicity, List.of(namesOrGlobs));
    }
}
