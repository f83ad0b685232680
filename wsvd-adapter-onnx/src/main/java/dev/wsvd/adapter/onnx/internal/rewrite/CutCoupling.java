package dev.wsvd.adapter.onnx.internal.rewrite;

import dev.wsvd.adapter.onnx.internal.coupling.FoundCoupling;
import dev.wsvd.domain.plan.Cut;
import dev.wsvd.domain.plan.Replacement;

/**
 * A coupling and what is left of it.
 *
 * @param replacement with a cut of this coupling
 */
public record CutCoupling(FoundCoupling found, Replacement replacement) {
    Cut cut() {
        return replacement.cut().orElseThrow();
    }
}
