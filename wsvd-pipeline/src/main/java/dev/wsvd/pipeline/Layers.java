package dev.wsvd.pipeline;

import dev.wsvd.domain.Layer;
import dev.wsvd.domain.LayerId;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Look-ups in a model's layers. */
final class Layers {
    private Layers() {}

    static Map<LayerId, Layer> byId(List<Layer> layers) {
        Map<LayerId, Layer> byId = new LinkedHashMap<>();
        layers.forEach(layer -> byId.put(layer.id(), layer));
        return byId;
    }
}
