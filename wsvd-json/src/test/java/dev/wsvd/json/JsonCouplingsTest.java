package dev.wsvd.json;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wsvd.domain.layer.Affine;
import dev.wsvd.domain.layer.Coupling;
import dev.wsvd.domain.layer.Coupling.Side;
import dev.wsvd.domain.layer.Coupling.Slice;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.layer.LostFusion;
import dev.wsvd.domain.layer.Siblings;
import dev.wsvd.domain.layer.Uncoupled;
import java.util.List;
import org.junit.jupiter.api.Test;

class JsonCouplingsTest {
    @Test
    void saysWhatLayersShareAndWhatCutsWouldLose() {
        Layer value = layer("value");
        Layer out = layer("out");
        Coupling heads = new Coupling(
                out,
                Coupling.Kind.VALUES,
                2,
                2,
                List.of(
                        new Slice(value, Side.WRITES, List.of(0, 1, 2, 3)),
                        new Slice(out, Side.READS, List.of(0, 1, 2, 3))));

        assertThat(JsonCouplings.toJson(
                        List.of(heads),
                        List.of(new Uncoupled(List.of(new LayerId("fc")), 4, "it is an output")),
                        List.of(new Siblings(List.of(layer("query"), layer("key")))),
                        List.of(new LostFusion(List.of(heads), List.of("Attention"), 1, 0.25, 0.3, false))))
                .isEqualTo("""
                        {
                          "format": "wsvd-couplings",
                          "version": 1,
                          "couplings": [
                            { "name": "out", "kind": "values", "groups": 2, "unitsPerGroup": 2, "writtenBy": ["value"], "passedOnBy": [], "readBy": ["out"] }
                          ],
                          "uncoupled": [
                            { "writtenBy": ["fc"], "units": 4, "reason": "it is an output" }
                          ],
                          "siblings": [
                            { "name": "query", "channels": 4, "layers": ["query", "key"] }
                          ],
                          "lostFusions": [
                            { "couplings": ["out"], "operators": ["Attention"], "rank": 1, "before": 250000, "after": 300000, "faster": false }
                          ]
                        }
                        """);
    }

    private static Layer layer(String name) {
        return Layer.of(new LayerId(name), Affine.of(4, 4), List.of(1L, 4L), List.of(1L, 4L));
    }
}
