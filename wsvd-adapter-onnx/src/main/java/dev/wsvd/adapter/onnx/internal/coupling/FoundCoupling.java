package dev.wsvd.adapter.onnx.internal.coupling;

import dev.wsvd.domain.layer.Coupling;
import java.util.List;

/**
 * A coupling and what a cut of it changes in the graph.
 *
 * @param edits all changes but those of weights of layers that write or read the units
 */
public record FoundCoupling(Coupling coupling, List<GraphEdit> edits) {
    public FoundCoupling {
        edits = List.copyOf(edits);
    }
}
