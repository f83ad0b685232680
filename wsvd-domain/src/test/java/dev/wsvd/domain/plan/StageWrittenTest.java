package dev.wsvd.domain.plan;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Values too small to matter are written as 0, since processors are slow with the smallest of them. */
class StageWrittenTest {
    @Test
    void whatIsBelowTheLimitIsZero() {
        float below = Math.nextDown(1e-30f);
        float[] written = Stage.written(new float[] {below, -below, Float.MIN_VALUE, -Float.MIN_VALUE, 1e-38f, -0f});

        assertThat(written).containsExactly(0, 0, 0, 0, 0, 0);
        for (float value : written) {
            assertThat(Float.floatToRawIntBits(value))
                    .as("bits, without a sign")
                    .isZero();
        }
    }

    @Test
    void whatIsNotBelowTheLimitStays() {
        float[] values = {1e-30f, -1e-30f, 1, -2.5f, Float.MAX_VALUE, -Float.MAX_VALUE};

        assertThat(Stage.written(values)).containsExactly(values);
    }

    @Test
    void whatIsNotFiniteStays() {
        float[] values = {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY};

        assertThat(Stage.written(values)).containsExactly(values);
    }

    @Test
    void valuesAreCopied() {
        float[] values = {Float.MIN_VALUE, 1};
        float[] written = Stage.written(values);
        written[1] = 2;

        assertThat(values).containsExactly(Float.MIN_VALUE, 1);
        assertThat(Stage.written(new float[0])).isEmpty();
    }
}
