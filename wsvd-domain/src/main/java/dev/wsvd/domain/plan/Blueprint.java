package dev.wsvd.domain.plan;

import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.layer.SizedOp;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What will stand in layers' places, by shapes alone: costs, checks and rewriting follow from it.
 *
 * @param stages by layer, one after the other; each takes what the one before gives
 */
public record Blueprint(Map<LayerId, List<SizedOp>> stages) {
    public Blueprint {
        Map<LayerId, List<SizedOp>> copy = new LinkedHashMap<>();
        stages.forEach((layer, ops) -> copy.put(layer, List.copyOf(ops)));
        stages = Collections.unmodifiableMap(copy);
    }

    /** What will stand in one layer's place. */
    public static Blueprint of(LayerId layer, List<SizedOp> stages) {
        return new Blueprint(Map.of(layer, stages));
    }
}
