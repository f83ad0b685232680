package dev.wsvd.adapter.onnx.internal.rewrite;

import dev.wsvd.adapter.onnx.internal.graph.LayerForm;
import dev.wsvd.adapter.onnx.internal.graph.LayerNode;
import dev.wsvd.adapter.onnx.internal.graph.Scope;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.plan.Choice;
import dev.wsvd.domain.plan.Stage;
import java.util.List;
import java.util.Optional;

/**
 * A layer's node and the stages that take its place.
 *
 * @param layer what the stages were made for
 * @param stages at least one
 * @param sharing a layer, replaced before this one, that reads the same tensor and whose first stage is this one's too; if there is
 *     one
 */
public record ReplacedNode(LayerNode node, Layer layer, Choice choice, List<Stage> stages, Optional<LayerId> sharing) {
    public ReplacedNode {
        stages = List.copyOf(stages);
    }

    /** The number of the first stage that it has for itself. */
    int firstOwn() {
        return sharing.isPresent() ? 1 : 0;
    }

    /** How a stage stands in the graph: after a lookup there are products, and before a recurrent node. */
    LayerForm form(int stage) {
        return switch (node.form()) {
            case GATHER -> stage == 0 ? LayerForm.GATHER : LayerForm.MATMUL_RIGHT;
            case RECURRENT_INPUT -> stage == stages.size() - 1 ? LayerForm.RECURRENT_INPUT : LayerForm.MATMUL_RIGHT;
            default -> node.form();
        };
    }

    Optional<float[]> biasCorrection() {
        return stages.get(stages.size() - 1).biasCorrection();
    }

    /** What is stored as the node's bias, if another bias takes its place. */
    Optional<Scope.Definition> replacedBias() {
        return biasCorrection().flatMap(added -> Bias.definition(node, added.length));
    }
}
