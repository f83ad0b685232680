package dev.wsvd.adapter.onnx;

import static dev.wsvd.adapter.onnx.ModelBuilder.attribute;
import static org.assertj.core.api.Assertions.assertThat;

import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import dev.wsvd.domain.layer.Coupling;
import dev.wsvd.domain.layer.Coupling.Kind;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.layer.Uncoupled;
import dev.wsvd.domain.spi.CompressibleModel;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/** Where something else sees the units of heads, they are no coupling, and people are told why. */
class HeadsThatStayTest {
    private static final int D = 6;
    private static final int H = 2;
    private static final int U = 4;
    private static final int W = H * U;

    private final Net net = new Net(17, false);
    private UnaryOperator<String> ofQueries = q -> q;
    private UnaryOperator<String> ofKeys = k -> k;
    private UnaryOperator<String> ofScores = this::softmax;
    private UnaryOperator<String> ofValues = v -> v;
    private UnaryOperator<String> ofMixed = m -> m;

    private String heads(String name, String x) {
        String four = net.node("Reshape", List.of(net.linear(name, x, D, W, true), net.longs(0, 0, H, U)));
        return transposed(four, 0L, 2L, 1L, 3L);
    }

    private String transposed(String from, Long... perm) {
        return net.node("Transpose", List.of(from), attribute("perm", List.of(perm)));
    }

    private CompressibleModel<OnnxModel> model() {
        String x = net.input("N", "T", D);
        String q = ofQueries.apply(heads("q", x));
        String k = ofKeys.apply(heads("k", x));
        String v = ofValues.apply(heads("v", x));
        String scores = net.node("MatMul", List.of(q, transposed(k, 0L, 1L, 3L, 2L)));
        String mixed = net.node("MatMul", List.of(ofScores.apply(scores), v));
        String joined =
                net.node("Reshape", List.of(transposed(ofMixed.apply(mixed), 0L, 2L, 1L, 3L), net.longs(0, 0, W)));
        return FullRank.open(net.build(net.linear("last", joined, W, D, true)));
    }

    private String softmax(String from) {
        return net.node("Softmax", List.of(from), attribute("axis", -1));
    }

    /** Of both couplings one is left. */
    private void assertStays(Kind which, String... reasons) {
        CompressibleModel<OnnxModel> model = model();

        assertThat(model.couplings())
                .extracting(Coupling::kind)
                .containsExactly(which == Kind.SCORES ? Kind.VALUES : Kind.SCORES);
        List<String> writers = which == Kind.SCORES ? List.of("q", "k") : List.of("v");
        assertThat(model.uncoupled())
                .filteredOn(of -> of.writers().stream().anyMatch(writer -> writers.contains(writer.name())))
                .extracting(Uncoupled::reason)
                .containsExactly(reasons);
    }

    private String rotated(String from) {
        net.builder().typedInput("cos" + from, net.type(), "T", U).typedInput("sin" + from, net.type(), "T", U);
        String first = net.node("Slice", List.of(from, net.longs(0), net.longs(U / 2), net.longs(3)));
        String second = net.node("Slice", List.of(from, net.longs(U / 2), net.longs(U), net.longs(3)));
        String turned = net.node("Concat", List.of(net.node("Neg", List.of(second)), first), attribute("axis", -1));
        return net.node(
                "Add",
                List.of(
                        net.named("turn_" + from, "Mul", List.of(from, "cos" + from)),
                        net.node("Mul", List.of(turned, "sin" + from))));
    }

    @Test
    void rotaryPositions() {
        ofQueries = this::rotated;
        ofKeys = this::rotated;

        assertStays(
                Kind.SCORES,
                "rotary positions come between: Mul node 'turn_Transpose5_out' multiplies them by numbers that differ from"
                        + " position to position");
    }

    @Test
    void scalesByUnit() {
        ofQueries = q -> net.named("scale", "Mul", List.of(q, net.weight(U)));

        assertStays(Kind.SCORES, "Mul node 'scale' does not multiply them all by the same");
    }

    @Test
    void normalisedHeads() {
        ofKeys = k -> net.named("norm", "LayerNormalization", List.of(k, net.weight(U)));

        assertStays(Kind.SCORES, "LayerNormalization node 'norm' does not keep them apart");
    }

    @Test
    void activatedValues() {
        ofValues = v -> net.named("relu", "Relu", List.of(v));

        assertStays(Kind.VALUES, "Relu node 'relu' does not keep them apart");
    }

    @Test
    void valuesBehindThoseBefore() {
        ofValues = v -> {
            net.builder().typedInput("past", net.type(), "N", H, "P", U);
            return net.named("values", "Concat", List.of("past", v), attribute("axis", 2));
        };
        ofKeys = k -> {
            net.builder().typedInput("pastKeys", net.type(), "N", H, "P", U);
            return net.named("keys", "Concat", List.of("pastKeys", k), attribute("axis", 2));
        };
        CompressibleModel<OnnxModel> model = model();

        assertThat(model.couplings()).isEmpty();
        assertThat(model.uncoupled())
                .extracting(Uncoupled::reason)
                .contains(
                        "Concat node 'values' does not keep them apart", "Concat node 'keys' does not keep them apart");
    }

    @Test
    void queriesAreAnOutput() {
        ofQueries = q -> {
            net.builder().output(q, net.type());
            return q;
        };

        assertStays(Kind.SCORES, "'Transpose5_out' is an output of the model");
    }

    @Test
    void scoresAreAnOutput() {
        ofScores = s -> {
            net.builder().output(s, net.type());
            return softmax(s);
        };

        assertStays(Kind.SCORES, "their products do not go into a softmax alone");
    }

    @Test
    void scoresWithoutSoftmax() {
        ofScores = s -> net.node("Relu", List.of(s));

        assertStays(Kind.SCORES, "their products do not go into a softmax alone");
    }

    @Test
    void softmaxOverQueries() {
        ofScores = s -> net.node("Softmax", List.of(s), attribute("axis", 2));

        assertStays(Kind.SCORES, "no softmax over keys follows");
    }

    @Test
    void mixedValuesWithSomethingAdded() {
        ofMixed = m -> net.named("sum", "Add", List.of(m, net.weight(U)));

        assertStays(Kind.VALUES, "Add node 'sum' adds 'w22' to them");
    }

    @Test
    void mixedValuesAreReadTwice() {
        ofMixed = m -> {
            net.builder().output(m, net.type());
            return m;
        };

        assertStays(Kind.VALUES, "'MatMul21_out' is an output of the model");
    }

    @Test
    void anotherLayerReadsValuesToo() {
        ofValues = v -> {
            net.builder().output(net.named("other", "MatMul", List.of(v, net.weight(U, 3))), net.type());
            return v;
        };

        assertStays(Kind.VALUES, "layer 'other' reads them as they are");
    }

    @Test
    void anotherLayerReadsQueriesToo() {
        ofQueries = q -> {
            String joined = net.node("Reshape", List.of(transposed(q, 0L, 2L, 1L, 3L), net.longs(0, 0, W)));
            net.builder().output(net.named("other", "MatMul", List.of(joined, net.weight(W, 3))), net.type());
            return q;
        };

        assertStays(Kind.SCORES, "layer 'other' reads them as they are");
    }

    @Test
    void unitsInReverse() {
        ofKeys = k -> net.named(
                "reverse", "Slice", List.of(k, net.longs(-1), net.longs(Long.MIN_VALUE), net.longs(3), net.longs(-1)));

        assertStays(Kind.SCORES, "Slice node 'reverse' does not keep them apart");
    }

    @Test
    void partsThatDependOnInputs() {
        ofKeys = k -> {
            net.builder().typedInput("from", DataType.INT64_VALUE, 1);
            return net.named("part", "Slice", List.of(k, "from", net.longs(U), net.longs(3)));
        };

        assertStays(Kind.SCORES, "Slice node 'part' does not keep them apart");
    }

    @Test
    void oneLayerForQueriesAndKeys() {
        String x = net.input("N", "T", D);
        String both = heads("both", x);
        String weights = softmax(net.node("MatMul", List.of(both, transposed(both, 0L, 1L, 3L, 2L))));
        String mixed = transposed(net.node("MatMul", List.of(weights, heads("v", x))), 0L, 2L, 1L, 3L);
        String joined = net.node("Reshape", List.of(mixed, net.longs(0, 0, W)));
        CompressibleModel<OnnxModel> model = FullRank.open(net.build(net.linear("last", joined, W, D, true)));

        assertThat(model.couplings()).extracting(Coupling::kind).containsExactly(Kind.VALUES);
        assertThat(model.uncoupled())
                .contains(new Uncoupled(List.of(new LayerId("both")), W, "they are queries and keys at once"));
    }

    @Test
    void readersThatCannotChange() {
        String x = net.input("N", "T", D);
        String weights = softmax(net.node("MatMul", List.of(heads("q", x), transposed(heads("k", x), 0L, 1L, 3L, 2L))));
        String mixed = transposed(net.node("MatMul", List.of(weights, heads("v", x))), 0L, 2L, 1L, 3L);
        String joined = net.node("Reshape", List.of(mixed, net.longs(0, 0, W)));
        String shared = net.weight(W, W);
        String once = net.named("last", "MatMul", List.of(joined, shared));
        String twice = net.named("again", "MatMul", List.of(once, shared));
        CompressibleModel<OnnxModel> model = FullRank.open(net.build(twice));

        assertThat(model.couplings()).extracting(Coupling::kind).containsExactly(Kind.SCORES);
        assertThat(model.uncoupled())
                .contains(new Uncoupled(
                        List.of(new LayerId("v")), W, "the weight of layer 'last' is used elsewhere too"));
    }
}
