package dev.wsvd.cli;

import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.spi.Cluster;
import dev.wsvd.pipeline.ModelCompressor;
import dev.wsvd.pipeline.OpenedModel;
import dev.wsvd.pipeline.resolve.Services;
import java.util.Optional;
import java.util.OptionalInt;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;

/** Who does the work: cores of this machine, or a cluster. */
final class WorkerArguments {
    @Option(
            names = "--workers",
            paramLabel = "N",
            description =
                    "Evaluate N networks at once, each with its part of the cores; with --spark, send N to executors at"
                            + " once (default: as many as cores and memory allow; with --spark, twice the cores).")
    private Integer workers;

    @Option(
            names = "--spark",
            paramLabel = "MASTER",
            description = "Evaluate networks, calibrate and decompose layers on a cluster of Apache Spark, such as"
                    + " spark://host:7077, yarn or local[4]. Needs spark-submit.")
    private String spark;

    private Optional<Cluster> cluster = Optional.empty();

    /**
     * Starts the same command on the cluster, if one is asked for and this is not it, and waits for its end.
     *
     * @return its exit code; empty if this process does the work
     * @throws InvalidInputException if there is no way to the cluster
     */
    OptionalInt runElsewhere(CommandSpec command) {
        if (spark == null) {
            return OptionalInt.empty();
        }
        if (workers != null && workers < 1) {
            throw new InvalidInputException("--workers must be at least 1, found " + workers + ".");
        }
        cluster = Services.cluster();
        if (cluster.isPresent()) {
            SparkSubmit.endWithSubmitter(System.getenv());
            return OptionalInt.empty();
        }
        return OptionalInt.of(new SparkSubmit(System.getenv())
                .run(spark, command.root().commandLine().getParseResult().originalArgs()));
    }

    /** Gives a compressor those that do the work. */
    <M> void addTo(
            ModelCompressor<M> compressor, OpenedModel<M> opened, CompressorArguments asked, CommandSpec command) {
        if (cluster.isEmpty()) {
            atOnce().ifPresent(compressor::workers);
        } else {
            ExecutorWords words =
                    ExecutorWords.of(command.commandLine().getParseResult(), asked.filesTogether(opened.model()));
            Cluster.Executors<M> executors = cluster.get().executors(words.files(), words.words(), atOnce());
            compressor.planEvaluator(executors.planEvaluator()).layerFactorizer(executors.layerFactorizer());
            asked.calibration().learnBy(executors, compressor);
        }
    }

    private OptionalInt atOnce() {
        return workers == null ? OptionalInt.empty() : OptionalInt.of(workers);
    }
}
