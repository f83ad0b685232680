package dev.wsvd.json;

import dev.wsvd.domain.file.WholeFile;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.stats.QuantizationStats;
import dev.wsvd.domain.stats.QuantizationStats.LayerStats;
import dev.wsvd.domain.tensor.ElementType;
import java.nio.file.Path;
import java.util.List;

/** Statistics of models in int8 in JSON. What was not measured is absent. */
public final class JsonQuantizationStats {
    private JsonQuantizationStats() {}

    /**
     * The text of a stats file.
     *
     * @throws dev.wsvd.domain.error.InvalidInputException if a figure is not finite; the message names its field
     */
    public static String toJson(QuantizationStats stats) {
        return JsonText.of(Content.of(stats));
    }

    /**
     * Writes stats atomically.
     *
     * @throws dev.wsvd.domain.error.InvalidInputException if the path cannot be written or a figure is not finite
     * @throws dev.wsvd.domain.error.WsvdException if writing fails, for instance on a full disk
     */
    public static void write(Path file, QuantizationStats stats) {
        WholeFile.write(file, toJson(stats));
    }

    record Content(
            String format,
            Integer version,
            Identities.Model model,
            Identities.Inputs calibration,
            String mode,
            Integer activations,
            ScoreContent score,
            Bytes file,
            Macs mac,
            List<LayerContent> layers) {
        static Content of(QuantizationStats stats) {
            return new Content(
                    JsonFormat.QUANTIZATION.id(),
                    JsonFormat.VERSION,
                    Identities.Model.of(stats.model()),
                    stats.calibration().map(Identities.Inputs::of).orElse(null),
                    stats.mode().toString(),
                    stats.activations(),
                    stats.score().map(ScoreContent::of).orElse(null),
                    new Bytes(
                            stats.files().before(),
                            stats.files().after(),
                            stats.files().ratio()),
                    new Macs(stats.macs(), stats.int8Macs()),
                    stats.layers().stream().map(LayerContent::of).toList());
        }
    }

    record Bytes(long before, long after, double ratio) {}

    /** Per sample. */
    record Macs(long all, long int8) {}

    record LayerContent(LayerId name, String path, String type, String reason, long mac, Double outputError) {
        static LayerContent of(LayerStats layer) {
            ElementType type = layer.int8() ? ElementType.INT8 : layer.layer().type();
            return new LayerContent(
                    layer.layer().id(),
                    layer.layer().path().orElse(null),
                    type.toString(),
                    layer.reason().orElse(null),
                    layer.macs(),
                    layer.outputError().isPresent() ? layer.outputError().getAsDouble() : null);
        }
    }
}
