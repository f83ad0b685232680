package dev.wsvd.pipeline;

import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.plan.Choice;
import dev.wsvd.domain.plan.Plan;
import dev.wsvd.domain.plan.Site;
import dev.wsvd.domain.spi.Schemes;
import dev.wsvd.domain.stats.CumulativeEnergy;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** How much of each weight its first singular values hold, in the form that was chosen for it, else in the one that suits it first. */
record LayerSpectra(Run<?> run, Schemes schemes) {
    /**
     * By layer; absent are those that stay whatever is selected, those whose form decomposes something else, and those so large that one
     * more decomposition takes long and much memory, which is told.
     */
    Map<LayerId, CumulativeEnergy> of(RunProblem<?> problem, Plan plan) {
        Map<Site, Choice> largest = new LinkedHashMap<>();
        int large = 0;
        for (Site site : problem.sites()) {
            String form = form(site, plan).orElseGet(() -> problem.form(site));
            List<Choice> choices = schemes.of(form).series(site.place(), form, 1);
            if (site.keepReason().isPresent()
                    || choices.isEmpty()
                    || !schemes.of(form).hasSpectra()) {
                continue;
            }
            if (FactorCache.isLarge(site.layer())) {
                large++;
            } else {
                largest.put(site, choices.get(choices.size() - 1));
            }
        }
        if (large > 0) {
            problem.notice(
                    "The singular values of " + (large == 1 ? "one layer" : large + " layers")
                            + " are not in the report: to decompose weights of that size once more takes long and much memory.");
        }
        Map<LayerId, CumulativeEnergy> energies = new LinkedHashMap<>();
        run.spectra(largest)
                .forEach(
                        (site, spectra) -> CumulativeEnergy.of(largest.get(site).form(), spectra)
                                .ifPresent(energy -> energies.put(site.id(), energy)));
        return energies;
    }

    /** That of a split at one rank; what else changes layers has no spectrum. */
    private Optional<String> form(Site site, Plan plan) {
        return Optional.ofNullable(plan.changes().get(site.id()))
                .filter(choice -> choice.sizes().size() == 1
                        && run.costs().option(site.place(), choice).isAlone())
                .map(Choice::form)
                .filter(schemes.forms()::contains);
    }
}
