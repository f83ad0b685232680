package dev.wsvd.domain.spi;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;

/** A cluster that a command may run on, found by {@link java.util.ServiceLoader}. */
public interface Cluster {
    /** Whether this process was started on it. */
    boolean isHere();

    /**
     * Gives executors what they need for a run.
     *
     * @param files what is sent to them, by name; a folder without what is in it
     * @param words of the command, for executors, which make of them what does the work
     * @param atOnce how many networks, or layers, are under way at most, at least 1; else as the cluster's size suggests
     */
    <M> Executors<M> executors(Map<String, Path> files, List<String> words, OptionalInt atOnce);

    /** What executors do for a run. */
    interface Executors<M> {
        PlanEvaluator<M> planEvaluator();

        LayerFactorizer<M> layerFactorizer();

        /**
         * Learns moments of the calibration inputs.
         *
         * @throws dev.wsvd.domain.error.InvalidInputException if the inputs do not fit the model
         */
        void learnMoments(MomentsStore to);
    }
}
