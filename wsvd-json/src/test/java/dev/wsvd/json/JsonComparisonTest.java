package dev.wsvd.json;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wsvd.domain.ModelIdentity;
import dev.wsvd.domain.cost.Cost;
import dev.wsvd.domain.layer.Affine;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.stats.CompressionStats.Sources;
import dev.wsvd.domain.stats.ReportOrigin;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;

class JsonComparisonTest {
    private final JsonComparison comparison = new JsonComparison();

    @Test
    void aLayerWhoseCostAfterIsNotKnownKeepsThatBefore() {
        comparison.costs(Cost.of(1000, 300), Cost.of(450, 200));
        layer("fc1", Optional.empty());
        layer("fc2", Optional.of(Cost.of(150, 60)));

        assertThat(text())
                .containsPattern("\"name\": \"fc1\"[^}]*\"mac\": \\[500\\], \"memory\": \\[150\\]")
                .containsPattern("\"name\": \"fc2\"[^}]*\"mac\": \\[500, 150\\], \"memory\": \\[150, 60\\]");
    }

    private void layer(String name, Optional<Cost> after) {
        comparison.layer(
                Layer.of(new LayerId(name), Affine.of(2, 2), List.of(1L, 2L), List.of(1L, 2L)),
                true,
                Cost.of(500, 150),
                after,
                OptionalDouble.empty(),
                OptionalDouble.empty(),
                Optional.empty());
    }

    @Test
    void outputsThatAreTheSameHaveNoRatioOfSignalToNoise() {
        comparison.fidelity(List.of(), OptionalDouble.empty(), 1, Double.POSITIVE_INFINITY);
        assertThat(text()).contains("\"identical\": true").doesNotContain("sqnrDb");

        comparison.fidelity(List.of(), OptionalDouble.empty(), 0.99, 21);
        assertThat(text()).contains("\"sqnrDb\": 21").doesNotContain("identical");
    }

    private String text() {
        return comparison.toJson(
                new ReportOrigin(Optional.empty(), new ModelIdentity("small.onnx", "ab12"), Sources.UNKNOWN));
    }
}
