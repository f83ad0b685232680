package dev.wsvd.adapter.onnx.internal.coupling;

import ai.onnx.proto.OnnxMl.NodeProto;
import dev.wsvd.adapter.onnx.internal.graph.Attributes;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Whether a product's scores go into a softmax over keys, scaled and masked at most, and nowhere else. */
final class SoftmaxBehind {
    /** From this operator set on, a softmax is along one axis, by default the last. */
    private static final long ONE_AXIS = 13;

    private static final Set<String> BETWEEN = Set.of(
            "Add",
            "Sub",
            "Mul",
            "Div",
            "Where",
            "Max",
            "Min",
            "Clip",
            "Cast",
            "Identity",
            "Dropout",
            "Reshape",
            "Squeeze",
            "Unsqueeze");

    private SoftmaxBehind() {}

    /** A reason if they do not. */
    static Optional<String> missing(CouplingGraph graph, int product) {
        String tensor = graph.nodes().get(product).getOutput(0);
        Optional<List<Long>> dims = graph.example(tensor);
        while (graph.uses(tensor) == 1) {
            List<Integer> takers = graph.takers(tensor);
            if (takers.isEmpty()) {
                break;
            }
            NodeProto taker = graph.nodes().get(takers.get(0));
            Optional<List<Long>> before = graph.example(tensor);
            if (taker.getOpType().equals("Softmax")) {
                return before.isPresent() && isLast(graph, taker, before.get().size())
                        ? Optional.empty()
                        : Optional.of("no softmax over keys follows");
            }
            tensor = taker.getOutput(0);
            if (!BETWEEN.contains(taker.getOpType())
                    || !last(graph.example(tensor)).equals(last(dims))) {
                break;
            }
        }
        return Optional.of("their products do not go into a softmax alone");
    }

    private static Optional<Long> last(Optional<List<Long>> dims) {
        return dims.filter(all -> !all.isEmpty()).map(all -> all.get(all.size() - 1));
    }

    private static boolean isLast(CouplingGraph graph, NodeProto softmax, int rank) {
        long axis = Attributes.integer(softmax, "axis", graph.opset() >= ONE_AXIS ? -1 : 1);
        return axis == -1 || axis == rank - 1;
    }
}
