package dev.wsvd.adapter.onnx;

import static dev.wsvd.adapter.onnx.ModelBuilder.attribute;
import static dev.wsvd.adapter.onnx.ModelBuilder.nodeOf;
import static dev.wsvd.adapter.onnx.ModelBuilder.value;
import static org.assertj.core.api.Assertions.assertThat;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.plan.Replacement;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.tensor.ElementType;
import dev.wsvd.domain.tensor.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Weights are found wherever they are stored, and nothing of them is left when nothing uses them. */
class WeightPlacesTest {
    private static final int FLOAT = DataType.FLOAT_VALUE;

    @Test
    void inAConstantNode() {
        ModelBuilder builder = new ModelBuilder().input("x", 2, 6).output("y");
        builder.node("Constant", "", List.of(), "w", attribute("value", builder.randomTensor("", 6, 5)))
                .node("MatMul", "fc", List.of("x", "w"), "y");
        assertSplit(builder.build(), List.of("fc"));
    }

    @Test
    void repeatedAsAnInputOfTheGraph() {
        ModelProto model = new ModelBuilder()
                .input("x", 2, 6)
                .input("w", 6, 5)
                .weight("w", 6, 5)
                .node("MatMul", "fc", List.of("x", "w"), "y")
                .output("y")
                .build();
        CompressibleModel<OnnxModel> split = assertSplit(model, List.of("fc"));
        assertThat(split.model().proto().getGraph().getInputList())
                .extracting(ValueInfoProto::getName)
                .containsExactly("x");
    }

    @Test
    void inAnOldFileWhereEveryInitializerIsAnInput() {
        ModelProto model = new ModelBuilder()
                .irVersion(3)
                .opset(9)
                .input("x", 2, 6)
                .input("w", 6, 5)
                .input("c", 5)
                .weight("w", 6, 5)
                .weight("c", 5)
                .node("Gemm", "fc", List.of("x", "w", "c"), "y")
                .output("y")
                .build();
        CompressibleModel<OnnxModel> split = assertSplit(model, List.of("fc"));
        assertThat(split.model().proto().getGraph().getInputList())
                .extracting(ValueInfoProto::getName)
                .containsExactly("x", "c");
        assertThat(split.model().proto().getGraph().getInitializerList())
                .extracting(TensorProto::getName)
                .containsExactly("c");
    }

    @Test
    void behindIdentityAndTranspose() {
        ModelProto model = new ModelBuilder()
                .input("x", 2, 6)
                .weight("stored", 5, 6)
                .node("Identity", "", List.of("stored"), "same")
                .node("Transpose", "", List.of("same"), "turned", attribute("perm", List.of(1L, 0L)))
                .node("Identity", "", List.of("turned"), "w")
                .node("MatMul", "fc", List.of("x", "w"), "y")
                .output("y")
                .build();
        CompressibleModel<OnnxModel> split = assertSplit(model, List.of("fc"));
        assertThat(split.model().proto().getGraph().getNodeList())
                .extracting(NodeProto::getOpType)
                .containsExactly("MatMul", "MatMul");
    }

    @Test
    void convolutionBehindTwoTransposesOfAllDims() {
        ModelProto model = new ModelBuilder()
                .input("x", 1, 4, 6, 7)
                .weight("stored", 2, 3, 4, 6)
                .node("Transpose", "", List.of("stored"), "t", attribute("perm", List.of(3L, 0L, 1L, 2L)))
                .node("Transpose", "", List.of("t"), "w", attribute("perm", List.of(0L, 3L, 1L, 2L)))
                .node("Conv", "conv", List.of("x", "w"), "y")
                .output("y")
                .build();
        assertSplit(model, List.of("conv"));
    }

    @Test
    void transposedByDefaultAndInAGemm() {
        ModelProto model = new ModelBuilder()
                .input("x", 2, 6)
                .weight("stored", 6, 5)
                .node("Transpose", "", List.of("stored"), "w")
                .node("Gemm", "fc", List.of("x", "w"), "y", attribute("transB", 1))
                .output("y")
                .build();
        assertSplit(model, List.of("fc"));
    }

    @Test
    void sharedByTwoNodesThatAreSplitAlike() {
        ModelProto model = shared();
        CompressibleModel<OnnxModel> split = assertSplit(model, List.of("a", "b"));
        assertThat(split.model().proto().getGraph().getInitializerList())
                .extracting(TensorProto::getName)
                .containsExactly("a_svd_a_weight", "a_svd_b_weight");
    }

    @Test
    void sharedByTwoNodesOfWhichOneStaysDense() {
        CompressibleModel<OnnxModel> model = FullRank.open(shared());
        Layer layer = model.layers().get(1);
        CompressibleModel<OnnxModel> split = model.with(List.of(FullRank.split(model, layer, "output-channel", 6)));
        assertThat(split.model().proto().getGraph().getInitializerList())
                .extracting(TensorProto::getName)
                .containsExactly("w", "b_svd_a_weight", "b_svd_b_weight");
        Map<String, Tensor> inputs = FullRank.inputs(model.model());
        FullRank.assertSame(FullRank.run(split.model(), inputs), FullRank.run(model.model(), inputs), 1e-4);
        CompressibleModel<OnnxModel> both =
                split.with(List.of(FullRank.split(split, split.layers().get(0), "input-channel", 6)));
        assertThat(both.model().proto().getGraph().getInitializerList())
                .extracting(TensorProto::getName)
                .doesNotContain("w");
    }

    private static ModelProto shared() {
        return new ModelBuilder()
                .input("x", 2, 6)
                .weight("w", 6, 6)
                .node("MatMul", "a", List.of("x", "w"), "t")
                .node("Relu", "relu", List.of("t"), "u")
                .node("MatMul", "b", List.of("u", "w"), "y")
                .output("y")
                .build();
    }

    @Test
    void usedElsewhereAsANumber() {
        ModelProto model = new ModelBuilder()
                .input("x", 6, 6)
                .weight("w", 6, 6)
                .node("MatMul", "fc", List.of("x", "w"), "t")
                .node("Add", "add", List.of("t", "w"), "y")
                .output("y")
                .build();
        CompressibleModel<OnnxModel> split = assertSplit(model, List.of("fc"));
        assertThat(split.model().proto().getGraph().getInitializerList())
                .extracting(TensorProto::getName)
                .contains("w");
    }

    @Test
    void thatIsAnOutputOfTheModelToo() {
        ModelProto model = new ModelBuilder()
                .input("x", 6, 6)
                .weight("w", 6, 6)
                .node("MatMul", "fc", List.of("x", "w"), "y")
                .output("y")
                .output("w")
                .build();
        assertSplit(model, List.of("fc"));
    }

    @Test
    void inBothBranchesOfAnIf() {
        ModelBuilder weights = new ModelBuilder();
        GraphProto then = GraphProto.newBuilder()
                .setName("then")
                .addInitializer(weights.randomTensor("w1", 6, 5))
                .addNode(nodeOf("MatMul", "fc", List.of("u", "w1"), "o1"))
                .addOutput(value("o1", FLOAT, "n", 5))
                .build();
        GraphProto otherwise = GraphProto.newBuilder()
                .setName("else")
                .addNode(nodeOf("Constant", "", List.of(), "w2", attribute("value", weights.randomTensor("", 6, 5))))
                .addNode(nodeOf("MatMul", "fc", List.of("u", "w2"), "o2"))
                .addOutput(value("o2", FLOAT, "n", 5))
                .build();
        ModelProto model = new ModelBuilder()
                .input("x", 2, 6)
                .typedInput("c", DataType.BOOL_VALUE)
                .node("Relu", "relu", List.of("x"), "u")
                .node(
                        "If",
                        "if",
                        List.of("c"),
                        "y",
                        attribute("then_branch", then),
                        attribute("else_branch", otherwise))
                .output("y")
                .build();
        CompressibleModel<OnnxModel> split = assertSplit(model, List.of("if/then_branch/fc", "if/else_branch/fc"));
        GraphProto body =
                split.model().proto().getGraph().getNode(1).getAttribute(0).getG();
        assertThat(body.getInitializerList())
                .extracting(TensorProto::getName)
                .containsExactly("fc_svd_a_weight", "fc_svd_b_weight");
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void inALoop(boolean storedOutside) {
        ModelBuilder builder = new ModelBuilder().input("x", 2, 6).output("y");
        GraphProto.Builder body = GraphProto.newBuilder()
                .setName("body")
                .addInput(value("i", DataType.INT64_VALUE))
                .addInput(value("go", DataType.BOOL_VALUE))
                .addInput(value("state", FLOAT, "n", 6))
                .addNode(nodeOf("MatMul", "fc", List.of("state", "w"), "next"))
                .addNode(nodeOf("Identity", "", List.of("go"), "on"))
                .addOutput(value("on", DataType.BOOL_VALUE))
                .addOutput(value("next", FLOAT, "n", 6));
        if (storedOutside) {
            builder.weight("w", 6, 6);
        } else {
            body.addInitializer(builder.randomTensor("w", 6, 6));
        }
        builder.stored(ModelBuilder.longs("trips", new long[] {3}))
                .node("Loop", "loop", List.of("trips", "", "x"), "y", attribute("body", body.build()));
        CompressibleModel<OnnxModel> split = assertSplit(builder.build(), List.of("loop/body/fc"));
        Layer first = split.layers().get(0);
        assertThat(first.inputShape()).containsExactly(1L, 6L);
        assertThat(split.model().proto().getGraph().getInitializerList())
                .extracting(TensorProto::getName)
                .doesNotContain("w");
    }

    @Test
    void newNamesAreFreeNames() {
        ModelProto model = new ModelBuilder()
                .input("x", 2, 6)
                .weight("w1", 6, 6)
                .weight("w2", 6, 6)
                .node("MatMul", "", List.of("x", "w1"), "t")
                .node("MatMul", "fc", List.of("t", "w2"), "fc_svd_a")
                .node("Relu", "t_svd_b", List.of("fc_svd_a"), "y")
                .output("y")
                .build();
        CompressibleModel<OnnxModel> split = assertSplit(model, List.of("t", "fc"));
        assertThat(split.layers())
                .extracting(l -> l.id().name())
                .containsExactly("t_svd_a", "t_svd_b_2", "fc_svd_a_2", "fc_svd_b");
    }

    /** ONNX Runtime refuses to run such a model; it can still be listed and mended. */
    @Test
    void alikeNamedNodesAreToldApart() {
        ModelProto proto = new ModelBuilder()
                .input("x", 2, 6)
                .weight("w1", 6, 6)
                .weight("w2", 6, 6)
                .node("MatMul", "fc", List.of("x", "w1"), "t")
                .node("MatMul", "fc", List.of("t", "w2"), "y")
                .output("y")
                .build();
        CompressibleModel<OnnxModel> model = FullRank.open(proto);
        assertThat(model.layers()).extracting(l -> l.id().name()).containsExactly("fc", "fc#2");
        CompressibleModel<OnnxModel> split = FullRank.splitAll(model, "input-channel");
        assertThat(split.layers())
                .extracting(l -> l.id().name())
                .containsExactly("fc_svd_a", "fc_svd_b", "fc_svd_a_2", "fc_svd_b_2");
    }

    /** Once the first of them is replaced, the second has its name, but still is what it was. */
    @Test
    void whatBecameOfAlikeNamedNodesIsKnown() {
        CompressibleModel<OnnxModel> model = FullRank.open(new ModelBuilder()
                .input("x", 2, 6)
                .weight("w1", 6, 6)
                .weight("w2", 6, 6)
                .node("MatMul", "fc", List.of("x", "w1"), "t")
                .node("MatMul", "fc", List.of("t", "w2"), "y")
                .output("y")
                .build());
        LayerId first = new LayerId("fc");
        LayerId second = new LayerId("fc#2");
        CompressibleModel<OnnxModel> once =
                model.with(List.of(FullRank.split(model, model.layers().get(0), "input-channel")));
        assertThat(once.stagesOf(first)).extracting(LayerId::name).containsExactly("fc_svd_a", "fc_svd_b");
        assertThat(once.stagesOf(second)).containsExactly(first);

        CompressibleModel<OnnxModel> twice =
                once.with(List.of(FullRank.split(once, once.layers().get(2), "output-channel")));

        assertThat(twice.stagesOf(first)).extracting(LayerId::name).containsExactly("fc_svd_a", "fc_svd_b");
        assertThat(twice.stagesOf(second)).extracting(LayerId::name).containsExactly("fc_svd_a_2", "fc_svd_b_2");
    }

    static CompressibleModel<OnnxModel> assertSplit(ModelProto proto, List<String> layers) {
        return assertSplit(proto, layers, 1e-4);
    }

    static CompressibleModel<OnnxModel> assertSplit(ModelProto proto, List<String> layers, double tolerance) {
        CompressibleModel<OnnxModel> model = FullRank.open(proto);
        assertThat(model.layers()).extracting(l -> l.id().name()).isEqualTo(layers);
        assertThat(model.layers()).allMatch(Layer::supported, "supported");
        List<Map<String, Tensor>> runs = runs(model.model());
        CompressibleModel<OnnxModel> split = model;
        for (String form : FullRank.forms(model)) {
            split = FullRank.splitAll(model, form);
            for (Map<String, Tensor> inputs : runs) {
                Map<String, Tensor> expected = FullRank.run(model.model(), inputs);
                FullRank.assertSame(FullRank.run(split.model(), inputs), expected, tolerance);
            }
            assertThat(split.layers())
                    .hasSize((form.equals("tucker-2") ? 3 : 2) * layers.size())
                    .allMatch(Layer::supported, "supported");
        }
        return split;
    }

    /** Both values of every condition. */
    private static List<Map<String, Tensor>> runs(OnnxModel model) {
        Map<String, Tensor> inputs = FullRank.inputs(model);
        List<Map<String, Tensor>> runs = new ArrayList<>(List.of(inputs));
        if (inputs.containsKey("c")) {
            Map<String, Tensor> other = new LinkedHashMap<>(inputs);
            other.put("c", new Tensor(ElementType.BOOL, List.of(), java.nio.ByteBuffer.allocate(1)));
            runs.add(other);
        }
        return runs;
    }

    @Test
    void ranksNamesAndProvenanceOfASplit() {
        ModelProto model = shared();
        CompressibleModel<OnnxModel> opened = FullRank.open(model);
        Replacement split = FullRank.split(opened, opened.layers().get(0), "input-channel", 2);
        CompressibleModel<OnnxModel> small = opened.with(List.of(split));
        assertThat(small.layers())
                .extracting(l -> l.id() + " " + l.weight())
                .containsExactly("a_svd_a 2×6", "a_svd_b 6×2", "b 6×6");
        assertThat(small.model().proto().getMetadataPropsList())
                .extracting(p -> p.getKey() + "=" + p.getValue())
                .containsExactly(
                        "wsvd.version=" + Versions.wsvd(),
                        "wsvd.plan=[{\"name\":\"a\",\"unfolding\":\"input-channel\",\"rank\":2}]");
    }
}
