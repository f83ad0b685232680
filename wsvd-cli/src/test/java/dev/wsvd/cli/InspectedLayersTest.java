package dev.wsvd.cli;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wsvd.domain.Layer;
import dev.wsvd.domain.LayerId;
import dev.wsvd.domain.LinearLayer;
import dev.wsvd.domain.Unfolding;
import dev.wsvd.domain.WeightShape;
import dev.wsvd.domain.error.InvalidInputException;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class InspectedLayersTest {
    @Test
    void costsThatCannotBeCountedTogetherAreToldByTheLayer() {
        assertThatThrownBy(() -> InspectedLayers.of(List.of(huge("a"), huge("b")), Unfolding.INPUT_CHANNEL))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("Layer 'b' (1024×1024, input [1, 4398046511104, 1024], output [1, 4398046511104, 1024])"
                        + " brings the cost above 9223372036854775807, more than can be counted.");
    }

    private static Layer huge(String name) {
        List<Long> shape = List.of(1L, 1L << 42, 1024L);
        return new LinearLayer(new LayerId(name), WeightShape.linear(1024, 1024), shape, shape, Optional.empty());
    }
}
