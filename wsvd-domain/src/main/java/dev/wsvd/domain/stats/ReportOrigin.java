package dev.wsvd.domain.stats;

import dev.wsvd.domain.ModelIdentity;
import java.util.Objects;
import java.util.Optional;

/**
 * What a report on a model follows from that is not of a compression.
 *
 * @param wsvd wsvd's version, absent where it runs without its jar
 * @param model the model, or the original of two
 * @param sources what else it follows from
 */
public record ReportOrigin(Optional<String> wsvd, ModelIdentity model, CompressionStats.Sources sources) {
    public ReportOrigin {
        Objects.requireNonNull(wsvd, "wsvd");
        Objects.requireNonNull(model, "model");
        Objects.requireNonNull(sources, "sources");
    }
}
