package dev.wsvd.pipeline;

import dev.wsvd.domain.CompressionStats;
import dev.wsvd.domain.spi.ProgressEvent.Stage;
import java.util.EnumMap;
import java.util.Map;
import java.util.function.Supplier;

/** Wall time per stage of a run. */
final class Stopwatch {
    private final Map<Stage, Long> nanos = new EnumMap<>(Stage.class);

    <T> T time(Stage stage, Supplier<T> work) {
        long start = System.nanoTime();
        try {
            return work.get();
        } finally {
            nanos.merge(stage, System.nanoTime() - start, Long::sum);
        }
    }

    CompressionStats.Seconds seconds() {
        return new CompressionStats.Seconds(
                seconds(Stage.OPEN),
                seconds(Stage.CALIBRATE),
                seconds(Stage.DECOMPOSE),
                seconds(Stage.EVALUATE),
                seconds(Stage.SELECT),
                seconds(Stage.FINE_TUNE),
                seconds(Stage.WRITE));
    }

    private double seconds(Stage stage) {
        return nanos.getOrDefault(stage, 0L) / 1e9;
    }
}
