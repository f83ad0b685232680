package dev.wsvd.adapter.onnx.internal.weights;

import dev.wsvd.safetensors.Safetensors;
import dev.wsvd.safetensors.StoredTensor;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Finds tensors by the names of parameters. One of both may stand in a larger module, as {@code bert.encoder.layer.0.query.weight} of a
 * classifier does where the model is an encoder only: then the end of the longer name is the other. A tensor that several parameters could
 * have in this way is that of none but the one which has its whole name.
 */
final class TensorNames {
    private final Safetensors tensors;
    private final Map<String, StoredTensor> byEnd = new HashMap<>();
    private final Map<StoredTensor, Set<String>> claims = new LinkedHashMap<>();

    /** @param parameters by which names each of them is looked for, its own first */
    TensorNames(Safetensors tensors, Collection<List<String>> parameters) {
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
        for (List<String> names : parameters) {
            names.stream()
                    .filter(name -> fitting(name).isPresent())
                    .findFirst()
                    .ifPresent(name -> claims.computeIfAbsent(fitting(name).get(), tensor -> new LinkedHashSet<>())
                            .add(name));
        }
    }

    /** The tensor of a parameter, if one name fits and no other. */
    Optional<StoredTensor> find(String parameter) {
        return fitting(parameter)
                .filter(tensor -> tensor.name().equals(parameter)
                        || claims.getOrDefault(tensor, Set.of()).equals(Set.of(parameter)));
    }

    /** Names whose tensor could be that of another parameter too. */
    List<String> unclear() {
        return claims.entrySet().stream()
                .filter(claim -> claim.getValue().size() > 1)
                .flatMap(claim -> claim.getValue().stream()
                        .filter(name -> !name.equals(claim.getKey().name())))
                .toList();
    }

    private Optional<StoredTensor> fitting(String parameter) {
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
