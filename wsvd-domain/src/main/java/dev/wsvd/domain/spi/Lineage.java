package dev.wsvd.domain.spi;

import dev.wsvd.domain.layer.LayerId;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What stands in the place of layers that were replaced, once or several times: what a format answers
 * {@link CompressibleModel#stagesOf} by.
 *
 * @param stages by layer of the model that was opened, or of any in between
 */
public record Lineage(Map<LayerId, List<LayerId>> stages) {
    public Lineage {
        stages = Collections.unmodifiableMap(new LinkedHashMap<>(stages));
    }

    /** Of a model that was opened: every layer is itself. */
    public static Lineage of(Collection<LayerId> layers) {
        Map<LayerId, List<LayerId>> stages = new LinkedHashMap<>();
        layers.forEach(layer -> stages.put(layer, List.of(layer)));
        return new Lineage(stages);
    }

    /**
     * After more replacements.
     *
     * @param replaced by layer: the new layers in its place, in order
     */
    public Lineage replaced(Map<LayerId, List<LayerId>> replaced) {
        Map<LayerId, List<LayerId>> all = new LinkedHashMap<>();
        stages.forEach((original, now) -> all.put(
                original,
                now.stream()
                        .flatMap(layer -> replaced.getOrDefault(layer, List.of(layer)).stream())
                        .toList()));
        replaced.values().forEach(added -> added.forEach(layer -> all.putIfAbsent(layer, List.of(layer))));
        return new Lineage(all);
    }

    /** What stands in a layer's place, in order; empty if there never was such a layer. */
    public List<LayerId> stagesOf(LayerId original) {
        return stages.getOrDefault(original, List.of());
    }
}
