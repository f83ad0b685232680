package dev.wsvd.adapter.onnx;

import static dev.wsvd.adapter.onnx.ListedLayers.only;
import static dev.wsvd.adapter.onnx.ModelBuilder.attribute;
import static dev.wsvd.adapter.onnx.ModelBuilder.nodeOf;
import static dev.wsvd.adapter.onnx.ModelBuilder.value;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.tensor.Tensor;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code Einsum} of a stored operand, as exporters of Flax, T5X and Keras write attention's projections. */
class EinsumTest {
    private static final int FLOAT = DataType.FLOAT_VALUE;

    @TestFactory
    Stream<DynamicTest> products() {
        return Stream.of(
                product("bij,jk->bik", new Object[] {2, 5, 8}, new long[] {8, 6}),
                product("bij,kj->bik", new Object[] {2, 5, 8}, new long[] {6, 8}),
                product("jk, bj -> bk", new long[] {8, 6}, new Object[] {3, 8}),
                product("kj,bij->bik", new long[] {6, 8}, new Object[] {2, 5, 8}),
                product("bij,jk", new Object[] {2, 5, 8}, new long[] {8, 6}),
                product("...j,jk->...k", new Object[] {2, 5, 8}, new long[] {8, 6}),
                product("bsh,hnd->bsnd", new Object[] {2, 5, 8}, new long[] {8, 2, 3}),
                product("bsh,ndh->bsnd", new Object[] {2, 5, 8}, new long[] {2, 3, 8}),
                product("hnd,bsh->bsnd", new long[] {8, 2, 3}, new Object[] {2, 5, 8}),
                product("...h,hnd->...nd", new Object[] {2, 5, 8}, new long[] {8, 2, 3}),
                product("bsnd,ndh->bsh", new Object[] {2, 5, 2, 4}, new long[] {2, 4, 6}),
                product("bsnd,hnd->bsh", new Object[] {2, 5, 2, 4}, new long[] {6, 2, 4}),
                product("ndh,bsnd->bsh", new long[] {2, 4, 6}, new Object[] {2, 5, 2, 4}),
                product("...nd,ndh->...h", new Object[] {2, 5, 2, 4}, new long[] {2, 4, 6}),
                product("bcd,cdef->bef", new Object[] {3, 2, 4}, new long[] {2, 4, 2, 3}));
    }

    /** @param operands dims of the input as objects, of the weight as numbers */
    private static DynamicTest product(String equation, Object... operands) {
        ModelBuilder builder = new ModelBuilder().output("y");
        List<String> names = new ArrayList<>();
        for (Object operand : operands) {
            if (operand instanceof long[] dims) {
                builder.weight("w", dims);
                names.add("w");
            } else {
                builder.input("x", (Object[]) operand);
                names.add("x");
            }
        }
        builder.node("Einsum", "fc", names, "y", attribute("equation", equation));
        return DynamicTest.dynamicTest(equation, () -> FullRank.assertSplit(builder.build()));
    }

    @Test
    void aWeightOfThreeDimsBehindACastIsStillStoredInItsOwnType() {
        float[] values = new float[48];
        for (int i = 0; i < values.length; i++) {
            values[i] = (i % 7 - 3) / 4f;
        }
        ModelProto proto = new ModelBuilder()
                .input("x", 2, 5, 8)
                .stored(ModelBuilder.halves("w", values, 8, 2, 3))
                .node("Cast", "cast", List.of("w"), "wide", attribute("to", FLOAT))
                .node("Einsum", "fc", List.of("x", "wide"), "y", attribute("equation", "bsh,hnd->bsnd"))
                .output("y")
                .build();
        CompressibleModel<OnnxModel> model = FullRank.open(proto);

        assertThat(model.layers()).singleElement().matches(Layer::supported);
        assertThat(model.model().proto().getGraph().getInitializerList())
                .extracting(TensorProto::getName, TensorProto::getDataType)
                .containsExactly(tuple("w_matrix", DataType.FLOAT16_VALUE));
        Map<String, Tensor> inputs = FullRank.inputs(model.model());
        FullRank.assertSame(
                FullRank.run(FullRank.splitAll(model, "input-channel").model(), inputs),
                FullRank.run(
                        new OnnxModel(proto, Optional.empty(), model.model().isolation()), inputs),
                1e-3);
    }

    @Test
    void aWeightThatSeveralNodesReadIsStoredOnce() {
        ModelProto proto = new ModelBuilder()
                .input("x", 2, 5, 8)
                .weight("w", 8, 2, 3)
                .node("Einsum", "up", List.of("x", "w"), "heads", attribute("equation", "bsh,hnd->bsnd"))
                .node("Einsum", "down", List.of("heads", "w"), "again", attribute("equation", "bsnd,hnd->bsh"))
                .node("Einsum", "last", List.of("w", "again"), "y", attribute("equation", "hnd,bsh->bsnd"))
                .output("y")
                .build();
        CompressibleModel<OnnxModel> model = FullRank.open(proto);
        Map<String, Tensor> inputs = FullRank.inputs(model.model());

        assertThat(model.layers()).hasSize(3).allMatch(Layer::supported);
        assertThat(model.model().proto().getGraph().getInitializerList())
                .extracting(TensorProto::getName)
                .containsExactly("w_matrix");
        FullRank.assertSame(
                FullRank.run(FullRank.splitAll(model, "input-channel").model(), inputs),
                FullRank.run(
                        new OnnxModel(proto, Optional.empty(), model.model().isolation()), inputs),
                1e-4);
    }

    @Test
    void nothingIsLeftOfWeightsInTheBodiesOfAnIf() {
        ModelProto proto = new ModelBuilder()
                .input("x", 2, 5, 8)
                .typedInput("which", DataType.BOOL_VALUE)
                .weight("outer", 8, 2, 3)
                .node(nodeOf(
                        "If",
                        "if",
                        List.of("which"),
                        "y",
                        attribute("then_branch", branch("then", "outer")),
                        attribute("else_branch", branch("else", "else.w"))))
                .output("y")
                .build();
        CompressibleModel<OnnxModel> model = FullRank.open(proto);
        GraphProto opened = model.model().proto().getGraph();

        assertThat(stored(opened)).containsExactly("outer_matrix");
        assertThat(stored(opened.getNode(0).getAttribute(0).getG())).containsExactly("then.w_matrix");
        assertThat(stored(opened.getNode(0).getAttribute(1).getG())).containsExactly("else.w_matrix");
        assertThat(model.layers()).hasSize(4).allMatch(Layer::supported);
        Map<String, Tensor> inputs = FullRank.inputs(model.model());
        FullRank.assertSame(
                FullRank.run(FullRank.splitAll(model, "output-channel").model(), inputs),
                FullRank.run(
                        new OnnxModel(proto, Optional.empty(), model.model().isolation()), inputs),
                1e-4);
    }

    /** Of what is called x, with a weight of its own and then with another. */
    private static GraphProto branch(String name, String second) {
        return GraphProto.newBuilder()
                .setName(name)
                .addInitializer(new ModelBuilder().randomTensor(name + ".w", 8, 2, 3))
                .addNode(nodeOf(
                        "Einsum",
                        name + ".a",
                        List.of("x", name + ".w"),
                        name + ".h",
                        attribute("equation", "bsh,hnd->bsnd")))
                .addNode(nodeOf(
                        "Einsum",
                        name + ".b",
                        List.of(name + ".h", second),
                        name + ".y",
                        attribute("equation", "bsnd,hnd->bsh")))
                .addOutput(value(name + ".y", FLOAT, 2, 5, 8))
                .build();
    }

    private static List<String> stored(GraphProto graph) {
        return graph.getInitializerList().stream().map(TensorProto::getName).toList();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "bji,jk->bik; 8,6; is no product of MatMul; 6; 8; 240",
                "bsd,hdk->bshk; 2,5,3; is no product of MatMul; 6; 5; 240",
                "bsd,hde->bhse; 2,5,6; is no product of MatMul; 12; 5; 480",
                "bhs,hse->bhe; 8,5,6; is no product of MatMul; 48; 5; 240",
                "bhs,s->bh; 5; is no product of MatMul; 1; 5; 40"
            })
    void whatIsNoProductOfMatMulIsListedWithItsCost(
            String equation, String dims, String reason, int out, int in, long macs) {
        Layer layer = only(new ModelBuilder()
                .input("x", 2, 8, 5)
                .weight(
                        "w",
                        Stream.of(dims.split(",")).mapToLong(Long::parseLong).toArray())
                .node("Einsum", "fc", List.of("x", "w"), "y", attribute("equation", equation))
                .output("y")
                .build());

        assertThat(layer.unsupportedReason()).contains("its equation " + equation + " " + reason);
        assertThat(layer.weight().dims()).containsExactly(out, in);
        assertThat(layer.sized().macs()).isEqualTo(macs);
    }

    @Test
    void aWeightOfThreeDimsThatIsTransposedStaysAndSaysWhy() {
        Layer layer = only(new ModelBuilder()
                .input("x", 2, 5, 8)
                .weight("w", 2, 3, 8)
                .node("Transpose", "turn", List.of("w"), "turned", attribute("perm", List.of(2L, 0L, 1L)))
                .node("Einsum", "fc", List.of("x", "turned"), "y", attribute("equation", "bsh,hnd->bsnd"))
                .output("y")
                .build());

        assertThat(layer.unsupportedReason())
                .contains(
                        "its equation bsh,hnd->bsnd is a product of MatMul only where the rank of its input is known and"
                                + " a weight of more than two dims is stored in this order");
        assertThat(layer.sized().macs()).isEqualTo(5 * 8 * 6);
    }

    @ParameterizedTest
    @CsvSource({"'...hd,hdn->...n', 1", "'bs...hd,hdn->bs...n', 3"})
    void anInputOfTooFewDimsIsNoProduct(String equation, int dims) {
        ModelProto proto = new ModelBuilder()
                .input("x", Collections.nCopies(dims, 3).toArray())
                .weight("w", 3, 3, 4)
                .node("Einsum", "fc", List.of("x", "w"), "y", attribute("equation", equation))
                .output("y")
                .build();

        assertThat(FullRank.open(proto).layers()).noneMatch(Layer::supported);
    }

    @Test
    void whatIsMultipliedElementByElementIsNoLayer() {
        assertThat(FullRank.open(new ModelBuilder()
                                .input("x", 2, 8, 5)
                                .weight("w", 5)
                                .node("Einsum", "scale", List.of("x", "w"), "y", attribute("equation", "bhs,s->bhs"))
                                .output("y")
                                .build())
                        .layers())
                .isEmpty();
    }
}
