package dev.wsvd.cli;

import dev.wsvd.domain.spi.TimingConditions;
import dev.wsvd.json.JsonTimings;
import dev.wsvd.pipeline.ModelCompressor;
import java.nio.file.Path;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Options that say how models are timed. */
final class TimingArguments {
    @Mixin
    private final ConditionArguments conditions = new ConditionArguments();

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
            conditions
                    .given()
                    .with("--timings", timings != null)
                    .refuse(
                            "Nothing is timed but for --metric latency and --max-latency, and in budgeted selection with --never-slower");
        }
    }

    void addTo(ModelCompressor<?> compressor) {
        compressor.timing(conditions.or(TimingConditions.DEFAULT));
        if (neverSlower) {
            compressor.neverSlower();
        }
        if (timings != null) {
            compressor.timings(JsonTimings.at(timings));
        }
    }
}
