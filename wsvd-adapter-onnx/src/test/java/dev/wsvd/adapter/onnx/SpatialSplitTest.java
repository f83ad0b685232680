package dev.wsvd.adapter.onnx;

import static dev.wsvd.adapter.onnx.ModelBuilder.attribute;
import static org.assertj.core.api.Assertions.assertThat;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import dev.wsvd.domain.Unfolding;
import dev.wsvd.domain.spi.CompressibleModel;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Which of a convolution's attributes each of the two that replace it has, always in the same order. */
class SpatialSplitTest {
    @Test
    void eachHalfMovesAlongItsOwnDim() {
        List<NodeProto> nodes = split(
                attribute("dilations", List.of(1L, 2L)),
                attribute("strides", List.of(2L, 3L)),
                attribute("pads", List.of(1L, 2L, 3L, 4L)));

        assertThat(attributes(nodes.get(0)))
                .containsExactly(
                        Map.entry("kernel_shape", List.of(3L, 1L)),
                        Map.entry("strides", List.of(2L, 1L)),
                        Map.entry("pads", List.of(1L, 0L, 3L, 0L)),
                        Map.entry("dilations", List.of(1L, 1L)));
        assertThat(attributes(nodes.get(1)))
                .containsExactly(
                        Map.entry("kernel_shape", List.of(1L, 2L)),
                        Map.entry("strides", List.of(1L, 3L)),
                        Map.entry("pads", List.of(0L, 2L, 0L, 4L)),
                        Map.entry("dilations", List.of(1L, 2L)));
    }

    @Test
    void bothHalvesPadThemselvesWhereTheOriginalDid() {
        for (NodeProto node : split(attribute("auto_pad", "SAME_UPPER"), attribute("strides", List.of(2L, 2L)))) {
            assertThat(attributes(node)).containsOnlyKeys("kernel_shape", "auto_pad", "strides");
        }
    }

    private static List<NodeProto> split(AttributeProto... attributes) {
        CompressibleModel<OnnxModel> model = FullRank.open(new ModelBuilder()
                .input("x", "N", 4, 9, 8)
                .weight("w", 5, 4, 3, 2)
                .node("Conv", "conv", List.of("x", "w"), "y", attributes)
                .output("y")
                .build());
        return FullRank.splitAll(model, Unfolding.SPATIAL)
                .model()
                .proto()
                .getGraph()
                .getNodeList();
    }

    private static Map<String, List<Long>> attributes(NodeProto node) {
        Map<String, List<Long>> attributes = new LinkedHashMap<>();
        node.getAttributeList().forEach(a -> attributes.put(a.getName(), a.getIntsList()));
        return attributes;
    }
}
