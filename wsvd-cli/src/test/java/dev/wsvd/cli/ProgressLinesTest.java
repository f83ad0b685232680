package dev.wsvd.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wsvd.domain.spi.ProgressEvent;
import dev.wsvd.domain.spi.ProgressEvent.Advanced;
import dev.wsvd.domain.spi.ProgressEvent.Evaluated;
import dev.wsvd.domain.spi.ProgressEvent.Notice;
import dev.wsvd.domain.spi.ProgressEvent.Stage;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** What progress looks like, by a clock that is set. */
class ProgressLinesTest {
    private final ByteArrayOutputStream written = new ByteArrayOutputStream();
    private final PrintStream err = new PrintStream(written, true, StandardCharsets.UTF_8);
    private long seconds;
    private final ProgressLines lines = new ProgressLines(err, () -> TimeUnit.SECONDS.toNanos(seconds));

    private void at(long second, ProgressEvent event) {
        seconds = second;
        lines.onEvent(event);
    }

    private static Advanced run(double share, long left, Stage stage, String name) {
        return new Advanced(share, Optional.of(Duration.ofSeconds(left)), stage, name);
    }

    private String text() {
        return written.toString(StandardCharsets.UTF_8);
    }

    @Test
    void theWholeRunIsTold() {
        at(0, new Advanced(0, Optional.empty(), Stage.OPEN, "the model"));
        at(1, new Advanced(0, Optional.empty(), Stage.EVALUATE, "the original model"));
        at(4, new Evaluated("original", 0.91));
        at(5, run(0.05, 95, Stage.CALIBRATE, "all layers"));
        at(9, run(0.09, 91, Stage.CALIBRATE, "all layers"));
        at(10, new Notice("Something is odd."));
        at(14, run(0.3, 30, Stage.WEIGH, "conv1"));
        at(18, run(0.31, 40, Stage.SELECT, ""));
        at(50, run(0.425, 70, Stage.CORRECT, "layer4.1.conv2"));
        at(119, run(0.99, 0, Stage.EVALUATE, "the compressed model"));
        at(120, new Evaluated("compressed model", 0.9));
        at(130, run(1, 0, Stage.EVALUATE, "the compressed model"));

        assertThat(text().lines())
                .containsExactly(
                        "0 %: original scores 0.9100",
                        "9 %, 1 min 31 s left: calibrating all layers",
                        "note: Something is odd.",
                        "30 %, 30 s left: weighing conv1",
                        "42 %, 1 min 10 s left: correcting layer4.1.conv2",
                        "99 %, 1 s left: evaluating the compressed model",
                        "99 %, 1 s left: compressed model scores 0.9000");
    }

    @Test
    void selectionIsAboutNoLayer() {
        at(7200, run(0.5, 7200, Stage.SELECT, ""));

        assertThat(text().lines()).containsExactly("50 %, 2 h 00 min left: selecting");
    }

    @Test
    void linesBecomeRarer() {
        List<Integer> said = new ArrayList<>();
        for (int second = 0; second < 7200; second++) {
            int before = written.size();
            at(second, run(0.5, 60, Stage.WEIGH, "conv1"));
            if (written.size() > before) {
                said.add(second);
            }
        }

        assertThat(said).startsWith(5, 10, 15, 20, 25, 30, 35, 40, 45, 50, 55, 60, 65, 71, 77, 84);
        assertThat(said.subList(said.size() - 3, said.size())).containsExactly(7067, 7127, 7187);
    }

    @Test
    void onATerminalThereIsOneBar() {
        ProgressBar bar = new ProgressBar(new PrintableStream(err));
        bar.onEvent(new Advanced(0, Optional.empty(), Stage.OPEN, "the model"));
        bar.onEvent(run(0.5, 61, Stage.WEIGH, "conv1"));
        bar.onEvent(run(0.5001, 61, Stage.WEIGH, "conv1"));
        bar.onEvent(new Evaluated("conv1, rank 3", 0.5));
        bar.onEvent(new Notice("Something is odd."));
        bar.onEvent(run(0.51, 60, Stage.WEIGH, "conv1"));
        bar.onEvent(run(1, 0, Stage.EVALUATE, "the compressed model"));

        String clear = "\r\u001b[K";
        assertThat(text())
                .isEqualTo(clear + "[........................] 0 %: reading the model"
                        + clear + "[############............] 50 %, 1 min 01 s left: weighing conv1"
                        + clear + "note: Something is odd." + System.lineSeparator()
                        + clear + "[############............] 51 %, 1 min 00 s left: weighing conv1"
                        + clear);
    }
}
