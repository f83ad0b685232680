package dev.wsvd.domain.moments;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class LossCurveTest {
    private static void assertLoss(LossCurve curve, double error, double expected) {
        assertThat(curve.at(error, 7)).isCloseTo(expected, within(1e-12));
    }

    @Test
    void lossesOfALayerThatWasNotMeasuredRiseAsThoseOfAnother() {
        assertLoss(LossCurve.UNKNOWN, 0.5, 3.5);
        assertThat(LossCurve.UNKNOWN.sensitivity()).isEmpty();
    }

    @Test
    void oneMeasurementTellsASlope() {
        LossCurve curve = LossCurve.UNKNOWN.with(0.1, 0.2);

        assertLoss(curve, 0, 0);
        assertLoss(curve, 0.05, 0.1);
        assertLoss(curve, 0.8, 1.6);
        assertThat(curve.sensitivity()).hasValue(2);
    }

    @Test
    void largeErrorsMayDoMoreThanTheirShare() {
        LossCurve curve = LossCurve.UNKNOWN.with(0.1, 0.1).with(0.4, 1.0);

        assertLoss(curve, 0.1, 0.1);
        assertLoss(curve, 0.25, 0.55);
        assertLoss(curve, 0.4, 1.0);
        assertLoss(curve, 0.5, 1.3);
    }

    @Test
    void lossesThatWereMeasuredAsFallingStay() {
        LossCurve curve = LossCurve.UNKNOWN.with(0.1, 0.5).with(0.4, 0.3);

        assertLoss(curve, 0.4, 0.5);
        assertLoss(curve, 0.6, 0.75);
    }

    @Test
    void errorsCloseToOneThatWasMeasuredTellNothing() {
        LossCurve curve = LossCurve.UNKNOWN.with(0.2, 0.5);

        assertThat(curve.isBeyond(0.25, 1.5)).isFalse();
        assertThat(curve.isBeyond(0.31, 1.5)).isTrue();
        assertThat(LossCurve.UNKNOWN.isBeyond(0.01, 1.5)).isTrue();
    }

    @Test
    void aLayerWithoutErrorsLosesNothing() {
        assertLoss(LossCurve.NONE, 0, 0);
    }
}
