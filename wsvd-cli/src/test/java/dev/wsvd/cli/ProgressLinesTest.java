package dev.wsvd.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wsvd.domain.spi.ProgressEvent;
import dev.wsvd.domain.spi.ProgressEvent.Stage;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.OptionalDouble;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class ProgressLinesTest {
    private final ByteArrayOutputStream written = new ByteArrayOutputStream();
    private long seconds;
    private final ProgressLines lines = new ProgressLines(
            new PrintStream(written, true, StandardCharsets.UTF_8), () -> TimeUnit.SECONDS.toNanos(seconds));

    private void advance(int by, int done, OptionalDouble score) {
        seconds += by;
        lines.onEvent(new ProgressEvent.Advanced(Stage.DECOMPOSE, done, 4, "conv" + done, score));
    }

    private List<String> lines() {
        return written.toString(StandardCharsets.UTF_8).lines().toList();
    }

    @Test
    void stepsThatTakeLongAreSaidEveryFewSeconds() {
        lines.onEvent(new ProgressEvent.Started(Stage.DECOMPOSE, 4));
        advance(4, 1, OptionalDouble.empty());
        advance(4, 2, OptionalDouble.empty());
        advance(2, 3, OptionalDouble.empty());
        advance(9, 4, OptionalDouble.empty());

        assertThat(lines()).containsExactly("Decomposing (4)", "2/4  conv2, 8.0 s left");
    }

    @Test
    void everyScoreIsSaid() {
        lines.onEvent(new ProgressEvent.Started(Stage.DECOMPOSE, 4));
        advance(0, 1, OptionalDouble.of(0.5));
        advance(4, 2, OptionalDouble.empty());

        assertThat(lines()).containsExactly("Decomposing (4)", "1/4  conv1: 0.5000");
    }
}
