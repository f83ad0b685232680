package dev.wsvd.calibration;

import dev.wsvd.domain.layer.Layer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.function.ToLongFunction;

/** How many samples run at once and which layers are watched together, so that their activations, and what is kept of them, fit into memory. */
final class Passes {
    /** Elements that a layer may see or give in one batch, if one sample has not more. */
    private static final long LARGEST_TENSOR = 1L << 22;

    private static final int BATCH = 100;
    /** What layers watched together may see and give in one batch. */
    private static final long WATCHED_BYTES = 96L << 20;

    private Passes() {}

    /** So many samples at once that no layer sees or gives too much. */
    static int batch(Collection<Layer> layers) {
        long largest = layers.stream()
                .mapToLong(layer -> Math.max(elements(layer.inputShape()), elements(layer.outputShape())))
                .max()
                .orElse(1);
        return (int) Math.max(1, Math.min(BATCH, LARGEST_TENSOR / largest));
    }

    /** So many samples at once that what all layers see and give fits into memory, if that of one sample does. */
    static int batchOfAll(Collection<Layer> layers) {
        long all = layers.stream().mapToLong(Passes::bytes).sum();
        return (int) Math.max(1, Math.min(batch(layers), WATCHED_BYTES / Math.max(1, all)));
    }

    /** Layers in order, in parts whose inputs and outputs fit into memory for one batch. */
    static List<List<Layer>> of(Collection<Layer> layers, int batch) {
        return of(layers, batch, layer -> 0, 0);
    }

    /**
     * The same, where something is kept of each layer while it is watched.
     *
     * @param kept bytes that are kept of a layer
     * @param mostKept bytes that may be kept of several layers
     */
    static List<List<Layer>> of(Collection<Layer> layers, int batch, ToLongFunction<Layer> kept, long mostKept) {
        List<List<Layer>> parts = new ArrayList<>();
        long watchedBytes = 0;
        long keptBytes = 0;
        for (Layer layer : layers) {
            watchedBytes += batch * bytes(layer);
            keptBytes += kept.applyAsLong(layer);
            if (parts.isEmpty() || watchedBytes > WATCHED_BYTES || keptBytes > mostKept) {
                parts.add(new ArrayList<>());
                watchedBytes = batch * bytes(layer);
                keptBytes = kept.applyAsLong(layer);
            }
            parts.get(parts.size() - 1).add(layer);
        }
        return parts;
    }

    private static long bytes(Layer layer) {
        return Float.BYTES * (elements(layer.inputShape()) + elements(layer.outputShape()));
    }

    private static long elements(List<Long> shape) {
        return shape.stream().reduce(1L, Math::multiplyExact);
    }
}
