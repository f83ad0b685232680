package dev.wsvd.domain.quantization;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.layer.WeightShape;
import java.util.List;
import org.junit.jupiter.api.Test;

class QuantizedWeightsTest {
    private static final WeightShape SHAPE = new WeightShape(2, 1, List.of(1, 3));

    @Test
    void eachOutputChannelHasItsScale() {
        QuantizedWeights weights =
                new QuantizedWeights(SHAPE, new byte[] {1, -2, 127, 1, -2, -127}, new float[] {0.5f, 4});

        assertThat(List.of(weights.at(0), weights.at(1), weights.at(2), weights.at(3), weights.at(4), weights.at(5)))
                .containsExactly(0.5f, -1f, 63.5f, 4f, -8f, -508f);
    }

    @Test
    void whatDoesNotFitTheShapeIsRefused() {
        assertThatThrownBy(() -> new QuantizedWeights(SHAPE, new byte[5], new float[2]))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("A weight of shape 2×1×1×3 needs 6 values and 2 scales, found 5 and 2.");
        assertThatThrownBy(() -> new QuantizedWeights(SHAPE, new byte[6], new float[6]))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("A weight of shape 2×1×1×3 needs 6 values and 2 scales, found 6 and 6.");
    }
}
