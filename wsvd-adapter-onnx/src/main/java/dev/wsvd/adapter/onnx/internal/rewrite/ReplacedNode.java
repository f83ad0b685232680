package dev.wsvd.adapter.onnx.internal.rewrite;

import dev.wsvd.adapter.onnx.internal.graph.ConstantTensor;
import dev.wsvd.adapter.onnx.internal.graph.LayerForm;
import dev.wsvd.adapter.onnx.internal.graph.LayerNode;
import dev.wsvd.adapter.onnx.internal.graph.RecurrentNode;
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

    /** Which operand the node's bias is. */
    int bias() {
        return node.form() == LayerForm.RECURRENT_INPUT ? RecurrentNode.B : 2;
    }

    /** What carries the node's stored bias, if another bias takes its place. */
    List<ConstantTensor.Link> replacedBias() {
        if (biasCorrection().isEmpty()) {
            return List.of();
        }
        return RecurrentBias.of(node)
                .map(bias -> bias.stored().map(ConstantTensor::links).orElse(List.of()))
                .orElseGet(() -> Bias.definition(node, biasCorrection().get().length)
                        .map(stored -> List.of(new ConstantTensor.Link(Bias.name(node), stored)))
                        .orElse(List.of()));
    }
}
