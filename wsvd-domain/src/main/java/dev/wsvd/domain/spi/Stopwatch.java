package dev.wsvd.domain.spi;

import dev.wsvd.domain.layer.LayerId;
import java.util.List;
import java.util.Map;

/**
 * A model ready to be timed: it runs on one and the same input again and again, made by the format, under some {@link TimingConditions}.
 * Not for several threads at once.
 */
public interface Stopwatch extends AutoCloseable {
    /** The engine and its version, such as {@code ONNX Runtime 1.28.0}: times of another one do not count. */
    String engine();

    /** What it runs on, by name and size, such as {@code image [1, 1, 28, 28]}: times of other sizes do not count. */
    String inputs();

    /**
     * Runs the model once.
     *
     * @return wall time in ns, above 0
     * @throws dev.wsvd.domain.error.ModelFormatException if the engine fails
     */
    long run();

    /**
     * Runs the model and tells where the time goes. Whatever is no layer counts with the last layer before it that it depends on, else
     * with the first of all, so that the times of a run's layers add up to that of the run.
     *
     * @param runs how many runs are measured, at least 1
     * @return by run: ns by layer of this model; layers that the engine does not tell apart from others, such as those that it fuses, may
     *     be absent. Empty if the engine does not tell at all
     * @throws dev.wsvd.domain.error.ModelFormatException if the engine fails
     */
    List<Map<LayerId, Long>> profiles(int runs);

    @Override
    void close();
}
