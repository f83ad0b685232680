package dev.wsvd.selection;

import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.plan.Decision;
import dev.wsvd.domain.plan.Option;
import dev.wsvd.domain.plan.Plan;
import dev.wsvd.domain.plan.Site;
import dev.wsvd.domain.spi.SelectionProblem;
import dev.wsvd.domain.spi.Selector;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.ToDoubleBiFunction;

/**
 * The energy rule: each layer takes the cheapest option that keeps a share e of its energy, 1 − error² ≥ e, and stays as it is where
 * none is cheaper than the layer. With calibration inputs that is the energy of the layer's outputs, else of its weight. There is no
 * budget and nothing is scored.
 *
 * <p>The energy threshold on singular values is that of Y. Kim, E. Park, S. Yoo, T. Choi, L. Yang, D. Shin, "Compression of deep
 * convolutional neural networks for fast and low power mobile applications", ICLR 2016, and of many before.
 */
public final class EnergySelector implements Selector {
    private final double energy;

    /**
     * @param energy the share to keep, above 0 and below 1
     * @throws InvalidInputException if it is not
     */
    public EnergySelector(double energy) {
        if (!(energy > 0 && energy < 1)) {
            throw new InvalidInputException(
                    "The share of energy to keep must be above 0 and below 1, found " + energy + ".");
        }
        this.energy = energy;
    }

    @Override
    public String id() {
        return "energy";
    }

    @Override
    public boolean weighsForms() {
        return true;
    }

    @Override
    public Plan select(SelectionProblem problem) {
        problem.requireCost();
        Map<Site, List<Option>> options = new LinkedHashMap<>();
        problem.sites().forEach(site -> options.put(site, splits(problem, site)));
        ToDoubleBiFunction<Site, Option> errors = problem.errors(options);
        Map<LayerId, Decision> decisions = new LinkedHashMap<>();
        options.forEach((site, some) -> {
            Optional<Option> cheapest = some.stream()
                    .filter(option -> 1 - square(errors.applyAsDouble(site, option)) >= energy)
                    .min(Comparator.<Option>comparingLong(
                                    option -> option.cost().of(problem.metric()))
                            .thenComparingDouble(option -> errors.applyAsDouble(site, option)));
            decisions.put(
                    site.id(),
                    cheapest.<Decision>map(option -> new Decision.Change(option.choice()))
                            .orElseGet(() -> some.isEmpty()
                                    ? KeepReason.NO_RANK_SAVES.decision(site)
                                    : site.kept("no rank that saves keeps the energy")));
        });
        return new Plan(decisions);
    }

    /** What changes several layers changes several energies, which a rule for each layer apart does not weigh. */
    private static List<Option> splits(SelectionProblem problem, Site site) {
        return problem.splits(site, Set.of(problem.metric()));
    }

    private static double square(double error) {
        return error * error;
    }
}
