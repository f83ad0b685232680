package dev.wsvd.domain.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wsvd.domain.error.InvalidInputException;
import java.nio.ByteBuffer;
import java.util.List;
import org.junit.jupiter.api.Test;

class TensorTest {
    @Test
    void readsElementsWhateverTheirType() {
        Tensor bytes = new Tensor(ElementType.UINT8, List.of(2L), ByteBuffer.wrap(new byte[] {(byte) 200, 3}));
        Tensor floats = Tensor.ofFloats(List.of(2L, 2L), new float[] {1, 2, 3, 4.5f});

        assertThat(bytes.getDouble(0)).isEqualTo(200);
        assertThat(floats.getDouble(3)).isEqualTo(4.5);
        assertThat(Tensor.ofLongs(List.of(1L), new long[] {-7}).getDouble(0)).isEqualTo(-7);
    }

    @Test
    void samplesShareTheMemory() {
        Tensor middle =
                Tensor.ofFloats(List.of(3L, 2L), new float[] {1, 2, 3, 4, 5, 6}).samples(1, 2);

        assertThat(middle.shape()).containsExactly(1L, 2L);
        assertThat(middle.getDouble(0)).isEqualTo(3);
        assertThat(middle.getDouble(1)).isEqualTo(4);
    }

    @Test
    void refusesSamplesThatAreNotThere() {
        Tensor tensor = Tensor.ofFloats(List.of(3L), new float[3]);

        assertThatThrownBy(() -> tensor.samples(2, 4))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("Samples 2 … 4 of a tensor of shape [3].");
    }

    @Test
    void refusesABufferOfAnotherSize() {
        assertThatThrownBy(() -> new Tensor(ElementType.FLOAT32, List.of(2L, 3L), ByteBuffer.allocate(20)))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("A float32 tensor of shape [2, 3] needs 24 bytes, found 20.");
    }
}
