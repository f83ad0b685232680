package dev.wsvd.domain.spi;

import java.util.OptionalDouble;

/** What a long run tells while it goes on. */
public sealed interface ProgressEvent {
    /** The parts of a run, in order. */
    enum Stage {
        OPEN,
        CALIBRATE,
        DECOMPOSE,
        EVALUATE,
        SELECT,
        FINE_TUNE,
        WRITE
    }

    /**
     * A stage begins.
     *
     * @param total number of steps it has
     */
    record Started(Stage stage, int total) implements ProgressEvent {}

    /**
     * A step is done.
     *
     * @param done steps done so far, 1 … total
     * @param name what the step was about, such as {@code conv2, input-channel rank 12}
     * @param score the score an evaluation gave
     */
    record Advanced(Stage stage, int done, int total, String name, OptionalDouble score) implements ProgressEvent {}

    /** A stage is done. */
    record Finished(Stage stage) implements ProgressEvent {}

    /**
     * Something the user should know, such as a file used without proof that it belongs to the model.
     *
     * @param text one sentence
     */
    record Notice(String text) implements ProgressEvent {}
}
