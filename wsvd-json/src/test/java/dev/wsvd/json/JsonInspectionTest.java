package dev.wsvd.json;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wsvd.domain.cost.Cost;
import dev.wsvd.domain.layer.Affine;
import dev.wsvd.domain.layer.Convolution;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.layer.Lookup;
import dev.wsvd.domain.layer.WeightShape;
import dev.wsvd.domain.plan.Choice;
import dev.wsvd.domain.spi.OpenDim;
import dev.wsvd.domain.tensor.ElementType;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class JsonInspectionTest {
    @Test
    void theTextIsAsDesigned() {
        Layer conv = Layer.of(
                new LayerId("conv1"),
                new Convolution(new WeightShape(8, 4, List.of(3, 3)), 1, List.of(2, 2)),
                List.of(1L, 4L, 10L, 10L),
                List.of(1L, 8L, 5L, 5L));
        Layer depthwise = Layer.of(
                        new LayerId("dw"),
                        new Convolution(new WeightShape(8, 1, List.of(3, 3)), 8, List.of(1, 1)),
                        List.of(),
                        List.of())
                .unsupported("depthwise");
        Layer small = new Layer(
                new LayerId("fc"),
                Affine.of(2, 2),
                List.of(1L, 2L),
                List.of(1L, 2L),
                ElementType.FLOAT32,
                Optional.empty(),
                Optional.of("head"));

        assertThat(JsonInspection.toJson(
                        List.of(
                                row(conv, Cost.of(7200, 288), Optional.of(3)),
                                row(depthwise, Cost.of(0, 72), Optional.of(1)),
                                row(small, Cost.of(4, 4), Optional.empty())),
                        OptionalLong.of(380),
                        List.of(new OpenDim("x", 2, "height", 10, OpenDim.Origin.SAMPLES, OptionalLong.of(10)))))
                .isEqualTo("""
                        {
                          "format": "wsvd-inspection",
                          "version": 1,
                          "layers": [
                            { "name": "conv1", "path": null, "kind": "conv", "weightShape": [8, 4, 3, 3], "inputShape": [1, 4, 10, 10], "outputShape": [1, 8, 5, 5], \
                        "groups": 1, "stride": [2, 2], "mac": 7200, "memory": 288, "splittable": true, "reason": null, "maxRank": 3 },
                            { "name": "dw", "path": null, "kind": "conv", "weightShape": [8, 1, 3, 3], "inputShape": [], "outputShape": [], \
                        "groups": 8, "stride": [1, 1], "mac": 0, "memory": 72, "splittable": false, "reason": "depthwise", "maxRank": null },
                            { "name": "fc", "path": "head", "kind": "linear", "weightShape": [2, 2], "inputShape": [1, 2], "outputShape": [1, 2], \
                        "groups": 1, "stride": [], "mac": 4, "memory": 4, "splittable": false, "reason": "no input-channel rank saves memory", "maxRank": null }
                          ],
                          "total": { "mac": 7204, "memory": 364 },
                          "parameters": 380,
                          "openDims": [
                            { "input": "x", "axis": 2, "name": "height", "size": 10, "origin": "samples" }
                          ]
                        }
                        """);
    }

    @Test
    void aLayerThatIsNoConvolutionHasNoStrideAndAFormOfSeveralRanksNoLargest() {
        Layer table = Layer.of(new LayerId("words"), Lookup.of(16, 100), List.of(1L, 7L), List.of(1L, 7L, 16L));
        Layer conv = Layer.of(
                new LayerId("conv1"),
                new Convolution(new WeightShape(8, 4, List.of(3, 3)), 1, List.of(2, 2)),
                List.of(),
                List.of());
        JsonInspection.Row tucker = new JsonInspection.Row(
                conv, Cost.of(0, 288), "tucker-2", Optional.of(new Choice("tucker-2", List.of(3, 4))));

        assertThat(tucker.maxRank()).isEmpty();
        assertThat(JsonInspection.toJson(
                        List.of(row(table, Cost.of(0, 1600), Optional.of(13)), tucker),
                        OptionalLong.empty(),
                        List.of()))
                .contains("""
                            { "name": "words", "path": null, "kind": "embedding", "weightShape": [16, 100], "inputShape": [1, 7], \
                        "outputShape": [1, 7, 16], "groups": 1, "stride": [], "mac": 0, "memory": 1600, "splittable": true, "reason": null, "maxRank": 13 },
                        """, """
                        "stride": [2, 2], "mac": 0, "memory": 288, "splittable": true, "reason": null, "maxRank": null }
                        """);
    }

    @Test
    void aModelWithoutLayersIsAnEmptyList() {
        assertThat(JsonInspection.toJson(List.of(), OptionalLong.empty(), List.of()))
                .isEqualTo("""
                {
                  "format": "wsvd-inspection",
                  "version": 1,
                  "layers": [],
                  "total": { "mac": 0, "memory": 0 },
                  "parameters": null,
                  "openDims": []
                }
                """);
    }

    private static JsonInspection.Row row(Layer layer, Cost cost, Optional<Integer> rank) {
        return new JsonInspection.Row(
                layer, cost, "input-channel", rank.map(largest -> Choice.of("input-channel", largest)));
    }
}
