package dev.wsvd.domain.stats;

import dev.wsvd.domain.CalibrationIdentity;
import dev.wsvd.domain.ModelIdentity;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.quantization.Quantization;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * A report on a model whose layers were made int8; what was not measured is absent.
 *
 * @param model the original
 * @param calibration the inputs on which ranges were found and errors measured, if there were any
 * @param activations how many tensors have a range that is known before
 * @param score scores of both models, absent when nothing was evaluated
 * @param files their sizes
 * @param layers every layer of the original in graph order, in int8 or not
 */
public record QuantizationStats(
        ModelIdentity model,
        Optional<CalibrationIdentity> calibration,
        Quantization.Mode mode,
        int activations,
        Optional<CompressionStats.Score> score,
        Files files,
        List<LayerStats> layers) {
    public QuantizationStats {
        Objects.requireNonNull(model, "model");
        Objects.requireNonNull(calibration, "calibration");
        Objects.requireNonNull(mode, "mode");
        Objects.requireNonNull(score, "score");
        Objects.requireNonNull(files, "files");
        layers = List.copyOf(layers);
    }

    /** MACs per sample of all layers. */
    public long macs() {
        return layers.stream().mapToLong(LayerStats::macs).sum();
    }

    /** MACs per sample of the layers in int8. */
    public long int8Macs() {
        return layers.stream()
                .filter(LayerStats::int8)
                .mapToLong(LayerStats::macs)
                .sum();
    }

    /**
     * Sizes of the models in bytes, with all their files.
     *
     * @param before above 0
     */
    public record Files(long before, long after) {
        /** After / before. */
        public double ratio() {
            return (double) after / before;
        }
    }

    /**
     * What happened to one layer.
     *
     * @param layer as it is in the original
     * @param int8 whether it computes in int8
     * @param reason why it does not
     * @param outputError measured relative output error in the network in int8; absent if the layer is not, or it was not measured
     */
    public record LayerStats(Layer layer, boolean int8, Optional<String> reason, OptionalDouble outputError) {
        public LayerStats {
            Objects.requireNonNull(layer, "layer");
            Objects.requireNonNull(reason, "reason");
            Objects.requireNonNull(outputError, "outputError");
        }

        /** MACs per sample. */
        public long macs() {
            return layer.sized().macs();
        }
    }
}
