package dev.wsvd.json;

import dev.wsvd.domain.layer.LayerId;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * What is read of a stats file.
 *
 * @param modelSha256 digest of the original model, if the file says it
 * @param errors the error that was predicted for each split layer alone; see
 *     {@link dev.wsvd.domain.stats.CompressionStats.LayerStats#error}
 */
public record StatsFile(Optional<String> modelSha256, Map<LayerId, Double> errors) {
    public StatsFile {
        Objects.requireNonNull(modelSha256, "modelSha256");
        errors = Map.copyOf(errors);
    }
}
