package dev.wsvd.cli;

import dev.wsvd.domain.spi.TimingConditions;
import picocli.CommandLine.Option;

/** Options that say under which conditions models are timed. */
final class ConditionArguments {
    @Option(
            names = "--threads",
            paramLabel = "N",
            description = "Latency: how many threads the engine computes with (default: 1).")
    private Integer threads;

    @Option(names = "--batch", paramLabel = "N", description = "Latency: samples per run (default: 1).")
    private Integer batch;

    /** Which of them were given. */
    GivenOptions given() {
        return new GivenOptions().with("--threads", threads != null).with("--batch", batch != null);
    }

    /** What was given, and others where nothing was. */
    TimingConditions or(TimingConditions others) {
        return new TimingConditions(
                threads == null ? others.threads() : threads, batch == null ? others.batch() : batch);
    }
}
