package dev.wsvd.pipeline;

import dev.wsvd.domain.spi.ProgressEvent.Stage;
import dev.wsvd.domain.stats.CompressionStats;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.EnumMap;
import java.util.Map;
import java.util.function.Supplier;

/** Wall time per stage of a run. What happens within a stage that belongs to another counts for the other alone. */
final class Stopwatch {
    private final Map<Stage, Long> nanos = new EnumMap<>(Stage.class);
    private final Deque<Stage> running = new ArrayDeque<>();
    private long since;

    <T> T time(Stage stage, Supplier<T> work) {
        charge();
        running.push(stage);
        try {
            return work.get();
        } finally {
            charge();
            running.pop();
        }
    }

    private void charge() {
        long now = System.nanoTime();
        if (!running.isEmpty()) {
            nanos.merge(running.peek(), now - since, Long::sum);
        }
        since = now;
    }

    CompressionStats.Seconds seconds() {
        return new CompressionStats.Seconds(
                seconds(Stage.OPEN),
                seconds(Stage.CALIBRATE, Stage.WEIGH, Stage.CORRECT),
                seconds(Stage.DECOMPOSE, Stage.REPLACE),
                seconds(Stage.EVALUATE, Stage.MEASURE),
                seconds(Stage.SELECT),
                seconds(Stage.FINE_TUNE),
                0);
    }

    private double seconds(Stage... stages) {
        return Arrays.stream(stages)
                        .mapToLong(stage -> nanos.getOrDefault(stage, 0L))
                        .sum()
                / 1e9;
    }
}
