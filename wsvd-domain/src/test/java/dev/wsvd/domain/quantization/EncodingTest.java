package dev.wsvd.domain.quantization;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.wsvd.domain.error.InvalidInputException;
import java.util.Random;
import org.junit.jupiter.api.Test;

class EncodingTest {
    @Test
    void stepsSpanTheRange() {
        assertThat(Encoding.of(0, 255)).isEqualTo(new Encoding(1, 0));
        assertThat(Encoding.of(-255, 0)).isEqualTo(new Encoding(1, 255));
        assertThat(Encoding.of(-27.5, 100)).isEqualTo(new Encoding(0.5f, 55));
    }

    @Test
    void zeroIsExact() {
        Random random = new Random(1);
        for (int i = 0; i < 200; i++) {
            Encoding encoding = Encoding.of(-random.nextDouble(), random.nextDouble());
            assertThat(encoding.rounded(0)).as(encoding.toString()).isZero();
        }
    }

    @Test
    void aRangeIsWidenedToHoldZero() {
        assertThat(Encoding.of(100, 255)).isEqualTo(Encoding.of(0, 255));
        assertThat(Encoding.of(-255, -100)).isEqualTo(Encoding.of(-255, 0));
    }

    @Test
    void aTensorOfZerosHasAnEncoding() {
        assertThat(Encoding.of(0, 0)).isEqualTo(new Encoding(1, 0));
        assertThat(Encoding.of(-1e-44, 1e-44)).isEqualTo(new Encoding(1, 0));
        assertThat(Encoding.of(0, 0).rounded(0)).isZero();
    }

    @Test
    void roundingIsOffByHalfAStepAtMost() {
        Random random = new Random(2);
        for (int i = 0; i < 100; i++) {
            double min = -3 * random.nextDouble();
            double max = random.nextDouble();
            Encoding encoding = Encoding.of(min, max);
            double half = encoding.scale() / 2 * (1 + 1e-4);
            for (int j = 0; j <= 50; j++) {
                double x = min + (max - min) * j / 50;
                assertThat(encoding.rounded(x)).as(encoding + " of " + x).isCloseTo(x, within(half));
            }
        }
    }

    @Test
    void whatIsOutsideIsClipped() {
        Encoding encoding = new Encoding(0.5f, 55);

        assertThat(encoding.rounded(100)).isEqualTo(100);
        assertThat(encoding.rounded(1e9)).isEqualTo(100);
        assertThat(encoding.rounded(-1e9)).isEqualTo(-27.5);
    }

    @Test
    void whatIsNotFiniteIsRefused() {
        for (double bound : new double[] {Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY}) {
            assertThatThrownBy(() -> Encoding.of(bound, 1))
                    .isInstanceOf(InvalidInputException.class)
                    .hasMessage("A range needs finite bounds, found " + bound + " … 1.0.");
            assertThatThrownBy(() -> Encoding.of(-1, bound))
                    .isInstanceOf(InvalidInputException.class)
                    .hasMessage("A range needs finite bounds, found -1.0 … " + bound + ".");
        }
    }

    @Test
    void whatIsNoEncodingIsRefused() {
        for (float scale : new float[] {0, -1, Float.NaN, Float.POSITIVE_INFINITY}) {
            assertThatThrownBy(() -> new Encoding(scale, 0)).isInstanceOf(InvalidInputException.class);
        }
        for (int zeroPoint : new int[] {-1, 256}) {
            assertThatThrownBy(() -> new Encoding(1, zeroPoint))
                    .isInstanceOf(InvalidInputException.class)
                    .hasMessage("An encoding needs a scale above 0 and a zero point in 0 … 255, found 1.0 and "
                            + zeroPoint + ".");
        }
    }
}
