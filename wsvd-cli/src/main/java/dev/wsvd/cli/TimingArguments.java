package dev.wsvd.cli;

import dev.wsvd.domain.spi.TimingConditions;
import dev.wsvd.json.JsonTimings;
import dev.wsvd.pipeline.ModelCompressor;
import java.nio.file.Path;
import picocli.CommandLine.Option;

/** Options that say how models are timed. */
final class TimingArguments {
    @Option(
            names = "--threads",
            paramLabel = "N",
            description = "Latency: how many threads the engine computes with (default: 1).")
    private Integer threads;

    @Option(names = "--batch", paramLabel = "N", description = "Latency: samples per run (default: 1).")
    private Integer batch;

    @Option(
            names = "--timings",
            paramLabel = "FILE",
            description = "Latency: file for the times of layers on this machine: written once, reused by later runs.")
    private Path timings;

    @Option(
            names = "--never-slower",
            negatable = true,
            defaultValue = "true",
            fallbackValue = "true",
            description =
                    "Time the network that is chosen beside the original, and choose again if it is not faster (default: yes);"
                            + " --no-never-slower does not.")
    private boolean neverSlower;

    /** The file of times; null if none was given. */
    Path file() {
        return timings;
    }

    /**
     * Refuses options that would do nothing.
     *
     * @param limited whether anything is limited in time
     * @param lookedAt whether ranks are chosen so that the time is looked at
     */
    void requireUsed(boolean limited, boolean lookedAt) {
        if (!limited && !(neverSlower && lookedAt)) {
            new GivenOptions()
                    .with("--threads", threads != null)
                    .with("--batch", batch != null)
                    .with("--timings", timings != null)
                    .refuse(
                            "Nothing is timed but for --metric latency and --max-latency, and in budgeted selection with --never-slower");
        }
    }

    void addTo(ModelCompressor<?> compressor) {
        compressor.timing(new TimingConditions(threads == null ? 1 : threads, batch == null ? 1 : batch));
        if (neverSlower) {
            compressor.neverSlower();
        }
        if (timings != null) {
            compressor.timings(JsonTimings.at(timings));
        }
    }
}
