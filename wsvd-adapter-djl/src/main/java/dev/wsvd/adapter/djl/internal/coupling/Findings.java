package dev.wsvd.adapter.djl.internal.coupling;

import dev.wsvd.domain.layer.Uncoupled;
import java.util.List;

/** What there is to cut in a network, and what has to stay. */
public record Findings(List<FoundCoupling> couplings, List<Uncoupled> uncoupled) {
    public Findings {
        couplings = List.copyOf(couplings);
        uncoupled = List.copyOf(uncoupled);
    }
}
