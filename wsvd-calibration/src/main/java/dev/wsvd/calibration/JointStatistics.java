package dev.wsvd.calibration;

import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.layer.WeightShape;
import dev.wsvd.domain.linalg.LinearAlgebra;
import dev.wsvd.domain.moments.JointMoments;
import dev.wsvd.domain.moments.Projection;
import dev.wsvd.domain.spi.Activations;
import dev.wsvd.domain.spi.Activations.Watch;
import java.util.List;
import java.util.Optional;

/**
 * What the last of the stages in a layer's place, or what is left of it after cuts, would see in a network whose layers before it were
 * replaced, together with what the layer gave in the original.
 *
 * @param learnt moments by group, of most inputs
 * @param heldOut moments by group, of the others
 */
public record JointStatistics(List<JointMoments> learnt, List<JointMoments> heldOut) {
    /** One batch in so many is held out. */
    private static final int HELD_OUT = 5;

    /** Two square matrices of that size are held at once. */
    private static final int LARGEST_PATCH = 4608;

    public JointStatistics {
        learnt = List.copyOf(learnt);
        heldOut = List.copyOf(heldOut);
    }

    /**
     * Runs two models in lockstep.
     *
     * @param now the original with all layers before this one replaced that shall be
     * @param layer one that is not replaced in {@code now}
     * @param projection the stages before the last in its place
     * @return empty if the layer cannot be watched in both, z has more than {@value #LARGEST_PATCH} elements, or there are too few
     *     inputs to hold some out
     */
    public static <M> Optional<JointStatistics> of(
            Activations<M> inputs, M original, M now, Layer layer, Projection projection, LinearAlgebra linearAlgebra) {
        return new Sources<>(inputs, original, now, linearAlgebra)
                .of(layer, NarrowedLayer.whole(layer), Optional.of(projection));
    }

    /**
     * The same of a layer that stands in both models.
     *
     * @param narrowed the layer in {@code now}, where it may have fewer channels; z is what it sees
     */
    public static <M> Optional<JointStatistics> of(
            Activations<M> inputs,
            M original,
            M now,
            Layer layer,
            NarrowedLayer narrowed,
            LinearAlgebra linearAlgebra) {
        return new Sources<>(inputs, original, now, linearAlgebra).of(layer, narrowed, Optional.empty());
    }

    private record Sources<M>(Activations<M> inputs, M original, M now, LinearAlgebra linearAlgebra) {
        Optional<JointStatistics> of(Layer layer, NarrowedLayer narrowed, Optional<Projection> projection) {
            WeightShape weight = narrowed.layer().weight();
            int width = projection.map(Projection::width).orElse(weight.inPerGroup() * weight.kernelSize());
            if (narrowed.layer().groups() != layer.groups() || width > LARGEST_PATCH) {
                return Optional.empty();
            }
            List<LayerId> id = List.of(layer.id());
            int batch = (int) Math.max(1, Math.min(Passes.batch(List.of(layer)), inputs.samples() / HELD_OUT));
            try (Watch before = inputs.watch(original, id, batch);
                    Watch after = inputs.watch(now, id, batch)) {
                Optional<String> input = before.input(layer.id());
                if (input.isEmpty() || before.output(layer.id()).isEmpty() || !input.equals(after.input(layer.id()))) {
                    return Optional.empty();
                }
                JointSums learnt = new JointSums(linearAlgebra, layer, width, projection);
                JointSums heldOut = new JointSums(linearAlgebra, layer, width, projection);
                add(inputs.samples(), before, after, narrowed, learnt, heldOut);
                return heldOut.patches() == 0
                        ? Optional.empty()
                        : Optional.of(new JointStatistics(learnt.moments(), heldOut.moments()));
            }
        }
    }

    private static void add(
            long samples, Watch before, Watch after, NarrowedLayer narrowed, JointSums learnt, JointSums heldOut) {
        Layer layer = learnt.layer();
        for (long from = 0, number = 0; from < samples; from += before.batchSize(), number++) {
            long to = Math.min(samples, from + before.batchSize());
            SeenBatch then = new SeenBatch(before, from, to);
            SeenBatch seen = new SeenBatch(after, from, to);
            Patches patches = seen.patches(narrowed.layer());
            JointSums sums = number % HELD_OUT == HELD_OUT - 1 ? heldOut : learnt;
            sums.add(
                    patches,
                    then.patches(layer),
                    Target.of(layer, then, seen, narrowed),
                    Subsample.of(narrowed.layer(), patches, to - from, samples, number));
        }
    }
}
