package dev.wsvd.factorization;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class LimitedMemoryBfgsTest {
    /** Rosenbrock's valley, whose least value is 0 at (1, 1). */
    private static double valley(double[] x, double[] gradient) {
        double bend = x[1] - x[0] * x[0];
        gradient[0] = -400 * x[0] * bend - 2 * (1 - x[0]);
        gradient[1] = 200 * bend;
        return 100 * bend * bend + (1 - x[0]) * (1 - x[0]);
    }

    @Test
    void findsTheEndOfABentValley() {
        double[] found = LimitedMemoryBfgs.minimum(new double[] {-1.2, 1}, LimitedMemoryBfgsTest::valley, 200);

        assertThat(found[0]).isCloseTo(1, within(1e-3));
        assertThat(found[1]).isCloseTo(1, within(1e-3));
    }

    @Test
    void moreStepsAreNeverWorse() {
        double before = Double.POSITIVE_INFINITY;
        for (int steps = 0; steps < 30; steps++) {
            double[] found = LimitedMemoryBfgs.minimum(new double[] {-1.2, 1}, LimitedMemoryBfgsTest::valley, steps);
            double value = valley(found, new double[2]);
            assertThat(value).isLessThanOrEqualTo(before);
            before = value;
        }
        assertThat(LimitedMemoryBfgs.minimum(new double[] {-1.2, 1}, LimitedMemoryBfgsTest::valley, 0))
                .containsExactly(-1.2, 1);
    }

    @Test
    void aMinimumIsLeftAsItIs() {
        assertThat(LimitedMemoryBfgs.minimum(new double[] {1, 1}, LimitedMemoryBfgsTest::valley, 10))
                .containsExactly(1, 1);
    }
}
