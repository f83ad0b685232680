package dev.wsvd.calibration;

import dev.wsvd.domain.layer.Affine;
import dev.wsvd.domain.layer.Convolution;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.layer.Lookup;
import dev.wsvd.domain.layer.Op;
import dev.wsvd.domain.linalg.LinearAlgebra;
import dev.wsvd.domain.spi.Activations;
import dev.wsvd.domain.spi.Activations.Walk;
import dev.wsvd.domain.spi.Activations.Watch;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;

/**
 * Goes through a model with a range of samples, by as many layers at a time as fit into memory, and gives the sums over what these see. The
 * layers are the same for any range. Closed by the caller.
 */
public final class MomentsParts<M> implements Iterator<MomentsPart>, AutoCloseable {
    private final Activations<M> inputs;
    private final M model;
    private final LinearAlgebra linearAlgebra;
    private final SampleRange range;
    private final Passes passes;
    private final Walk<M> walk;
    private int next;

    MomentsParts(Activations<M> inputs, M model, Passes passes, LinearAlgebra linearAlgebra, SampleRange range) {
        this.inputs = inputs;
        this.model = model;
        this.linearAlgebra = linearAlgebra;
        this.range = range;
        this.passes = passes;
        this.walk = inputs.walk(passes.batch());
    }

    @Override
    public boolean hasNext() {
        return next < passes.parts().size();
    }

    /** Runs the model on the samples up to the next layers. */
    @Override
    public MomentsPart next() {
        if (!hasNext()) {
            throw new NoSuchElementException();
        }
        List<Layer> together = passes.parts().get(next++);
        List<LayerId> ids = together.stream().map(Layer::id).toList();
        try (Watch watch = passes.watch(inputs, walk, model, ids)) {
            MomentsPart part = part(
                    watch,
                    together.stream()
                            .filter(layer -> watch.input(layer.id()).isPresent())
                            .toList());
            walk.arrived();
            return part;
        }
    }

    private MomentsPart part(Watch watch, List<Layer> layers) {
        Map<Seen, Shared> alike = new LinkedHashMap<>();
        int size = watch.batchSize();
        for (long from = (range.from() + size - 1) / size * size; from < range.to(); from += size) {
            long to = Math.min(inputs.samples(), from + size);
            SeenBatch batch = new SeenBatch(watch, from, to);
            if (alike.isEmpty()) {
                layers.forEach(layer -> alike.computeIfAbsent(
                                Seen.of(batch, layer), seen -> new Shared(sums(layer), new ArrayList<>()))
                        .layers()
                        .add(layer));
            }
            LayerSums.Share share = new LayerSums.Share(to - from, range.all(), (range.before() + from) / size);
            alike.values().forEach(shared -> shared.sums().add(batch, share));
        }
        MomentsPart part = new MomentsPart();
        alike.values().forEach(shared -> part.put(shared.layers(), shared.sums().sums()));
        return part;
    }

    private LayerSums sums(Layer layer) {
        return layer.op() instanceof Lookup ? RowCounts.of(layer) : new MomentSums(linearAlgebra, layer);
    }

    @Override
    public void close() {
        walk.close();
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
}
