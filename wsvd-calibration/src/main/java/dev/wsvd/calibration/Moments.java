package dev.wsvd.calibration;

import dev.wsvd.domain.file.UnnamedFile;
import dev.wsvd.domain.layer.Affine;
import dev.wsvd.domain.layer.Convolution;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.layer.Lookup;
import dev.wsvd.domain.layer.Op;
import dev.wsvd.domain.linalg.LinearAlgebra;
import dev.wsvd.domain.moments.LayerMoments;
import dev.wsvd.domain.spi.Activations;
import dev.wsvd.domain.spi.Activations.Walk;
import dev.wsvd.domain.spi.Activations.Watch;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
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
        MomentsKeeper keeper = new MomentsKeeper(keptBytes, file);
        Map<LayerId, Supplier<LayerMoments>> found = new HashMap<>();
        List<Layer> wanted = layers.stream().filter(Moments::isKept).toList();
        Passes passes = Passes.of(wanted, Moments::bytes, sumsBytes);
        try (Walk<M> walk = inputs.walk(passes.batch())) {
            for (List<Layer> together : passes.parts()) {
                List<LayerId> ids = together.stream().map(Layer::id).toList();
                try (Watch watch = passes.watch(inputs, walk, model, ids)) {
                    List<Layer> watched = together.stream()
                            .filter(layer -> watch.input(layer.id()).isPresent())
                            .toList();
                    for (Shared shared : shared(inputs.samples(), watch, watched, linearAlgebra)) {
                        Supplier<LayerMoments> seen = keeper.keep(shared.sums().moments());
                        shared.layers().forEach(layer -> found.put(layer.id(), seen));
                    }
                    walk.arrived();
                }
            }
        }
        Map<LayerId, Supplier<LayerMoments>> inOrder = new LinkedHashMap<>();
        wanted.stream()
                .map(Layer::id)
                .filter(found::containsKey)
                .forEach(layer -> inOrder.put(layer, found.get(layer)));
        return new LearntMoments(inOrder, file);
    }

    /** Sums for layers that see the same. */
    private record Shared(LayerSums sums, List<Layer> layers) {}

    /**
     * What layers see alike: the patches of one tensor, such as queries, keys and values of an attention do.
     *
     * @param op with one output channel per group
     * @param positions spatial dims of what they give
     */
    private record Seen(String input, Op op, List<Long> positions) {
        static Seen of(SeenBatch batch, Layer layer) {
            String input = batch.inputName(layer);
            if (layer.op() instanceof Convolution conv) {
                List<Long> given = batch.given(layer);
                return new Seen(
                        input,
                        conv.along(dim -> true, conv.groups(), layer.weight().inPerGroup()),
                        given.subList(Math.min(2, given.size()), given.size()));
            }
            return new Seen(
                    input, layer.op() instanceof Affine ? Affine.of(1, layer.inChannels()) : layer.op(), List.of());
        }
    }

    /** Covariances of more channels would be too large. */
    private static boolean isKept(Layer layer) {
        return layer.op() instanceof Lookup || layer.weight().inPerGroup() <= LayerMoments.LARGEST_PATCH;
    }

    private static long bytes(Layer layer) {
        return layer.op() instanceof Lookup ? RowCounts.bytes(layer) : MomentSums.bytes(layer);
    }

    private static LayerSums sums(Layer layer, LinearAlgebra linearAlgebra) {
        return layer.op() instanceof Lookup ? new RowCounts(layer) : new MomentSums(linearAlgebra, layer);
    }

    private static Collection<Shared> shared(
            long samples, Watch watch, List<Layer> layers, LinearAlgebra linearAlgebra) {
        Map<Seen, Shared> alike = new LinkedHashMap<>();
        for (long from = 0, number = 0; from < samples; from += watch.batchSize(), number++) {
            long to = Math.min(samples, from + watch.batchSize());
            SeenBatch batch = new SeenBatch(watch, from, to);
            if (from == 0) {
                layers.forEach(layer -> alike.computeIfAbsent(
                                Seen.of(batch, layer),
                                seen -> new Shared(sums(layer, linearAlgebra), new ArrayList<>()))
                        .layers()
                        .add(layer));
            }
            LayerSums.Share share = new LayerSums.Share(to - from, samples, number);
            alike.values().forEach(shared -> shared.sums().add(batch, share));
        }
        return alike.values();
    }
}
