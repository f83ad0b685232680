package dev.wsvd.json;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wsvd.domain.ConvLayer;
import dev.wsvd.domain.Cost;
import dev.wsvd.domain.LayerId;
import dev.wsvd.domain.LinearLayer;
import dev.wsvd.domain.Unfolding;
import dev.wsvd.domain.WeightShape;
import dev.wsvd.domain.spi.OpenDim;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class JsonInspectionTest {
    @Test
    void theTextIsAsDesigned() {
        ConvLayer conv = new ConvLayer(
                new LayerId("conv1"),
                new WeightShape(8, 4, List.of(3, 3)),
                1,
                List.of(2, 2),
                List.of(1L, 4L, 10L, 10L),
                List.of(1L, 8L, 5L, 5L),
                Optional.empty());
        ConvLayer depthwise = new ConvLayer(
                new LayerId("dw"),
                new WeightShape(8, 1, List.of(3, 3)),
                8,
                List.of(1, 1),
                List.of(),
                List.of(),
                Optional.of("depthwise"));
        LinearLayer small = new LinearLayer(
                new LayerId("fc"),
                WeightShape.linear(2, 2),
                List.of(1L, 2L),
                List.of(1L, 2L),
                Optional.empty(),
                Optional.of("head"));

        assertThat(JsonInspection.toJson(
                        List.of(
                                new JsonInspection.Row(
                                        conv, new Cost(7200, 288), Unfolding.INPUT_CHANNEL, OptionalInt.of(3)),
                                new JsonInspection.Row(
                                        depthwise, new Cost(0, 72), Unfolding.INPUT_CHANNEL, OptionalInt.of(1)),
                                new JsonInspection.Row(
                                        small, new Cost(4, 4), Unfolding.INPUT_CHANNEL, OptionalInt.empty())),
                        OptionalLong.of(380),
                        List.of(new OpenDim("x", 2, "height", 10, OpenDim.Origin.SAMPLES, OptionalLong.of(10)))))
                .isEqualTo("""
                        {
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
    void aModelWithoutLayersIsAnEmptyList() {
        assertThat(JsonInspection.toJson(List.of(), OptionalLong.empty(), List.of()))
                .isEqualTo("""
                {
                  "layers": [],
                  "total": { "mac": 0, "memory": 0 },
                  "parameters": null,
                  "openDims": []
                }
                """);
    }
}
