package dev.wsvd.domain.spi;

import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.Weights;
import dev.wsvd.domain.linalg.LinearAlgebra;
import dev.wsvd.domain.moments.LayerMoments;
import dev.wsvd.domain.plan.Blueprint;
import dev.wsvd.domain.plan.Choice;
import dev.wsvd.domain.plan.Factors;
import java.util.List;
import java.util.Optional;

/**
 * A way to put something smaller in a layer's place: shapes and mathematics, never a format. Found by
 * {@link java.util.ServiceLoader}.
 *
 * <p>A scheme has one form or several, between which nobody but the selection cares: Weight SVD splits a layer at its input or at
 * its output channels.
 */
public interface CompressionScheme {
    /** What users type after {@code --scheme}; AIMET's name where it has one. */
    String id();

    /** Its forms, unique among all schemes; the first serves where one form is used for all layers. */
    default List<String> forms() {
        return List.of(id());
    }

    /**
     * What could be done to a layer, whether it saves anything or not.
     *
     * @param form one of {@link #forms()}
     * @param multiple sizes are multiples of this
     * @return empty if the form does not suit the layer's op
     */
    List<Choice> choices(Layer layer, String form, int multiple);

    /**
     * Choices from the smallest to the largest, each of which has at least the sizes of the one before: for selections that go
     * along one line, such as AIMET's candidate ratios. All of them where the form has one size.
     */
    default List<Choice> series(Layer layer, String form, int multiple) {
        return choices(layer, form, multiple);
    }

    /**
     * What a choice puts in the layer's place, by shapes.
     *
     * @throws dev.wsvd.domain.error.InvalidInputException if the layer has no such choice; the message says which it has
     */
    Blueprint blueprint(Layer layer, Choice choice);

    /**
     * Decomposes a layer's weight.
     *
     * @param seen what the layer sees; empty to go by the weight alone
     * @param largest the choice with the largest sizes that will be asked for
     * @throws dev.wsvd.domain.error.InvalidInputException if the layer has no such choice, or weights or moments are of another
     *     shape
     * @throws dev.wsvd.domain.error.LinearAlgebraException if the weight holds NaN or infinite values, or the decomposition
     *     fails; the message names the layer
     */
    Factors factor(
            Layer layer, Weights weights, Optional<LayerMoments> seen, Choice largest, LinearAlgebra linearAlgebra);
}
