package dev.wsvd.calibration;

import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.WeightShape;
import dev.wsvd.domain.linalg.LinearAlgebra;
import dev.wsvd.domain.moments.Projection;
import dev.wsvd.domain.spi.Activations;
import dev.wsvd.domain.spi.Activations.Walk;
import dev.wsvd.domain.spi.Activations.Watch;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/**
 * Two models that run layer by layer on the same inputs: an original, and it with ever more of its layers replaced.
 *
 * @param <M> what the format's users call a model
 */
public final class Lockstep<M> implements AutoCloseable {
    /** One batch in so many is held out. */
    private static final int HELD_OUT = 5;

    /** Two square matrices of that size are held at once. */
    private static final int LARGEST_PATCH = 4608;

    private final long samples;
    private final M original;
    private final LinearAlgebra linearAlgebra;
    private final Walk<M> before;
    private final Walk<M> after;

    /** @param layers those to look at, all or some of them and in this order, which is that of the model's run */
    public Lockstep(Activations<M> inputs, M original, Collection<Layer> layers, LinearAlgebra linearAlgebra) {
        this.samples = inputs.samples();
        this.original = original;
        this.linearAlgebra = linearAlgebra;
        int batch = (int) Math.max(1, Math.min(Passes.batch(layers), samples / HELD_OUT));
        this.before = inputs.walk(batch);
        this.after = inputs.walk(batch);
    }

    /**
     * What the last stage in a layer's place sees, and what the layer gave in the original.
     *
     * @param now the original with all layers before this one replaced that shall be, and nothing else than in the calls before as
     *     far as those went
     * @param layer one that is not replaced in {@code now}
     * @param projection the stages before the last in its place
     * @return empty if the layer cannot be watched in both, z has more than {@value #LARGEST_PATCH} elements, or there are too few
     *     inputs to hold some out
     */
    public Optional<JointStatistics> at(M now, Layer layer, Projection projection) {
        return at(now, layer, NarrowedLayer.whole(layer), Optional.of(projection));
    }

    /**
     * The same of a layer that stands in both models.
     *
     * @param narrowed the layer in {@code now}, where it may have fewer channels; z is what it sees
     */
    public Optional<JointStatistics> at(M now, Layer layer, NarrowedLayer narrowed) {
        return at(now, layer, narrowed, Optional.empty());
    }

    private Optional<JointStatistics> at(M now, Layer layer, NarrowedLayer narrowed, Optional<Projection> projection) {
        WeightShape weight = narrowed.layer().weight();
        int width = projection.map(Projection::width).orElse(weight.inPerGroup() * weight.kernelSize());
        if (narrowed.layer().groups() != layer.groups() || width > LARGEST_PATCH) {
            return Optional.empty();
        }
        try (Watch then = before.behind(original, List.of(layer.id()));
                Watch seen = after.before(now, layer.id())) {
            Optional<String> input = then.input(layer.id());
            if (input.isEmpty() || then.output(layer.id()).isEmpty() || !input.equals(seen.input(layer.id()))) {
                return Optional.empty();
            }
            JointSums learnt = new JointSums(linearAlgebra, layer, width, projection);
            JointSums heldOut = new JointSums(linearAlgebra, layer, width, projection);
            add(samples, then, seen, narrowed, learnt, heldOut);
            before.arrived();
            after.arrived();
            return heldOut.patches() == 0
                    ? Optional.empty()
                    : Optional.of(new JointStatistics(learnt.moments(), heldOut.moments()));
        }
    }

    private static void add(
            long samples, Watch before, Watch after, NarrowedLayer narrowed, JointSums learnt, JointSums heldOut) {
        Layer layer = learnt.layer();
        for (long from = 0, number = 0; from < samples; from += before.batchSize(), number++) {
            long to = Math.min(samples, from + before.batchSize());
            SeenBatch then = new SeenBatch(before, from, to);
            SeenBatch seen = new SeenBatch(after, from, to);
            // A layer with fewer channels has as many positions.
            Patches patches = seen.patches(narrowed.layer(), then.given(layer));
            JointSums sums = number % HELD_OUT == HELD_OUT - 1 ? heldOut : learnt;
            sums.add(
                    patches,
                    then.patches(layer),
                    Target.of(layer, then, seen, narrowed),
                    Subsample.of(narrowed.layer(), patches, to - from, samples, number));
        }
    }

    @Override
    public void close() {
        try (before;
                after) {
            // Both, also if one of them fails.
        }
    }
}
