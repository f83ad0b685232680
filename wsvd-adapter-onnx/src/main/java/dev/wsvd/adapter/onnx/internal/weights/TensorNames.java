package dev.wsvd.adapter.onnx.internal.weights;

import dev.wsvd.safetensors.Safetensors;
import dev.wsvd.safetensors.StoredTensor;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Finds tensors by the names of parameters. One of both may stand in a larger module, as {@code bert.encoder.layer.0.query.weight} of a
 * classifier does where the model is an encoder only: then the end of the longer name is the other.
 */
final class TensorNames {
    private final Safetensors tensors;
    private final Map<String, StoredTensor> byEnd = new HashMap<>();

    TensorNames(Safetensors tensors) {
        this.tensors = tensors;
        Set<String> several = new HashSet<>();
        for (StoredTensor tensor : tensors.tensors()) {
            for (String end = end(tensor.name()); !end.isEmpty(); end = end(end)) {
                if (byEnd.put(end, tensor) != null) {
                    several.add(end);
                }
            }
        }
        byEnd.keySet().removeAll(several);
    }

    /** The tensor of a parameter, if one name fits and no other. */
    Optional<StoredTensor> find(String parameter) {
        Optional<StoredTensor> found = tensors.find(parameter).or(() -> Optional.ofNullable(byEnd.get(parameter)));
        for (String end = end(parameter); found.isEmpty() && !end.isEmpty(); end = end(end)) {
            found = tensors.find(end);
        }
        return found;
    }

    /** The name without its first part; empty if one part is all that is left. */
    private static String end(String name) {
        String end = name.substring(name.indexOf('.') + 1);
        return end.length() < name.length() && end.indexOf('.') > 0 ? end : "";
    }
}
