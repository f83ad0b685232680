package dev.wsvd.quantization;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.layer.WeightShape;
import dev.wsvd.domain.layer.Weights;
import dev.wsvd.domain.quantization.QuantizedWeights;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WeightRoundingTest {
    private static final LayerId LAYER = new LayerId("fc");
    private static final WeightShape SHAPE = new WeightShape(5, 3, List.of(3, 3));

    /** Each channel ten times larger than the one before. */
    private static float[] values() {
        Random random = new Random(3);
        float[] values = new float[(int) SHAPE.elements()];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) (random.nextGaussian() * Math.pow(10, i / 27));
        }
        return values;
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aWeightIsOffByHalfAStepOfItsChannelAtMost(boolean sevenBits) {
        float[] values = values();
        QuantizedWeights rounded = WeightRounding.of(LAYER, Weights.of(SHAPE, values), sevenBits);

        assertThat(rounded.shape()).isEqualTo(SHAPE);
        for (int i = 0; i < values.length; i++) {
            double half = rounded.scales()[i / 27] / 2;
            assertThat((double) rounded.at(i)).isCloseTo(values[i], within(half * (1 + 1e-5)));
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void theLargestOfEachChannelIsTheLargestStep(boolean sevenBits) {
        QuantizedWeights rounded = WeightRounding.of(LAYER, Weights.of(SHAPE, values()), sevenBits);

        for (int channel = 0; channel < 5; channel++) {
            int largest = 0;
            for (int i = channel * 27; i < (channel + 1) * 27; i++) {
                largest = Math.max(largest, Math.abs(rounded.values()[i]));
            }
            assertThat(largest).isEqualTo(sevenBits ? 63 : 127);
        }
    }

    @Test
    void aChannelOfZerosStaysZero() {
        QuantizedWeights rounded = WeightRounding.of(
                LAYER, Weights.of(WeightShape.linear(3, 2), new float[] {1, -2, 0, -0f, 1e-44f, 0}), false);

        assertThat(rounded.values()).containsExactly(64, -127, 0, 0, 0, 0);
        assertThat(rounded.scales()).containsExactly(2f / 127, 1f, 1f);
    }

    @Test
    void weightsThatAreNotFiniteAreRefused() {
        for (float odd : new float[] {Float.NaN, Float.POSITIVE_INFINITY}) {
            float[] values = {1, 2, odd, 3};

            assertThatThrownBy(() -> WeightRounding.of(LAYER, Weights.of(WeightShape.linear(2, 2), values), false))
                    .isInstanceOf(InvalidInputException.class)
                    .hasMessage(
                            "Layer 'fc' has weights that are not finite; int8 needs numbers. Maybe leave it in float.");
        }
    }
}
