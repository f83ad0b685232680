package dev.wsvd.quantization;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.layer.Affine;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.layer.Place;
import dev.wsvd.domain.layer.Weights;
import dev.wsvd.domain.plan.Choice;
import dev.wsvd.domain.plan.Factors;
import dev.wsvd.domain.spi.LayerKnowledge;
import dev.wsvd.domain.tensor.ElementType;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** A layer as it is, in eight bits. */
class Int8SchemeTest {
    private static final Layer LAYER = layer("fc");
    private static final Layer OTHER = layer("other");
    private static final Int8Scheme SCHEME = new Int8Scheme(Set.of(LAYER.id()));

    private static Layer layer(String name) {
        return Layer.of(new LayerId(name), Affine.of(2, 3), List.of(1L, 3L), List.of(1L, 2L));
    }

    @Test
    void thereIsOneChoiceForALayerThatCanBeInt8WhateverTheMultiple() {
        assertThat(SCHEME.choices(LAYER, "int8", 1)).containsExactly(Int8Scheme.CHOICE);
        assertThat(SCHEME.choices(LAYER, "int8", 64)).containsExactly(Int8Scheme.CHOICE);
        assertThat(SCHEME.choices(OTHER, "int8", 1)).isEmpty();
        assertThat(SCHEME.size(Place.of(LAYER), Int8Scheme.CHOICE)).isEqualTo("8 bits");
    }

    @Test
    void theOpStaysAndItsTypeDoesNot() {
        assertThat(SCHEME.blueprint(Place.of(LAYER), Int8Scheme.CHOICE).stages().get(LAYER.id()))
                .containsExactly(LAYER.sized().as(ElementType.INT8));
        assertThatThrownBy(() -> SCHEME.blueprint(Place.of(OTHER), Int8Scheme.CHOICE))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("Layer 'other' cannot be int8.");
        assertThatThrownBy(() -> SCHEME.blueprint(Place.of(LAYER), Choice.of("int8", 4)))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("Layer 'fc' cannot be int8 of [4] bits; allowed: 8.");
    }

    @Test
    void theErrorIsThatOfTheRoundedWeight() {
        // Steps of 1 and 2.
        Weights weights = Weights.of(LAYER.weight(), new float[] {127, 0.25f, 0, 254, 3, 0});
        Factors factors =
                SCHEME.factor(Place.of(LAYER), LayerKnowledge.of(weights, Optional.empty()), Int8Scheme.CHOICE, null);

        double energy = 127 * 127 + 0.25 * 0.25 + 254 * 254 + 9;
        assertThat(factors.error(Int8Scheme.CHOICE)).isCloseTo(Math.sqrt((0.0625 + 1) / energy), within(1e-9));
        assertThat(factors.at(Int8Scheme.CHOICE).parts().get(0).weights().all()).containsExactly(127, 0, 0, 254, 4, 0);
    }
}
