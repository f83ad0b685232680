package dev.wsvd.domain.layer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.tensor.ElementType;
import java.util.List;
import org.junit.jupiter.api.Test;

class WeightsTest {
    private final float[] values = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
    private final Weights weights = Weights.of(new WeightShape(3, 2, List.of(2)), values);

    @Test
    void rowsAreTheWeightsOfOutputChannels() {
        assertThat(weights.rows(0, 1)).containsExactly(0, 1, 2, 3);
        assertThat(weights.rows(1, 3)).containsExactly(4, 5, 6, 7, 8, 9, 10, 11);
        assertThat(weights.rows(2, 2)).isEmpty();
        assertThat(weights.all()).containsExactly(values);
        assertThat(weights.type()).isEqualTo(ElementType.FLOAT32);
    }

    @Test
    void rowsAreACopy() {
        weights.rows(0, 3)[0] = 100;
        assertThat(weights.rows(0, 1)).containsExactly(0, 1, 2, 3);
    }

    @Test
    void rowsThatAreNotThereAreRefused() {
        assertThatThrownBy(() -> weights.rows(-1, 1)).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> weights.rows(0, 4)).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> weights.rows(2, 1)).isInstanceOf(IndexOutOfBoundsException.class);
    }

    /** What a format gives that reads its file: all rows are the whole. */
    @Test
    void theWholeIsAllRowsUnlessAnImplementationKnowsBetter() {
        Weights read = new Weights() {
            @Override
            public WeightShape shape() {
                return weights.shape();
            }

            @Override
            public ElementType type() {
                return ElementType.FLOAT16;
            }

            @Override
            public float[] rows(int from, int to) {
                return weights.rows(from, to);
            }
        };
        assertThat(read.all()).containsExactly(values);
    }

    @Test
    void asManyAsTheShapeAsksFor() {
        assertThatThrownBy(() -> Weights.of(new WeightShape(3, 2, List.of(3, 3)), new float[53]))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("A weight of shape 3×2×3×3 needs 54 elements, found 53.");
    }
}
