package dev.wsvd.calibration;

import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.linalg.LinearAlgebra;
import dev.wsvd.domain.moments.JointMoments;
import dev.wsvd.domain.moments.LayerMoments;
import dev.wsvd.domain.moments.Projection;
import dev.wsvd.domain.spi.Activations;
import dev.wsvd.domain.spi.Activations.Watch;
import java.util.List;
import java.util.Optional;

/**
 * What the last of the stages in a layer's place would see in a network whose layers before it were split, together with what the
 * layer gave in the original.
 *
 * @param learnt moments by group, of most inputs
 * @param heldOut moments by group, of the others
 */
public record JointStatistics(List<JointMoments> learnt, List<JointMoments> heldOut) {
    /** One batch in so many is held out. */
    private static final int HELD_OUT = 5;

    public JointStatistics {
        learnt = List.copyOf(learnt);
        heldOut = List.copyOf(heldOut);
    }

    /**
     * Runs two models in lockstep.
     *
     * @param now the original with some layers split, all of them before this one
     * @param layer one that is not split in {@code now}
     * @param projection the stages before the last in its place
     * @return empty if the layer cannot be watched in both, z has more than {@value LayerMoments#LARGEST_PATCH} elements, or there
     *     are too few inputs to hold some out
     */
    public static <M> Optional<JointStatistics> of(
            Activations<M> inputs, M original, M now, Layer layer, Projection projection, LinearAlgebra linearAlgebra) {
        if (projection.width() > LayerMoments.LARGEST_PATCH) {
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
            JointSums learnt = new JointSums(linearAlgebra, layer, projection);
            JointSums heldOut = new JointSums(linearAlgebra, layer, projection);
            add(inputs.samples(), before, after, learnt, heldOut);
            return heldOut.patches() == 0
                    ? Optional.empty()
                    : Optional.of(new JointStatistics(learnt.moments(), heldOut.moments()));
        }
    }

    private static void add(long samples, Watch before, Watch after, JointSums learnt, JointSums heldOut) {
        Layer layer = learnt.layer();
        for (long from = 0, number = 0; from < samples; from += before.batchSize(), number++) {
            long to = Math.min(samples, from + before.batchSize());
            SeenBatch then = new SeenBatch(before, from, to);
            SeenBatch seen = new SeenBatch(after, from, to);
            Patches patches = seen.patches(layer);
            JointSums sums = number % HELD_OUT == HELD_OUT - 1 ? heldOut : learnt;
            sums.add(
                    patches,
                    then.patches(layer),
                    then.outputs(layer),
                    Subsample.of(layer, patches, to - from, samples, number));
        }
    }
}
