package dev.wsvd.selection;

import dev.wsvd.domain.NearNames;
import dev.wsvd.domain.cost.CompressionRatio;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.plan.Choice;
import dev.wsvd.domain.plan.Decision;
import dev.wsvd.domain.plan.Plan;
import dev.wsvd.domain.plan.PlanOrigin;
import dev.wsvd.domain.plan.Site;
import dev.wsvd.domain.spi.SelectionProblem;
import dev.wsvd.domain.spi.Selector;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/** A plan made elsewhere, applied as it is; it may change a layer where that saves nothing. */
public final class PlanSelector implements Selector {
    private final Plan plan;
    private final Optional<PlanOrigin> origin;
    private final Optional<CompressionRatio> target;

    /**
     * @param origin what it was made with, if that is known: a run without it says so
     * @param target what the whole must meet, if anything
     */
    public PlanSelector(Plan plan, Optional<PlanOrigin> origin, Optional<CompressionRatio> target) {
        this.plan = Objects.requireNonNull(plan, "plan");
        this.origin = Objects.requireNonNull(origin, "origin");
        this.target = Objects.requireNonNull(target, "target");
    }

    /** The plan, as it was given. */
    public Plan plan() {
        return plan;
    }

    /** What it was made with, if that is known. */
    public Optional<PlanOrigin> origin() {
        return origin;
    }

    @Override
    public String id() {
        return "plan";
    }

    @Override
    public Optional<CompressionRatio> target() {
        return target;
    }

    /** @throws InvalidInputException if the plan names a layer that is not there, or does to one what cannot be done */
    @Override
    public Plan select(SelectionProblem problem) {
        origin.ifPresent(made -> PlanFit.notices(made, problem.origin()).forEach(problem::notice));
        target.ifPresent(ratio -> problem.requireCost());
        Map<LayerId, Site> sites = new LinkedHashMap<>();
        problem.sites().forEach(site -> sites.put(site.id(), site));
        plan.decisions().forEach((id, decision) -> {
            Site site = sites.get(id);
            if (site == null) {
                throw new InvalidInputException("The plan names a layer that the model does not have: '" + id + "'."
                        + NearNames.hint(
                                id.name(),
                                sites.keySet().stream().map(LayerId::name).toList()));
            }
            if (decision instanceof Decision.Change change) {
                requirePossible(problem, site, change.choice());
            }
        });
        Map<LayerId, Decision> decisions = new LinkedHashMap<>();
        sites.forEach((id, site) -> {
            boolean ignored = site.keepReason().isPresent() && site.layer().supported();
            decisions.put(id, ignored ? site.kept("") : plan.decision(id));
        });
        Plan whole = new Plan(decisions);
        GivenTarget.require(problem, target, whole);
        return whole;
    }

    private static void requirePossible(SelectionProblem problem, Site site, Choice choice) {
        site.layer().unsupportedReason().ifPresent(reason -> {
            throw new InvalidInputException(
                    "The plan splits layer '" + site.id() + "', which cannot be split: " + reason + ".");
        });
        problem.cost(site, choice);
    }
}
