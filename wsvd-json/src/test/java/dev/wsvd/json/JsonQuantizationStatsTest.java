package dev.wsvd.json;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wsvd.domain.CalibrationIdentity;
import dev.wsvd.domain.ModelIdentity;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.layer.Affine;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.quantization.Quantization.Mode;
import dev.wsvd.domain.stats.CompressionStats.Score;
import dev.wsvd.domain.stats.QuantizationStats;
import dev.wsvd.domain.stats.QuantizationStats.LayerStats;
import dev.wsvd.domain.tensor.ElementType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JsonQuantizationStatsTest {
    private static final Layer FIRST = Layer.of(new LayerId("fc1"), Affine.of(4, 2), List.of(1L, 2L), List.of(1L, 4L));
    private static final Layer SECOND = new Layer(
            new LayerId("fc2"),
            Affine.of(3, 4),
            List.of(1L, 4L),
            List.of(1L, 3L),
            ElementType.FLOAT16,
            Optional.empty(),
            Optional.of("head"));

    @TempDir
    Path folder;

    private static QuantizationStats stats(
            Mode mode, Optional<CalibrationIdentity> calibration, Optional<Score> score, OptionalDouble error) {
        return new QuantizationStats(
                new ModelIdentity("model.onnx", "ab12"),
                calibration,
                mode,
                mode == Mode.STATIC ? 2 : 0,
                score,
                new QuantizationStats.Files(400, 100),
                List.of(
                        new LayerStats(FIRST, true, Optional.empty(), error),
                        new LayerStats(SECOND, false, Optional.of("its weight is float16"), OptionalDouble.empty())));
    }

    @Test
    void theFileIsAsDesigned() throws IOException {
        Path file = folder.resolve("stats.json");

        JsonQuantizationStats.write(
                file,
                stats(
                        Mode.STATIC,
                        Optional.of(new CalibrationIdentity(500, "cd34")),
                        Optional.of(new Score("accuracy", OptionalDouble.of(0.93), OptionalDouble.of(0.928), 2000)),
                        OptionalDouble.of(0.0125)));

        assertThat(Files.readString(file)).isEqualTo("""
                {
                  "format": "wsvd-quantization",
                  "version": 1,
                  "model": { "name": "model.onnx", "sha256": "ab12" },
                  "calibration": { "samples": 500, "sha256": "cd34" },
                  "mode": "static",
                  "activations": 2,
                  "score": { "name": "accuracy", "baseline": 0.93, "compressed": 0.928, "samples": 2000 },
                  "file": { "before": 400, "after": 100, "ratio": 0.25 },
                  "mac": { "all": 20, "int8": 8 },
                  "layers": [
                    { "name": "fc1", "type": "int8", "mac": 8, "outputError": 0.0125 },
                    { "name": "fc2", "path": "head", "type": "float16", "reason": "its weight is float16", "mac": 12 }
                  ]
                }
                """);
    }

    @Test
    void whatWasNotMeasuredIsAbsent() {
        assertThat(JsonQuantizationStats.toJson(
                        stats(Mode.DYNAMIC, Optional.empty(), Optional.empty(), OptionalDouble.empty())))
                .contains("\"mode\": \"dynamic\"")
                .doesNotContain("calibration", "score", "outputError");
    }

    @Test
    void anErrorThatIsNotFiniteIsRefused() {
        QuantizationStats stats =
                stats(Mode.STATIC, Optional.empty(), Optional.empty(), OptionalDouble.of(Double.POSITIVE_INFINITY));

        assertThatThrownBy(() -> JsonQuantizationStats.toJson(stats))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage(
                        "Field 'layers[0].outputError' is Infinity, which JSON cannot hold; only finite numbers can.");
    }

    @Test
    void itIsNoReportOfACompression() throws IOException {
        Path file = folder.resolve("stats.json");
        JsonQuantizationStats.write(
                file, stats(Mode.DYNAMIC, Optional.empty(), Optional.empty(), OptionalDouble.empty()));

        assertThatThrownBy(() -> JsonStats.read(file))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("must be \"wsvd-stats\", found \"wsvd-quantization\"")
                .hasMessageEndingWith("Maybe the file was given in the place of another.");
    }
}
