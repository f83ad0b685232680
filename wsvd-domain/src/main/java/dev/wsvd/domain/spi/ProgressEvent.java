package dev.wsvd.domain.spi;

import dev.wsvd.domain.stats.CompressionStats;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Supplier;

/** What a long run tells while it goes on. */
public sealed interface ProgressEvent {
    /** What a run can be doing. */
    enum Stage {
        /** Finding the model's layers. */
        OPEN,
        /** Learning what layers see of the calibration inputs. */
        CALIBRATE,
        /** Decomposing layers. */
        DECOMPOSE,
        /** Measuring what an error of a layer does to the model's outputs. */
        WEIGH,
        /** Scoring a model. */
        EVALUATE,
        /** Deciding, once all is known. */
        SELECT,
        /** Making what stands in layers' places. */
        REPLACE,
        /** Fitting layers to what those before them give now. */
        CORRECT,
        /** Training. */
        FINE_TUNE,
        /** Making what is wanted of the compressed model at last, such as one in int8. */
        FINISH,
        /** Measuring output errors of layers in the compressed model. */
        MEASURE,
        /** Timing networks. */
        TIME
    }

    /**
     * How far a whole run is: told when a step begins and ends, and in between where something tells how much of it is done.
     *
     * @param share expected share of the run's time that is over, in [0, 1]: never less than before, and 1 exactly when the run is
     *     done, in its last event of this kind. A run that fails has none with 1
     * @param left expected time until the run is done; unlike the share it is corrected upwards where something takes longer than
     *     expected. Empty until there is something to tell it from
     * @param stage what the run is doing; stages may take turns
     * @param name what the step is about, such as {@code conv2}; may be empty
     */
    record Advanced(double share, Optional<Duration> left, Stage stage, String name) implements ProgressEvent {}

    /**
     * A model was scored.
     *
     * @param name which one, such as {@code conv2, input-channel rank 12}
     */
    record Evaluated(String name, double score) implements ProgressEvent {}

    /**
     * A compression could report more than before: told when its layers are known, and after each score.
     *
     * @param report makes the report so far, in which every layer is as it was and nothing is decided. To be called by the thread that
     *     tells the event, now or at a later event of the same run: it then has what is known by then
     */
    record Drafted(Supplier<CompressionStats> report) implements ProgressEvent {}

    /**
     * Something the user should know, such as a file used without proof that it belongs to the model.
     *
     * @param text one sentence
     */
    record Notice(String text) implements ProgressEvent {}
}
