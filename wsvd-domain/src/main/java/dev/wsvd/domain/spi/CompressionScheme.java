package dev.wsvd.domain.spi;

import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.Place;
import dev.wsvd.domain.layer.Weights;
import dev.wsvd.domain.linalg.LinearAlgebra;
import dev.wsvd.domain.moments.LayerMoments;
import dev.wsvd.domain.plan.Blueprint;
import dev.wsvd.domain.plan.Choice;
import dev.wsvd.domain.plan.Factors;
import java.util.List;
import java.util.Optional;
import java.util.function.ToDoubleFunction;

/**
 * A way to make layers smaller: to put something in a layer's place, or in those of siblings, or to leave out units between layers. Shapes and mathematics,
 * never a format. Found by {@link java.util.ServiceLoader}.
 *
 * <p>A scheme has one form or several, between which nobody but the selection cares: Weight SVD splits a layer at its input or at
 * its output channels.
 */
public interface CompressionScheme {
    /** What users type after {@code --scheme}; AIMET's name where it has one. */
    String id();

    /** Whether it is used where any scheme may be; one that is not is used where it is named. */
    default boolean isAmongAny() {
        return true;
    }

    /** Whether its factors tell {@linkplain Factors#spectra singular values}. */
    default boolean hasSpectra() {
        return false;
    }

    /** Its forms, unique among all schemes; the first serves where one form is used for all layers. */
    default List<String> forms() {
        return List.of(id());
    }

    /**
     * What could be done at a place, whether it saves anything or not.
     *
     * @param form one of {@link #forms()}
     * @param multiple sizes are multiples of this
     * @return empty if the form does not suit the layer's op, or the coupling
     */
    List<Choice> choices(Place place, String form, int multiple);

    /** The same at a layer by which no coupling is named. */
    default List<Choice> choices(Layer layer, String form, int multiple) {
        return choices(Place.of(layer), form, multiple);
    }

    /**
     * Choices from the smallest to the largest, each of which has at least the sizes of the one before: for selections that go
     * along one line, such as AIMET's candidate ratios. All of them where the form has one size.
     */
    default List<Choice> series(Place place, String form, int multiple) {
        return choices(place, form, multiple);
    }

    /**
     * Whether the choices of a form are, at a place, those of a form before it under another name: the same stages with the same weights. Who
     * compares all forms then leaves it out.
     */
    default boolean isRepeated(Place place, String form) {
        return false;
    }

    /**
     * What a choice makes of layers, by shapes.
     *
     * @throws dev.wsvd.domain.error.InvalidInputException if there is no such choice at the place; the message says which there are
     */
    Blueprint blueprint(Place place, Choice choice);

    /** For people, how large a choice is: {@code rank 12}, {@code ranks 16, 24}; of what keeps units, {@code 48 of 64 units}. */
    default String size(Place place, Choice choice) {
        return choice.ranks();
    }

    /**
     * Decomposes weights.
     *
     * @param known the layers' weights and what they see
     * @param largest the choice with the largest sizes that will be asked for
     * @throws dev.wsvd.domain.error.InvalidInputException if there is no such choice, or weights or moments are of another shape
     * @throws dev.wsvd.domain.error.LinearAlgebraException if a weight holds NaN or infinite values, or the decomposition fails;
     *     the message names the layer
     */
    Factors factor(Place place, LayerKnowledge known, Choice largest, LinearAlgebra linearAlgebra);

    /**
     * What choices miss, as {@link Factors#error} tells, where that takes less work and memory than their factors.
     *
     * @param largest as for {@link #factor}
     * @return empty where factors have to be made to tell it
     * @throws dev.wsvd.domain.error.WsvdException as {@link #factor}
     */
    default Optional<ToDoubleFunction<Choice>> errors(
            Place place, LayerKnowledge known, Choice largest, LinearAlgebra linearAlgebra) {
        return Optional.empty();
    }

    /**
     * The same of one layer.
     *
     * @param seen what the layer sees; empty to go by the weight alone
     */
    default Factors factor(
            Layer layer, Weights weights, Optional<LayerMoments> seen, Choice largest, LinearAlgebra linearAlgebra) {
        return factor(Place.of(layer), LayerKnowledge.of(weights, seen), largest, linearAlgebra);
    }
}
