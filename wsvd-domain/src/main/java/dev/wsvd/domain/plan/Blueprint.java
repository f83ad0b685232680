package dev.wsvd.domain.plan;

import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.layer.SizedOp;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What a choice will make of layers, by shapes alone: costs, checks and rewriting follow from it.
 *
 * @param stages by layer: what will stand in its place, one after the other; each takes what the one before gives. A stage that
 *     siblings share is with the first of them alone
 * @param shrinks by layer: how much smaller it will be where it stays
 */
public record Blueprint(Map<LayerId, List<SizedOp>> stages, Map<LayerId, Shrink> shrinks) {
    public Blueprint {
        Map<LayerId, List<SizedOp>> copy = new LinkedHashMap<>();
        stages.forEach((layer, ops) -> copy.put(layer, List.copyOf(ops)));
        stages = Collections.unmodifiableMap(copy);
        shrinks = Collections.unmodifiableMap(new LinkedHashMap<>(shrinks));
    }

    /** What will stand in one layer's place. */
    public static Blueprint of(LayerId layer, List<SizedOp> stages) {
        return new Blueprint(Map.of(layer, stages), Map.of());
    }

    /** How much smaller layers will be. */
    public static Blueprint of(Map<LayerId, Shrink> shrinks) {
        return new Blueprint(Map.of(), shrinks);
    }

    /** The layers that it changes. */
    public Set<LayerId> layers() {
        Set<LayerId> layers = new LinkedHashSet<>(stages.keySet());
        layers.addAll(shrinks.keySet());
        return layers;
    }

    /** Whether layers stay and get smaller. */
    public boolean isCut() {
        return !shrinks.isEmpty();
    }
}
