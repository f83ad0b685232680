package dev.wsvd.calibration;

import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.spi.Activations;
import dev.wsvd.domain.spi.Activations.Walk;
import dev.wsvd.domain.spi.Activations.Watch;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.function.ToLongFunction;

/**
 * How many samples run at once and which layers are watched together, so that their weights, their activations, and what is kept of them,
 * fit into memory.
 *
 * @param batch number of samples
 * @param parts layers in order
 */
record Passes(int batch, List<List<Layer>> parts) {
    /** Elements that a layer may see or give in one batch, if one sample has not more. */
    private static final long LARGEST_TENSOR = 1L << 22;

    private static final int BATCH = 100;
    /** What layers watched together may see and give in one batch. */
    private static final long WATCHED_BYTES = 96L << 20;
    /** What the weights of layers watched together may take in float32. */
    private static final long WEIGHT_BYTES = 1L << 30;

    /** So many samples at once that no layer sees or gives too much. */
    static int batch(Collection<Layer> layers) {
        long largest = layers.stream()
                .mapToLong(layer -> Math.max(elements(layer.inputShape()), elements(layer.outputShape())))
                .max()
                .orElse(1);
        return (int) Math.max(1, Math.min(BATCH, LARGEST_TENSOR / largest));
    }

    /** As few parts as their weights allow, and as many samples at once as what all layers of a part see and give allows. */
    static Passes of(Collection<Layer> layers) {
        return of(layers, layer -> 0, 0);
    }

    /**
     * The same, where something is kept of each layer while it is watched.
     *
     * @param kept bytes that are kept of a layer
     * @param mostKept bytes that may be kept of several layers
     */
    static Passes of(Collection<Layer> layers, ToLongFunction<Layer> kept, long mostKept) {
        int batch = parts(layers, 0, kept, mostKept).stream()
                .mapToInt(Passes::batchOfAll)
                .min()
                .orElse(1);
        return new Passes(batch, parts(layers, batch, kept, mostKept));
    }

    /** So many samples at once that what all layers see and give fits into memory, if that of one sample does. */
    private static int batchOfAll(Collection<Layer> layers) {
        long all = layers.stream().mapToLong(Passes::bytes).sum();
        return (int) Math.max(1, Math.min(batch(layers), WATCHED_BYTES / Math.max(1, all)));
    }

    private static List<List<Layer>> parts(
            Collection<Layer> layers, int batch, ToLongFunction<Layer> kept, long mostKept) {
        List<List<Layer>> parts = new ArrayList<>();
        long watchedBytes = 0;
        long weightBytes = 0;
        long keptBytes = 0;
        for (Layer layer : layers) {
            watchedBytes += batch * bytes(layer);
            weightBytes += weightBytes(layer);
            keptBytes += kept.applyAsLong(layer);
            boolean fits = watchedBytes <= WATCHED_BYTES && weightBytes <= WEIGHT_BYTES && keptBytes <= mostKept;
            if (parts.isEmpty() || !fits) {
                parts.add(new ArrayList<>());
                watchedBytes = batch * bytes(layer);
                weightBytes = weightBytes(layer);
                keptBytes = kept.applyAsLong(layer);
            }
            parts.get(parts.size() - 1).add(layer);
        }
        return parts;
    }

    /**
     * Makes a model ready to run with a part's layers watched: from where the walk is on, but from the inputs on where there is one part
     * only, since nothing has to be remembered then.
     *
     * @param layers those in the model that stand for the part's
     */
    <M> Watch watch(Activations<M> inputs, Walk<M> walk, M model, Collection<LayerId> layers) {
        return parts.size() > 1 ? walk.behind(model, layers) : inputs.watch(model, layers, batch);
    }

    private static long weightBytes(Layer layer) {
        return Float.BYTES * layer.weight().elements();
    }

    private static long bytes(Layer layer) {
        return Float.BYTES * (elements(layer.inputShape()) + elements(layer.outputShape()));
    }

    private static long elements(List<Long> shape) {
        return shape.stream().reduce(1L, Math::multiplyExact);
    }
}
