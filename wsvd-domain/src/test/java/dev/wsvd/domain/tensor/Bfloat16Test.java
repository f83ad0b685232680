package dev.wsvd.domain.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import org.junit.jupiter.api.Test;

class Bfloat16Test {
    @Test
    void everyBfloat16SurvivesTheWayToFloatAndBack() {
        for (int bits = 0; bits < 1 << 16; bits++) {
            short stored = (short) bits;
            float value = Bfloat16.toFloat(stored);
            if (!Float.isNaN(value)) {
                assertThat(Bfloat16.fromFloat(value)).as("bfloat16 %04x", bits).isEqualTo(stored);
            } else {
                assertThat(Bfloat16.toFloat(Bfloat16.fromFloat(value))).isNaN();
            }
        }
    }

    @Test
    void knownValues() {
        assertThat(Bfloat16.toFloat((short) 0x3f80)).isEqualTo(1f);
        assertThat(Bfloat16.toFloat((short) 0xc000)).isEqualTo(-2f);
        assertThat(Bfloat16.toFloat((short) 0x4049)).isEqualTo(3.140625f);
        assertThat(Bfloat16.toFloat((short) 0x7f80)).isEqualTo(Float.POSITIVE_INFINITY);
    }

    @Test
    void roundsToTheNearestAndTiesToEven() {
        for (int bits = 0; bits < 0x7f7f; bits++) {
            float low = Bfloat16.toFloat((short) bits);
            float middle = Float.intBitsToFloat(bits << 16 | 0x8000);
            int even = (bits & 1) == 0 ? bits : bits + 1;
            assertThat(middle).isGreaterThan(low);
            assertThat(Bfloat16.fromFloat(middle)).as("middle above %04x", bits).isEqualTo((short) even);
            assertThat(Bfloat16.fromFloat(-middle)).isEqualTo((short) (even | 0x8000));
            assertThat(Bfloat16.fromFloat(Math.nextUp(middle))).isEqualTo((short) (bits + 1));
            assertThat(Bfloat16.fromFloat(Math.nextDown(middle))).isEqualTo((short) bits);
        }
    }

    @Test
    void beyondTheLargestBfloat16IsInfinite() {
        float half = Float.intBitsToFloat(0x7f7f8000);
        assertThat(Bfloat16.fromFloat(Math.nextDown(half))).isEqualTo((short) 0x7f7f);
        assertThat(Bfloat16.fromFloat(half)).isEqualTo((short) 0x7f80);
        assertThat(Bfloat16.fromFloat(-Float.MAX_VALUE)).isEqualTo((short) 0xff80);
    }

    @Test
    void aTensorReadsThem() {
        ByteBuffer data = ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN);
        data.putShort(2, (short) 0x4049);
        assertThat(new Tensor(ElementType.BFLOAT16, List.of(2L), data).getDouble(1))
                .isEqualTo(3.140625);
    }
}
