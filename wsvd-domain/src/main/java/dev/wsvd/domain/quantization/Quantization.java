package dev.wsvd.domain.quantization;

import dev.wsvd.domain.layer.LayerId;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * What becomes int8 in a model, and how.
 *
 * @param mode when the ranges of activations are found
 * @param layers each once
 * @param activations encodings of tensors by name; none if they are found in each run
 */
public record Quantization(Mode mode, List<QuantizedLayer> layers, Map<String, Encoding> activations) {
    /** When the ranges of activations are found. */
    public enum Mode {
        /** Once, on calibration inputs: what engines compute fastest. */
        STATIC,
        /** In each run anew, of each layer's input; what lies between layers stays float. */
        DYNAMIC;

        /** For people: {@code static}, {@code dynamic}. */
        @Override
        public String toString() {
            return name().toLowerCase(java.util.Locale.ROOT);
        }
    }

    public Quantization {
        Objects.requireNonNull(mode, "mode");
        layers = List.copyOf(layers);
        activations = Map.copyOf(activations);
    }

    /** The layers by name, in their order. */
    public Map<LayerId, QuantizedLayer> byId() {
        Map<LayerId, QuantizedLayer> byId = new LinkedHashMap<>();
        layers.forEach(layer -> byId.put(layer.id(), layer));
        return byId;
    }
}
