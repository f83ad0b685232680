package dev.wsvd.domain.factor;

import dev.wsvd.domain.Layer;
import dev.wsvd.domain.error.InvalidInputException;
import java.util.List;

/**
 * What a layer sees of real inputs.
 *
 * @param patches how many patches were seen
 * @param groups moments of each group's patches, in order
 */
public record LayerMoments(long patches, List<PatchMoments> groups) {
    /** Patches with more elements have their covariance in the economical form. */
    public static final int LARGEST_PATCH = 4096;

    public LayerMoments {
        groups = List.copyOf(groups);
    }

    /** Whether a group sees the same patch every time, so that nothing can be learnt from it. */
    boolean constant() {
        return groups.stream().anyMatch(PatchMoments::constant);
    }

    /** @throws InvalidInputException if these are not moments of that layer */
    void check(Layer layer) {
        int patch = layer.weight().inPerGroup() * layer.weight().kernelSize();
        boolean fits = groups.size() == layer.groups()
                && groups.stream().allMatch(g -> g.mean().length == patch)
                && groups.stream()
                        .allMatch(g -> g.covariance().rows() == patch
                                || g.covariance().rows() == layer.weight().inPerGroup());
        if (!fits) {
            throw new InvalidInputException("The moments given for layer '" + layer.id() + "' (" + layer.weight() + ", "
                    + layer.groups() + " groups) belong to a layer of another shape.");
        }
    }
}
