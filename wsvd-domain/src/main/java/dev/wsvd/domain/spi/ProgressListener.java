package dev.wsvd.domain.spi;

/** Listens to a run; called on the thread that runs it, so it should be quick. */
@FunctionalInterface
public interface ProgressListener {
    /** Hears nothing. */
    ProgressListener SILENT = event -> {};

    void onEvent(ProgressEvent event);
}
