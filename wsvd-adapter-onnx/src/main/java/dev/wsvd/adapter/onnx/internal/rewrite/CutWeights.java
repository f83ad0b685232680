package dev.wsvd.adapter.onnx.internal.rewrite;

import dev.wsvd.adapter.onnx.internal.graph.StoredArray;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.plan.CutLayer;
import dev.wsvd.domain.plan.Replacement;
import java.lang.ref.SoftReference;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/**
 * What cuts made of layers' weights the last time. Correction makes the same cuts again and again, of which it changes what a layer or two
 * get.
 */
public final class CutWeights {
    private record Made(List<Replacement> by, SoftReference<StoredArray> weight) {
        boolean isOf(List<Replacement> replacements) {
            if (by.size() != replacements.size()) {
                return false;
            }
            for (int i = 0; i < by.size(); i++) {
                if (by.get(i) != replacements.get(i)) {
                    return false;
                }
            }
            return true;
        }
    }

    private final Map<LayerId, Made> byLayer = new ConcurrentHashMap<>();

    /**
     * The weight of a layer after its cuts.
     *
     * @param made how it is made
     */
    StoredArray of(LayerId layer, CutLayer cut, Supplier<StoredArray> made) {
        List<Replacement> replacements = cut.replacements();
        Made last = byLayer.get(layer);
        StoredArray known = last != null && last.isOf(replacements) ? last.weight.get() : null;
        if (known != null) {
            return known;
        }
        StoredArray weight = made.get();
        byLayer.put(layer, new Made(replacements, new SoftReference<>(weight)));
        return weight;
    }
}
