package dev.wsvd.domain.spi;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** A cluster that a command may run on, found by {@link java.util.ServiceLoader}. */
public interface Cluster {
    /** Whether this process was started on it. */
    boolean isHere();

    /**
     * Evaluates plans on it.
     *
     * @param files what executors need, by name
     * @param words of the command, for executors, which make what evaluates plans of them
     */
    <M> PlanEvaluator<M> planEvaluator(Map<String, Path> files, List<String> words);
}
