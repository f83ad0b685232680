package dev.wsvd.report;

import dev.wsvd.domain.spi.ProgressEvent.Stage;

/** What stages of a run are called, for listeners that show progress. */
public final class StageNames {
    private StageNames() {}

    /** What a run does in a stage: {@code Calibrating}. */
    public static String doing(Stage stage) {
        return switch (stage) {
            case OPEN -> "Opening";
            case CALIBRATE -> "Calibrating";
            case DECOMPOSE -> "Decomposing";
            case EVALUATE -> "Evaluating";
            case SELECT -> "Selecting";
            case FINE_TUNE -> "Fine-tuning";
            case WRITE -> "Writing";
        };
    }
}
