package dev.wsvd.calibration;

import dev.wsvd.domain.layer.Affine;
import dev.wsvd.domain.layer.Convolution;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.layer.Lookup;
import dev.wsvd.domain.layer.Op;
import dev.wsvd.domain.layer.WeightShape;
import dev.wsvd.domain.linalg.LinearAlgebra;
import dev.wsvd.domain.moments.LayerMoments;
import dev.wsvd.domain.spi.Activations;
import dev.wsvd.domain.spi.Activations.Watch;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Moments of what a model's layers see. */
public final class Moments {
    private Moments() {}

    /**
     * Runs the model on all inputs, batch by batch, and again for other layers if what all of them see would not fit into memory. Layers
     * that see the same have the same moments. Patches of a layer with very many positions are subsampled uniformly.
     *
     * @return by layer, in the order given; a layer that cannot be watched is absent, and one with more than {@value
     *     LayerMoments#LARGEST_PATCH} inputs per group that is no lookup
     */
    public static <M> Map<LayerId, LayerMoments> of(
            Activations<M> inputs, M model, Collection<Layer> layers, LinearAlgebra linearAlgebra) {
        Map<LayerId, LayerMoments> found = new HashMap<>();
        int batch = Passes.batchOfAll(layers);
        for (List<Layer> together : Passes.of(layers, batch)) {
            try (Watch watch =
                    inputs.watch(model, together.stream().map(Layer::id).toList(), batch)) {
                List<Layer> watched = together.stream()
                        .filter(layer -> watch.input(layer.id()).isPresent() && isKept(layer))
                        .toList();
                for (Shared shared : shared(inputs.samples(), watch, watched, linearAlgebra)) {
                    LayerMoments seen = shared.sums().moments();
                    shared.layers().forEach(layer -> found.put(layer.id(), seen));
                }
            }
        }
        Map<LayerId, LayerMoments> moments = new LinkedHashMap<>();
        layers.stream()
                .map(Layer::id)
                .filter(found::containsKey)
                .forEach(layer -> moments.put(layer, found.get(layer)));
        return moments;
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
            WeightShape weight = layer.weight();
            WeightShape one = new WeightShape(layer.groups(), weight.inPerGroup(), weight.kernel());
            if (layer.op() instanceof Convolution conv) {
                List<Long> given = batch.given(layer);
                return new Seen(
                        input,
                        new Convolution(one, conv.groups(), conv.stride(), conv.dilation(), conv.padding()),
                        given.subList(Math.min(2, given.size()), given.size()));
            }
            return new Seen(input, layer.op() instanceof Affine ? new Affine(one) : layer.op(), List.of());
        }
    }

    /** Covariances of more channels would be too large. */
    private static boolean isKept(Layer layer) {
        return layer.op() instanceof Lookup || layer.weight().inPerGroup() <= LayerMoments.LARGEST_PATCH;
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
