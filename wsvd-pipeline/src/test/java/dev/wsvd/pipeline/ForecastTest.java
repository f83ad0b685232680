package dev.wsvd.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.wsvd.domain.spi.ProgressEvent.Stage;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** By a clock that is set. */
class ForecastTest {
    private long seconds;
    private final Forecast forecast = new Forecast(() -> TimeUnit.SECONDS.toNanos(seconds));

    private void step(Stage stage, double work, long takes) {
        forecast.begin(stage, work);
        seconds += takes;
        forecast.end();
    }

    @Test
    void nothingIsKnownBeforeAnythingIsDone() {
        forecast.expect(Stage.WEIGH, 10);
        forecast.begin(Stage.WEIGH, 5);
        seconds = 5;

        assertThat(forecast.secondsLeft()).isEmpty();
        assertThat(forecast.share()).isZero();
    }

    @Test
    void whereWorkTakesWhatIsExpectedTheShareIsThatOfTheWork() {
        forecast.expect(Stage.CALIBRATE, 20);
        forecast.expect(Stage.WEIGH, 30);
        forecast.expect(Stage.CORRECT, 50);
        step(Stage.CALIBRATE, 20, 40);

        assertThat(forecast.share()).isEqualTo(0.2, within(1e-12));
        assertThat(forecast.secondsLeft()).hasValue(160);

        step(Stage.WEIGH, 15, 30);
        forecast.begin(Stage.WEIGH, 15);
        seconds += 10;
        forecast.advance(1.0 / 3);

        assertThat(forecast.share()).isEqualTo(0.4, within(1e-12));
        assertThat(forecast.secondsLeft().orElseThrow()).isEqualTo(120, within(1e-9));
    }

    @Test
    void theRestOfAStageTakesAsLongAsWhatIsDoneOfIt() {
        forecast.expect(Stage.CALIBRATE, 100);
        forecast.expect(Stage.CORRECT, 100);
        step(Stage.CALIBRATE, 100, 10);
        assertThat(forecast.secondsLeft()).hasValue(10);
        step(Stage.CORRECT, 50, 50);

        // 50 units at a second, but for what 5 % of the stage weigh at the 0.4 seconds of all that was done.
        assertThat(forecast.secondsLeft().orElseThrow()).isEqualTo(50 * (50 + 5 * 0.4) / 55, within(1e-9));
    }

    @Test
    void theShareStandsStillWhereTheTimeLeftGrows() {
        forecast.expect(Stage.CALIBRATE, 90);
        forecast.expect(Stage.CORRECT, 10);
        step(Stage.CALIBRATE, 90, 90);
        assertThat(forecast.share()).isEqualTo(0.9, within(1e-12));

        forecast.expect(Stage.CORRECT, 900);

        assertThat(forecast.share()).isEqualTo(0.9, within(1e-12));
        assertThat(forecast.secondsLeft().orElseThrow()).isEqualTo(900, within(1e-9));
    }

    @Test
    void moreThanWasExpectedIsNeverTheEnd() {
        forecast.expect(Stage.EVALUATE, 10);
        step(Stage.EVALUATE, 10, 10);
        step(Stage.EVALUATE, 10, 10);

        assertThat(forecast.share()).isEqualTo(0.99);
        assertThat(forecast.secondsLeft()).hasValue(0);
    }

    @Test
    void partsOfAStepAddUpToAllOfItAtMost() {
        forecast.expect(Stage.EVALUATE, 20);
        forecast.begin(Stage.EVALUATE, 10);
        seconds = 10;
        for (int part = 0; part < 5; part++) {
            forecast.advance(0.4);
        }
        forecast.end();

        assertThat(forecast.secondsLeft()).hasValue(10);
    }

    @Test
    void aStepStandsStillWhileAnotherIsMadeWithin() {
        forecast.expect(Stage.DECOMPOSE, 10);
        forecast.expect(Stage.CALIBRATE, 10);
        forecast.begin(Stage.DECOMPOSE, 5);
        seconds += 1;
        step(Stage.CALIBRATE, 10, 100);
        seconds += 4;
        forecast.end();

        assertThat(forecast.seconds(Stage.DECOMPOSE)).isEqualTo(5);
        assertThat(forecast.seconds(Stage.CALIBRATE)).isEqualTo(100);
        // 5 more units at 5 seconds for 5, but for 5 % at 7 seconds.
        assertThat(forecast.secondsLeft().orElseThrow()).isEqualTo(5 * (5 + 0.5 * 7) / 5.5, within(1e-9));
    }

    @Test
    void nothingIsToldFromTimeOfUnknownWork() {
        forecast.expect(Stage.CALIBRATE, 20);
        step(Stage.OPEN, 0, 100);
        assertThat(forecast.secondsLeft()).isEmpty();
        step(Stage.CALIBRATE, 10, 10);

        assertThat(forecast.seconds(Stage.OPEN)).isEqualTo(100);
        assertThat(forecast.secondsLeft()).hasValue(10);
    }

    @Test
    void whatIsExpectedAnewIsBesidesTheStepThatGoesOn() {
        forecast.expect(Stage.CORRECT, 1000);
        step(Stage.CALIBRATE, 10, 10);
        forecast.begin(Stage.CORRECT, 10);
        seconds += 5;
        forecast.advance(0.5);
        forecast.expect(Stage.CORRECT, 20);

        assertThat(forecast.secondsLeft().orElseThrow()).isEqualTo(25, within(1e-9));
    }
}
