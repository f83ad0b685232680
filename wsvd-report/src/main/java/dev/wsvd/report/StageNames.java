package dev.wsvd.report;

import dev.wsvd.domain.spi.ProgressEvent.Stage;

/** What stages of a run are called, for listeners that show progress. */
public final class StageNames {
    private StageNames() {}

    /** What a run does in a stage, before the name of what it is about: {@code correcting}. */
    public static String doing(Stage stage) {
        return switch (stage) {
            case OPEN -> "reading";
            case CALIBRATE -> "calibrating";
            case DECOMPOSE -> "decomposing";
            case WEIGH -> "weighing";
            case EVALUATE -> "evaluating";
            case SELECT -> "selecting";
            case REPLACE -> "replacing";
            case CORRECT -> "correcting";
            case FINE_TUNE -> "fine-tuning";
            case FINISH -> "finishing";
            case MEASURE -> "measuring output errors of";
            case TIME -> "timing";
        };
    }
}
