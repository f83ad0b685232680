package dev.wsvd.adapter.onnx;

import static dev.wsvd.adapter.onnx.ModelBuilder.attribute;
import static dev.wsvd.adapter.onnx.ModelBuilder.nodeOf;
import static org.assertj.core.api.Assertions.assertThat;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.spi.OpenOptions;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Where layers stood in the program that PyTorch exported. */
class LayerPathTest {
    @Test
    void aParameterTellsAndElseTheScopesOfTheNode() {
        ModelProto model = new ModelBuilder()
                .input("x", 1, 8)
                .weight("stem.weight", 8, 8)
                .weight("att.w", 8, 8)
                .weight("val_3", 8, 8)
                .weight("onnx::MatMul_4", 8, 8)
                .node("MatMul", "node_MatMul_1", List.of("x", "stem.weight"), "a")
                .node("MatMul", "node_MatMul_2", List.of("a", "att.w"), "b")
                .node(scoped("node_MatMul_3", "b", "val_3", "c", "['', 'layers', 'layers.0.fc', 'linear_2']"))
                .node(scoped("node_MatMul_4", "c", "val_3", "d", "['', 'matmul']"))
                .node("MatMul", "/fc/MatMul", List.of("d", "onnx::MatMul_4"), "e")
                .output("e")
                .build();
        assertThat(paths(model)).containsExactly("stem", "att.w", "layers.0.fc", "", "");
    }

    @Test
    void aFusedNormalisationDoesNotRenameTheConvolution() {
        NodeProto fused =
                scoped("node_Conv_50", "x", "layer1.0.conv1.weight", "y", "['', 'layer1.0.bn', 'norm']").toBuilder()
                        .setOpType("Conv")
                        .build();
        ModelProto model = new ModelBuilder()
                .input("x", 1, 3, 4, 4)
                .weight("layer1.0.conv1.weight", 8, 3, 3, 3)
                .node(fused)
                .output("y")
                .build();
        assertThat(paths(model)).containsExactly("layer1.0.conv1");
    }

    @Test
    void aPathIsFoundThroughATransposedWeightAndLeftOutWhereItIsTheName() {
        ModelProto model = new ModelBuilder()
                .input("x", 1, 8)
                .weight("fc.weight", 4, 8)
                .weight("head.weight", 4, 4)
                .node("Transpose", "", List.of("fc.weight"), "t", attribute("perm", List.of(1L, 0L)))
                .node("MatMul", "node_linear", List.of("x", "t"), "a")
                .node("MatMul", "head", List.of("a", "head.weight"), "b")
                .output("b")
                .build();
        assertThat(paths(model)).containsExactly("fc", "");
    }

    private static NodeProto scoped(String name, String input, String weight, String output, String scopes) {
        return nodeOf("MatMul", name, List.of(input, weight), output).toBuilder()
                .addMetadataProps(StringStringEntryProto.newBuilder()
                        .setKey("pkg.torch.onnx.name_scopes")
                        .setValue(scopes))
                .build();
    }

    private static List<String> paths(ModelProto model) {
        return ListedLayers.layers(model, OpenOptions.DEFAULT).stream()
                .map(Layer::path)
                .map((Optional<String> path) -> path.orElse(""))
                .toList();
    }
}
