package dev.wsvd.calibration;

import dev.wsvd.domain.file.UnnamedFile;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.layer.Lookup;
import dev.wsvd.domain.linalg.LinearAlgebra;
import dev.wsvd.domain.moments.LayerMoments;
import dev.wsvd.domain.spi.Activations;
import java.util.Collection;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;

/** Moments of what a model's layers see. */
public final class Moments {
    /** What sums of layers that are watched together may take. */
    private static final long SUMS_BYTES = 512L << 20;
    /** What moments may take in memory. */
    private static final long KEPT_BYTES = 256L << 20;

    private Moments() {}

    /**
     * Runs the model on all inputs, batch by batch. If the weights of all layers, what they see, or the sums over it would not fit into
     * memory, it goes through the model by some layers at a time, with all inputs through each part before the next begins. Layers that see the same have the same moments. Patches of a layer with very many positions are subsampled uniformly.
     *
     * @return by layer, in the order given; a layer that cannot be watched is absent, and one with more than {@value
     *     LayerMoments#LARGEST_PATCH} inputs per group that is no lookup. Closed by the caller
     */
    public static <M> LearntMoments of(
            Activations<M> inputs, M model, Collection<Layer> layers, LinearAlgebra linearAlgebra) {
        return of(inputs, model, layers, linearAlgebra, SUMS_BYTES, KEPT_BYTES, new UnnamedFile());
    }

    /**
     * Runs the model on a range of samples, in the batches in which it would run on all. Ranges that have all samples together give, when
     * their parts are added, the moments of all.
     *
     * @return one part for as many layers as are watched together, always the same ones
     */
    public static <M> MomentsParts<M> parts(
            Activations<M> inputs, M model, Collection<Layer> layers, LinearAlgebra linearAlgebra, SampleRange range) {
        return parts(inputs, model, layers, linearAlgebra, range, SUMS_BYTES);
    }

    private static <M> MomentsParts<M> parts(
            Activations<M> inputs,
            M model,
            Collection<Layer> layers,
            LinearAlgebra linearAlgebra,
            SampleRange range,
            long sumsBytes) {
        return new MomentsParts<>(inputs, model, passes(layers, sumsBytes), linearAlgebra, range);
    }

    /** How many parts a range has. */
    public static int groups(Collection<Layer> layers) {
        return passes(layers, SUMS_BYTES).parts().size();
    }

    private static Passes passes(Collection<Layer> layers, long sumsBytes) {
        return Passes.of(layers.stream().filter(Moments::isKept).toList(), Moments::bytes, sumsBytes);
    }

    /**
     * The moments of layers from the sums over all samples.
     *
     * @param whole what the parts of all ranges give together, in any order of layers; they must not be used any more
     * @param layers as for the parts
     * @return as {@link #of(Activations, Object, Collection, LinearAlgebra)}
     */
    public static LearntMoments of(Iterator<MomentsPart> whole, Collection<Layer> layers) {
        return of(whole, layers, KEPT_BYTES, new UnnamedFile());
    }

    /**
     * @param sumsBytes what sums of several layers may take together
     * @param keptBytes what moments may take outside the file
     */
    static <M> LearntMoments of(
            Activations<M> inputs,
            M model,
            Collection<Layer> layers,
            LinearAlgebra linearAlgebra,
            long sumsBytes,
            long keptBytes,
            UnnamedFile file) {
        SampleRange all = SampleRange.all(inputs.samples());
        try (MomentsParts<M> parts = parts(inputs, model, layers, linearAlgebra, all, sumsBytes)) {
            return of(parts, layers, keptBytes, file);
        }
    }

    private static LearntMoments of(
            Iterator<MomentsPart> whole, Collection<Layer> layers, long keptBytes, UnnamedFile file) {
        MomentsKeeper keeper = new MomentsKeeper(keptBytes, file);
        Map<LayerId, Supplier<LayerMoments>> found = new HashMap<>();
        whole.forEachRemaining(part -> part.keep(keeper::keep, found));
        Map<LayerId, Supplier<LayerMoments>> inOrder = new LinkedHashMap<>();
        layers.stream()
                .map(Layer::id)
                .filter(found::containsKey)
                .forEach(layer -> inOrder.put(layer, found.get(layer)));
        return new LearntMoments(inOrder, file);
    }

    /** Covariances of more channels would be too large. */
    private static boolean isKept(Layer layer) {
        return layer.op() instanceof Lookup || layer.weight().inPerGroup() <= LayerMoments.LARGEST_PATCH;
    }

    private static long bytes(Layer layer) {
        return layer.op() instanceof Lookup ? RowCounts.bytes(layer) : MomentSums.bytes(layer);
    }
}
