package dev.wsvd.domain.cost;

import dev.wsvd.domain.layer.LayerId;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * How long the layers of a model take, and what may stand in their places, as measured in the model on one machine.
 *
 * @param conditions under which it was measured: threads, batch, engine, processor; for whom it is kept
 * @param layers by layer; one that the engine did not tell apart is absent
 */
public record LatencyTable(Conditions conditions, Map<LayerId, Entry> layers) {
    public LatencyTable {
        Objects.requireNonNull(conditions, "conditions");
        layers = Collections.unmodifiableMap(new LinkedHashMap<>(layers));
    }

    /** These times, and of others under the same conditions those of what is not timed here. */
    public LatencyTable and(LatencyTable others) {
        Map<LayerId, Entry> all = new LinkedHashMap<>(others.layers);
        layers.forEach((layer, entry) -> {
            Map<String, List<Point>> curves =
                    new LinkedHashMap<>(all.containsKey(layer) ? all.get(layer).curves() : Map.of());
            curves.putAll(entry.curves());
            all.put(layer, new Entry(entry.ns(), curves));
        });
        return new LatencyTable(conditions, all);
    }

    /**
     * What the times are valid for.
     *
     * @param engine with its version
     * @param machine the processor and how many of it there are
     * @param inputs their names and sizes
     * @param modelSha256 digest of the model
     */
    public record Conditions(String engine, String machine, int threads, int batch, String inputs, String modelSha256) {
        public Conditions {
            Objects.requireNonNull(engine, "engine");
            Objects.requireNonNull(machine, "machine");
            Objects.requireNonNull(inputs, "inputs");
            Objects.requireNonNull(modelSha256, "modelSha256");
        }
    }

    /**
     * One layer, with what follows it and is no layer.
     *
     * @param ns of the layer as it is
     * @param curves by what stands there, such as {@code conv 1x1 + conv 3x3}
     */
    public record Entry(long ns, Map<String, List<Point>> curves) {
        public Entry {
            Map<String, List<Point>> copy = new LinkedHashMap<>();
            curves.forEach((what, points) -> copy.put(what, List.copyOf(points)));
            curves = Collections.unmodifiableMap(copy);
        }
    }

    /**
     * One measurement.
     *
     * @param macs per sample, with channels rounded up to what the engine computes at once
     * @param ns what that took
     */
    public record Point(long macs, long ns) {}
}
