package dev.wsvd.adapter.onnx;

import static dev.wsvd.adapter.onnx.ModelBuilder.attribute;
import static org.assertj.core.api.Assertions.assertThat;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import dev.wsvd.domain.layer.Convolution;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.WeightShape;
import dev.wsvd.domain.plan.Choice;
import dev.wsvd.domain.plan.Replacement;
import dev.wsvd.domain.plan.Stage;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Which of a convolution's attributes each of the stages in its place has, always in the same order. */
class StageAttributesTest {
    @Test
    void eachHalfMovesAlongItsOwnDim() {
        List<NodeProto> nodes = split(
                "spatial",
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
        for (NodeProto node :
                split("spatial", attribute("auto_pad", "SAME_UPPER"), attribute("strides", List.of(2L, 2L)))) {
            assertThat(attributes(node)).containsOnlyKeys("kernel_shape", "auto_pad", "strides");
        }
    }

    @Test
    void oneOfThreeMovesAsTheOriginal() {
        List<NodeProto> nodes =
                split("tucker-2", attribute("pads", List.of(1L, 2L, 3L, 4L)), attribute("strides", List.of(2L, 3L)));

        assertThat(nodes).extracting(NodeProto::getName).containsExactly("conv_svd_a", "conv_svd_b", "conv_svd_c");
        assertThat(nodes)
                .extracting(node -> String.join(" ", node.getInputList()) + " → " + node.getOutput(0))
                .containsExactly(
                        "x conv_svd_a_weight → y_svd",
                        "y_svd conv_svd_b_weight → y_svd_2",
                        "y_svd_2 conv_svd_c_weight → y");
        Map<String, List<Long>> pointwise = Map.of("kernel_shape", List.of(1L, 1L));
        assertThat(attributes(nodes.get(0))).isEqualTo(pointwise);
        assertThat(attributes(nodes.get(1)))
                .containsExactly(Map.entry("pads", List.of(1L, 2L, 3L, 4L)), Map.entry("strides", List.of(2L, 3L)));
        assertThat(attributes(nodes.get(2))).isEqualTo(pointwise);
    }

    /** Of a pointwise convolution both do. */
    @Test
    void ofSeveralThatMoveAsTheOriginalTheLastHasItsAttributes() {
        CompressibleModel<OnnxModel> model = FullRank.open(new ModelBuilder()
                .input("x", "N", 4, 9, 8)
                .weight("w", 5, 4, 1, 1)
                .node("Conv", "conv", List.of("x", "w"), "y", attribute("pads", List.of(0L, 0L, 0L, 0L)))
                .output("y")
                .build());
        for (String form : List.of("input-channel", "output-channel")) {
            List<NodeProto> nodes =
                    FullRank.splitAll(model, form).model().proto().getGraph().getNodeList();
            assertThat(attributes(nodes.get(0))).containsOnlyKeys("kernel_shape");
            assertThat(attributes(nodes.get(1))).containsOnlyKeys("pads");
        }
    }

    @Test
    void aStageOfOtherGroupsSaysSo() {
        CompressibleModel<OnnxModel> model = FullRank.open(new ModelBuilder()
                .input("x", "N", 4, 9, 8)
                .weight("w", 6, 2, 3, 3)
                .node("Conv", "conv", List.of("x", "w"), "y", attribute("group", 2))
                .output("y")
                .build());
        Layer layer = model.layers().get(0);
        Convolution whole = (Convolution) layer.op();
        Convolution mixed = new Convolution(new WeightShape(6, 6, List.of(1, 1)), 1, List.of(1, 1));
        float[] identity = new float[36];
        for (int i = 0; i < 6; i++) {
            identity[i * 7] = 1;
        }
        Replacement replacement = Replacement.of(
                layer,
                new Choice("by-hand", List.of(6, 6)),
                List.of(new Stage(whole, model.weights(layer.id()), Optional.empty()), new Stage(mixed, identity)),
                0);

        OnnxModel replaced = model.with(List.of(replacement)).model();

        Map<String, Tensor> inputs = FullRank.inputs(model.model());
        FullRank.assertSame(FullRank.run(replaced, inputs), FullRank.run(model.model(), inputs), 1e-6);
        assertThat(replaced.proto().getMetadataPropsList())
                .extracting(entry -> entry.getValue())
                .contains("[{\"name\":\"conv\",\"unfolding\":\"by-hand\",\"ranks\":[6,6]}]");
    }

    @Test
    void halvesOfATransposedConvolutionAddOutputsAlongTheirOwnDim() {
        List<NodeProto> nodes = split(
                "ConvTranspose",
                "spatial",
                attribute("strides", List.of(2L, 3L)),
                attribute("output_padding", List.of(1L, 2L)));

        assertThat(nodes).extracting(NodeProto::getOpType).containsExactly("ConvTranspose", "ConvTranspose");
        assertThat(attributes(nodes.get(0)))
                .containsExactly(
                        Map.entry("kernel_shape", List.of(3L, 1L)),
                        Map.entry("strides", List.of(2L, 1L)),
                        Map.entry("output_padding", List.of(1L, 0L)));
        assertThat(attributes(nodes.get(1)))
                .containsExactly(
                        Map.entry("kernel_shape", List.of(1L, 2L)),
                        Map.entry("strides", List.of(1L, 3L)),
                        Map.entry("output_padding", List.of(0L, 2L)));
    }

    @Test
    void halvesOfATransposedConvolutionGiveTheSizeWantedAlongTheirOwnDim() {
        List<NodeProto> nodes = split(
                "ConvTranspose",
                "spatial",
                attribute("strides", List.of(2L, 2L)),
                attribute("output_shape", List.of(18L, 15L)));

        assertThat(attributes(nodes.get(0))).containsEntry("output_shape", List.of(18L, 8L));
        assertThat(attributes(nodes.get(1))).containsEntry("output_shape", List.of(18L, 15L));
    }

    @Test
    void besideATransposedConvolutionStandPointwiseOnesThatAreNot() {
        List<NodeProto> nodes = split("ConvTranspose", "tucker-2", attribute("strides", List.of(2L, 3L)));

        assertThat(nodes).extracting(NodeProto::getOpType).containsExactly("Conv", "ConvTranspose", "Conv");
        assertThat(attributes(nodes.get(0))).isEqualTo(Map.of("kernel_shape", List.of(1L, 1L)));
        assertThat(attributes(nodes.get(1))).isEqualTo(Map.of("strides", List.of(2L, 3L)));
        assertThat(attributes(nodes.get(2))).isEqualTo(Map.of("kernel_shape", List.of(1L, 1L)));
    }

    private static List<NodeProto> split(String form, AttributeProto... attributes) {
        return split("Conv", form, attributes);
    }

    private static List<NodeProto> split(String op, String form, AttributeProto... attributes) {
        CompressibleModel<OnnxModel> model = FullRank.open(new ModelBuilder()
                .input("x", "N", 4, 9, 8)
                .weight("w", op.equals("Conv") ? new long[] {5, 4, 3, 2} : new long[] {4, 5, 3, 2})
                .node(op, "conv", List.of("x", "w"), "y", attributes)
                .output("y")
                .build());
        return FullRank.splitAll(model, form).model().proto().getGraph().getNodeList();
    }

    private static Map<String, List<Long>> attributes(NodeProto node) {
        Map<String, List<Long>> attributes = new LinkedHashMap<>();
        node.getAttributeList().forEach(a -> attributes.put(a.getName(), a.getIntsList()));
        return attributes;
    }
}
