package dev.wsvd.adapter.onnx.internal.graph;

import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.Op;
import dev.wsvd.domain.layer.Siblings;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Finds layers that read one tensor in the same way. */
public final class SiblingScan {
    /**
     * How a layer reads its input.
     *
     * @param transposed whether a Gemm transposes it
     * @param positions of the output; patches are the same only where there are as many of them
     */
    public record Reading(Scope scope, String input, LayerForm form, boolean transposed, Op op, List<Long> positions) {
        /** Of a layer; empty if it can have no siblings. */
        public static Optional<Reading> of(LayerNode node, Layer layer) {
            return Siblings.readsLike(layer)
                    .filter(op -> layer.supported() && node.unsupportedReason().isEmpty())
                    .map(op -> new Reading(
                            node.scope(), node.input(), node.form(), isTransposed(node), op, positions(layer)));
        }

        private static boolean isTransposed(LayerNode node) {
            return switch (node.form()) {
                case GEMM_RIGHT -> Attributes.integer(node.node(), "transA", 0) != 0;
                case GEMM_LEFT -> Attributes.integer(node.node(), "transB", 0) != 0;
                default -> false;
            };
        }

        private static List<Long> positions(Layer layer) {
            List<Long> shape = new ArrayList<>(layer.outputShape());
            if (!shape.isEmpty()) {
                shape.remove(layer.op().channelDim(shape));
            }
            return List.copyOf(shape);
        }
    }

    private SiblingScan() {}

    /**
     * All siblings of a model, by the first of them in graph order.
     *
     * @param layers the model's, measured
     */
    public static List<Siblings> of(GraphScan scan, List<Layer> layers) {
        Map<Reading, List<Layer>> alike = new LinkedHashMap<>();
        for (Layer layer : layers) {
            scan.layer(layer.id())
                    .flatMap(node -> Reading.of(node, layer))
                    .ifPresent(reading -> alike.computeIfAbsent(reading, r -> new ArrayList<>())
                            .add(layer));
        }
        return alike.values().stream()
                .filter(some -> some.size() > 1)
                .map(Siblings::new)
                .toList();
    }
}
