package dev.wsvd.adapter.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import dev.wsvd.adapter.onnx.internal.graph.GraphScan;
import dev.wsvd.adapter.onnx.internal.graph.LayerNode;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.plan.Replacement;
import dev.wsvd.domain.plan.Stage;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.OpenOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Names, weights and operator sets of layers that a model may get wrong. */
class UntrustedLayersTest {
    @TempDir
    Path folder;

    private final OnnxFormat format = new OnnxFormat();

    /** Each gets a number; to look for the next free one from the start would take longer with every layer. */
    @Test
    @Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void manyLayersOfOneName() {
        ModelBuilder builder = new ModelBuilder().input("x", 1, 4).weight("w", 4, 4);
        for (int i = 0; i < 200_000; i++) {
            builder.node("MatMul", "fc", List.of("x", "w"), "y" + i);
        }
        List<LayerNode> layers = GraphScan.of(builder.build()).layers();
        assertThat(layers.get(199_999).id().name()).isEqualTo("fc#200000");
    }

    @Test
    void aWeightThatIsNoMatrix() throws IOException {
        ModelProto model = new ModelBuilder()
                .input("x", 2, 6)
                .weight("b", 6)
                .weight("none", 6, 6, 0)
                .node("Gemm", "fc", List.of("x", "b"), "y")
                .node("MatMul", "fc2", List.of("x", "none"), "z")
                .output("y")
                .build();
        CompressibleModel<OnnxModel> opened = open(model);
        assertThat(opened.weights(new LayerId("fc")).all()).hasSize(6);
        assertThatThrownBy(() -> opened.weights(new LayerId("fc2")).all())
                .isInstanceOf(InvalidInputException.class)
                .hasMessage(
                        "The weight of layer 'fc2' cannot be read: its weight has 3 dims; only matrices are split.");
    }

    /** Of a stack of matrices each is turned, as W has the outputs first. */
    @Test
    void aWeightThatIsAStack() throws IOException {
        ModelProto model = new ModelBuilder()
                .input("x", 2, 1, 3)
                .stored(ModelBuilder.floats("w", new float[] {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}, 2, 3, 2))
                .node("MatMul", "fc", List.of("x", "w"), "y")
                .output("y")
                .build();
        assertThat(open(model).weights(new LayerId("fc")).all()).containsExactly(1, 3, 5, 2, 4, 6, 7, 9, 11, 8, 10, 12);
    }

    /** The engine then takes the newest operators, of which additions have no attribute "broadcast". */
    @Test
    void aModelThatOnlyImportsOperatorsOfOthers() throws IOException {
        ModelProto model = model().toBuilder()
                .clearOpsetImport()
                .addOpsetImport(
                        OperatorSetIdProto.newBuilder().setDomain("com.example").setVersion(1))
                .build();
        CompressibleModel<OnnxModel> opened = open(model);
        Replacement exact = FullRank.split(opened, opened.layers().get(0), "input-channel", 5);
        Stage last = new Stage(
                exact.parts().get(1).op(), exact.parts().get(1).weights(), Optional.of(new float[] {1, 1, 1, 1, 1}));
        CompressibleModel<OnnxModel> split = opened.with(List.of(Replacement.of(
                exact.layer(), exact.choice(), List.of(exact.parts().get(0), last), exact.predictedError())));
        assertThat(FullRank.run(split.model(), FullRank.inputs(split.model()))).containsOnlyKeys("y");
    }

    private static ModelProto model() {
        return new ModelBuilder()
                .input("x", 2, 6)
                .weight("w", 6, 5)
                .node("MatMul", "fc", List.of("x", "w"), "y")
                .output("y")
                .build();
    }

    private static TensorProto.Builder weight() {
        return model().getGraph().getInitializer(0).toBuilder();
    }

    private Path write(ModelProto model) throws IOException {
        return Files.write(folder.resolve("model.onnx"), model.toByteArray());
    }

    private CompressibleModel<OnnxModel> open(ModelProto model) throws IOException {
        return format.open(write(model), OpenOptions.DEFAULT);
    }
}
