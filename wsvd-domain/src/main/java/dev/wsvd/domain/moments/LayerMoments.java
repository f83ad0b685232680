package dev.wsvd.domain.moments;

import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.Lookup;
import java.util.List;

/**
 * What a layer sees of real inputs.
 *
 * @param patches how many patches were seen
 * @param groups moments of each group's patches, in order
 */
public record LayerMoments(long patches, List<PatchMoments> groups) {
    /** Patches with more elements have a channel-only (block-diagonal) covariance. */
    public static final int LARGEST_PATCH = 4096;

    public LayerMoments {
        groups = List.copyOf(groups);
    }

    /** Whether a group sees the same patch every time, so that nothing can be learnt from it. */
    public boolean constant() {
        return groups.stream().anyMatch(PatchMoments::constant);
    }

    /**
     * Rows of the covariance that is kept of a layer's patches: all m'·K elements, or the m' channels of a large patch. Of the
     * one-hot inputs of a lookup it is 1, the mean variance: their mean, how often each row is used, says all.
     */
    public static int covarianceSize(Layer layer) {
        int patch =
                Math.multiplyExact(layer.weight().inPerGroup(), layer.weight().kernelSize());
        if (layer.op() instanceof Lookup) {
            return 1;
        }
        return patch > LARGEST_PATCH ? layer.weight().inPerGroup() : patch;
    }

    /** @throws InvalidInputException if these are not moments of that layer */
    public void check(Layer layer) {
        int patch = layer.weight().inPerGroup() * layer.weight().kernelSize();
        int channels = layer.weight().inPerGroup();
        int size = covarianceSize(layer);
        boolean fits = groups.size() == layer.groups()
                && groups.stream().allMatch(g -> g.mean().length == patch)
                && groups.stream()
                        .map(g -> g.covariance().rows())
                        .allMatch(rows -> rows == size || (size > 1 && (rows == patch || rows == channels)));
        if (!fits) {
            throw new InvalidInputException("The moments given for layer '" + layer.id() + "' (" + layer.weight() + ", "
                    + layer.groups() + " groups) belong to a layer of another shape.");
        }
    }
}
