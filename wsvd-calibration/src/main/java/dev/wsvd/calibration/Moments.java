package dev.wsvd.calibration;

import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.layer.Lookup;
import dev.wsvd.domain.linalg.LinearAlgebra;
import dev.wsvd.domain.moments.LayerMoments;
import dev.wsvd.domain.spi.Activations;
import dev.wsvd.domain.spi.Activations.Watch;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Moments of what a model's layers see. */
public final class Moments {
    private Moments() {}

    /**
     * Runs the model on all inputs, batch by batch, and again for other layers if what all of them see would not fit into memory.
     * Patches of a layer with very many positions are subsampled uniformly.
     *
     * @return by layer, in the order given; a layer that cannot be watched is absent, and one with more than {@value
     *     LayerMoments#LARGEST_PATCH} inputs per group that is no lookup
     */
    public static <M> Map<LayerId, LayerMoments> of(
            Activations<M> inputs, M model, Collection<Layer> layers, LinearAlgebra linearAlgebra) {
        Map<LayerId, LayerMoments> moments = new LinkedHashMap<>();
        int batch = Passes.batchOfAll(layers);
        for (List<Layer> together : Passes.of(layers, batch)) {
            try (Watch watch =
                    inputs.watch(model, together.stream().map(Layer::id).toList(), batch)) {
                List<LayerSums> sums = together.stream()
                        .filter(layer -> watch.input(layer.id()).isPresent() && isKept(layer))
                        .map(layer -> sums(layer, linearAlgebra))
                        .toList();
                add(inputs.samples(), watch, sums);
                sums.forEach(sum -> moments.put(sum.layer().id(), sum.moments()));
            }
        }
        return moments;
    }

    /** Covariances of more channels would be too large. */
    private static boolean isKept(Layer layer) {
        return layer.op() instanceof Lookup || layer.weight().inPerGroup() <= LayerMoments.LARGEST_PATCH;
    }

    private static LayerSums sums(Layer layer, LinearAlgebra linearAlgebra) {
        return layer.op() instanceof Lookup ? new RowCounts(layer) : new MomentSums(linearAlgebra, layer);
    }

    private static void add(long samples, Watch watch, List<LayerSums> sums) {
        for (long from = 0, number = 0; from < samples; from += watch.batchSize(), number++) {
            long to = Math.min(samples, from + watch.batchSize());
            SeenBatch seen = new SeenBatch(watch, from, to);
            LayerSums.Share share = new LayerSums.Share(to - from, samples, number);
            sums.forEach(sum -> sum.add(seen, share));
        }
    }
}
