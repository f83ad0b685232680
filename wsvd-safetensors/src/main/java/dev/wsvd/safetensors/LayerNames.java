package dev.wsvd.safetensors;

import dev.wsvd.domain.layer.Affine;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.layer.Op;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.tensor.ElementType;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Which tensor is a layer's weight: one that holds the same numbers, whatever the layer is called. Of tensors with the same numbers that is the one
 * which is called like the layer, else the first.
 */
final class LayerNames {
    private static final String WEIGHT = ".weight";
    private static final int CHUNK = 1 << 12;

    private final Safetensors tensors;
    private final Set<String> taken = new HashSet<>();

    private LayerNames(Safetensors tensors) {
        this.tensors = tensors;
    }

    /** The tensors of the layers that have one, which are named {@code ….weight}; each is that of one layer only. */
    static Map<LayerId, StoredTensor> of(CompressibleModel<?> model, Safetensors tensors) {
        LayerNames names = new LayerNames(tensors);
        Map<LayerId, StoredTensor> found = new LinkedHashMap<>();
        for (Layer layer : model.layers()) {
            if (layer.supported()) {
                names.find(model, layer).ifPresent(tensor -> found.put(layer.id(), tensor));
            }
        }
        return found;
    }

    private Optional<StoredTensor> find(CompressibleModel<?> model, Layer layer) {
        Op op = layer.op();
        List<Long> shape = TorchWeight.shape(op);
        List<StoredTensor> upright = candidates(layer, shape);
        List<StoredTensor> turned =
                op instanceof Affine ? candidates(layer, List.of(shape.get(1), shape.get(0))) : List.of();
        if (upright.isEmpty() && turned.isEmpty()) {
            return Optional.empty();
        }
        float[] weight = model.weights(layer.id()).all();
        Optional<StoredTensor> found = equal(upright, TorchWeight.of(op, weight).values(), layer.type());
        if (found.isEmpty() && op instanceof Affine affine && !turned.isEmpty()) {
            found = equal(turned, TorchWeight.turned(affine, weight).values(), layer.type());
        }
        found.ifPresent(tensor -> taken.add(tensor.name()));
        return found;
    }

    private List<StoredTensor> candidates(Layer layer, List<Long> shape) {
        String called = layer.path().orElse(layer.id().name()) + WEIGHT;
        return tensors.tensors().stream()
                .filter(tensor -> tensor.type().isReal() && tensor.shape().equals(shape))
                .filter(tensor -> tensor.name().endsWith(WEIGHT) && !taken.contains(tensor.name()))
                .sorted(Comparator.comparing(
                        (StoredTensor tensor) -> !tensor.name().endsWith(called)))
                .toList();
    }

    private static Optional<StoredTensor> equal(List<StoredTensor> candidates, float[] values, ElementType type) {
        return candidates.stream().filter(tensor -> holds(tensor, values, type)).findFirst();
    }

    /** Whether a tensor holds these numbers, as the model's type rounds them. */
    private static boolean holds(StoredTensor tensor, float[] values, ElementType type) {
        Dtype held = type == ElementType.FLOAT16 ? Dtype.F16 : type == ElementType.BFLOAT16 ? Dtype.BF16 : Dtype.F32;
        for (int at = 0, size; at < values.length; at += size) {
            // Most that are not the same differ at once.
            size = Math.min(at == 0 ? CHUNK : CHUNK << 8, values.length - at);
            float[] stored = tensor.floats(at, size);
            for (int i = 0; i < size; i++) {
                if (held.rounded(stored[i]) != values[at + i]) {
                    return false;
                }
            }
        }
        return true;
    }
}
