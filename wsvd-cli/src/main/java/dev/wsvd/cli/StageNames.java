package dev.wsvd.cli;

import dev.wsvd.domain.spi.ProgressEvent.Stage;

/** What stages are called on the screen. */
final class StageNames {
    private StageNames() {}

    static String doing(Stage stage) {
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
