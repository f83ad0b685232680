package dev.wsvd.json;

import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.spi.TimingConditions;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * What is read of a stats file.
 *
 * @param modelSha256 digest of the original model, if the file says it
 * @param errors the error that was predicted for each split layer alone; see
 *     {@link dev.wsvd.domain.stats.CompressionStats.LayerStats#error}
 * @param timing under which conditions the models were timed, if they were
 * @param predictedNs how long what stands in each layer's place was predicted to take, in ns, under these conditions; empty if nothing
 *     was timed
 */
public record StatsFile(
        Optional<String> modelSha256,
        Map<LayerId, Double> errors,
        Optional<TimingConditions> timing,
        Map<LayerId, Double> predictedNs) {
    public StatsFile {
        Objects.requireNonNull(modelSha256, "modelSha256");
        Objects.requireNonNull(timing, "timing");
        errors = Map.copyOf(errors);
        predictedNs = Map.copyOf(predictedNs);
    }
}
