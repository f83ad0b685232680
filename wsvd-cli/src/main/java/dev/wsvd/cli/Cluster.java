package dev.wsvd.cli;

import dev.wsvd.domain.spi.PlanEvaluator;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** A cluster that a command runs on, found by {@link java.util.ServiceLoader}; {@code wsvd-spark} has one. */
public interface Cluster {
    /** Whether this process was started on a cluster. */
    boolean isHere();

    /**
     * Evaluates plans on the cluster.
     *
     * @param files what executors need, by name
     * @param words what {@link ExecutorCommand} makes a compressor of on each
     */
    <M> PlanEvaluator<M> planEvaluator(Map<String, Path> files, List<String> words);
}
