package dev.wsvd.adapter.onnx.internal.coupling;

import dev.wsvd.domain.layer.Uncoupled;
import java.util.List;

/**
 * What there is to cut.
 *
 * @param couplings whatever may be cut
 * @param uncoupled units that have to stay, and why
 */
public record Findings(List<FoundCoupling> couplings, List<Uncoupled> uncoupled) {
    public Findings {
        couplings = List.copyOf(couplings);
        uncoupled = List.copyOf(uncoupled);
    }
}
