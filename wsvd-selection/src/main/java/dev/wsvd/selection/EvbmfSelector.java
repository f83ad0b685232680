package dev.wsvd.selection;

import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.linalg.Spectrum;
import dev.wsvd.domain.plan.Decision;
import dev.wsvd.domain.plan.Option;
import dev.wsvd.domain.plan.Plan;
import dev.wsvd.domain.plan.Site;
import dev.wsvd.domain.spi.SelectionProblem;
import dev.wsvd.domain.spi.Selector;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The rank of each layer by empirical variational Bayesian matrix factorization of its unfolded weight ({@link Evbmf}), weakened: with p
 * the full rank and r that of the factorization, ⌊p − w (p − r)⌋. Of a grouped layer r is that of the group with the largest. A layer
 * stays as it is where p is below 21, r is 0 or the rank saves nothing. Inputs play no part, there is no budget and nothing is scored.
 *
 * <p>Y. Kim, E. Park, S. Yoo, T. Choi, L. Yang, D. Shin, "Compression of deep convolutional neural networks for fast and low power mobile
 * applications", ICLR 2016. Weakening: J. Gusak, M. Kholyavchenko, E. Ponomarev, L. Markeeva, P. Blagoveschensky, A. Cichocki, I. Oseledets,
 * "Automated multi-stage compression of neural networks", ICCV workshops 2019 (MUSCO).
 */
public final class EvbmfSelector implements Selector {
    /** MUSCO's default. */
    public static final double WEAKENING = 0.8;

    /** As in MUSCO: the spectrum of fewer values tells too little of noise. */
    private static final int LEAST_ROWS = 21;

    private final double weakening;

    /**
     * @param weakening w, above 0 and at most 1, for the ranks of the factorization themselves
     * @throws InvalidInputException if it is not
     */
    public EvbmfSelector(double weakening) {
        if (!(weakening > 0 && weakening <= 1)) {
            throw new InvalidInputException("The weakening must be above 0 and at most 1, found " + weakening + ".");
        }
        this.weakening = weakening;
    }

    @Override
    public String id() {
        return "evbmf";
    }

    @Override
    public Plan select(SelectionProblem problem) {
        problem.requireCost();
        Map<Site, List<Spectrum>> spectra = problem.spectra(problem.sites().stream()
                .filter(site -> !problem.multiples(site).isEmpty())
                .toList());
        Map<LayerId, Decision> decisions = new LinkedHashMap<>();
        problem.sites().forEach(site -> decisions.put(site.id(), decision(problem, site, spectra.get(site))));
        return new Plan(decisions);
    }

    /** @param spectra null where no rank saves */
    private Decision decision(SelectionProblem problem, Site site, List<Spectrum> spectra) {
        if (spectra == null) {
            return KeepReason.NO_RANK_SAVES.decision(site);
        }
        if (spectra.isEmpty()) {
            return site.kept("EVBMF gives the rank of one unfolding; " + problem.form(site) + " is not split by one");
        }
        int full = spectra.get(0).rows();
        if (full < LEAST_ROWS) {
            return site.kept("full rank " + full + " is too small for EVBMF");
        }
        int rank = spectra.stream()
                .mapToInt(spectrum -> new Evbmf(spectrum).rank())
                .max()
                .orElseThrow();
        if (rank == 0) {
            return site.kept("EVBMF finds nothing above the noise");
        }
        int weakened = (int) (full - weakening * (full - rank));
        return problem.series(site).stream()
                .filter(option -> option.choice().rank() == weakened)
                .findFirst()
                .flatMap(option -> Rounding.of(option, problem.multiples(site), problem.metric()))
                .<Decision>map(EvbmfSelector::change)
                .orElseGet(() -> site.kept("rank " + weakened + " by EVBMF does not save"));
    }

    private static Decision change(Option option) {
        return new Decision.Change(option.choice());
    }
}
