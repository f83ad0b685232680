package dev.wsvd.adapter.onnx;

import static dev.wsvd.adapter.onnx.ModelBuilder.attribute;
import static org.assertj.core.api.Assertions.assertThat;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.tensor.Tensor;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** At full rank the rewritten model computes what the original did, whatever attributes its nodes have. */
class RewriteGridTest {
    private static final double TOLERANCE = 1e-4;

    @TestFactory
    Stream<DynamicTest> convolutions() {
        List<DynamicTest> tests = new ArrayList<>();
        for (int spatial = 1; spatial <= 3; spatial++) {
            for (int kernel : spatial == 2 ? new int[] {1, 2, 3} : new int[] {1, 3}) {
                for (int stride : new int[] {1, 2}) {
                    for (String pads : List.of("none", "same", "uneven", "SAME_UPPER", "SAME_LOWER", "VALID")) {
                        for (int groups : new int[] {1, 2, 4}) {
                            boolean bias = (kernel + stride + groups) % 2 == 0;
                            boolean canDilate = kernel > 1 && !pads.startsWith("SAME_");
                            tests.add(conv(spatial, kernel, stride, 1, pads, groups, bias));
                            if (canDilate && stride == 1 && groups < 4) {
                                tests.add(conv(spatial, kernel, stride, 2, pads, groups, !bias));
                            }
                        }
                    }
                }
            }
        }
        return tests.stream();
    }

    private static String name(
            int spatial, int kernel, int stride, int dilation, String pads, int groups, boolean bias) {
        return spatial + "-D kernel " + kernel + " stride " + stride + " dilation " + dilation + " pads " + pads
                + " groups " + groups + (bias ? " bias" : "");
    }

    private static List<AttributeProto> movement(int spatial, int stride, int dilation, int groups) {
        return new ArrayList<>(List.of(
                attribute("strides", Collections.nCopies(spatial, (long) stride)),
                attribute("dilations", Collections.nCopies(spatial, (long) dilation)),
                attribute("group", groups)));
    }

    private static DynamicTest conv(
            int spatial, int kernel, int stride, int dilation, String pads, int groups, boolean bias) {
        String name = name(spatial, kernel, stride, dilation, pads, groups, bias);
        List<AttributeProto> attributes = movement(spatial, stride, dilation, groups);
        if (kernel != 2) {
            attributes.add(attribute("kernel_shape", Collections.nCopies(spatial, (long) kernel)));
        }
        switch (pads) {
            case "none" -> {}
            case "same" -> attributes.add(attribute("pads", Collections.nCopies(2 * spatial, kernel / 2L)));
            case "uneven" -> {
                List<Long> begin = new ArrayList<>(Collections.nCopies(spatial, 1L));
                begin.addAll(Collections.nCopies(spatial, 0L));
                attributes.add(attribute("pads", begin));
            }
            default -> attributes.add(attribute("auto_pad", pads));
        }
        ModelBuilder builder = new ModelBuilder();
        List<Object> input = new ArrayList<>(List.of(2, 8));
        long[] weight = new long[spatial + 2];
        weight[0] = 12;
        weight[1] = 8 / groups;
        for (int i = 0; i < spatial; i++) {
            input.add(7 + i);
            weight[i + 2] = kernel;
        }
        builder.input("x", input.toArray()).weight("w", weight).output("y");
        List<String> operands = bias ? List.of("x", "w", "b") : List.of("x", "w");
        if (bias) {
            builder.weight("b", 12);
        }
        builder.node("Conv", "conv", operands, "y", attributes.toArray(AttributeProto[]::new));
        return DynamicTest.dynamicTest(name, () -> assertUnchanged(builder.build(), 1));
    }

    @TestFactory
    Stream<DynamicTest> transposedConvolutions() {
        List<DynamicTest> tests = new ArrayList<>();
        for (int spatial = 1; spatial <= 3; spatial++) {
            for (int kernel : spatial == 2 ? new int[] {1, 2, 3, 4} : new int[] {1, 3}) {
                for (int stride : spatial == 2 ? new int[] {1, 2, 3} : new int[] {1, 2}) {
                    for (String pads :
                            List.of("none", "uneven", "behind", "SAME_UPPER", "SAME_LOWER", "VALID", "sized")) {
                        for (int groups : new int[] {1, 2}) {
                            boolean bias = (kernel + stride + groups) % 2 == 0;
                            int dilation = kernel > 1 && groups == 1 && stride < 3 ? 2 : 1;
                            tests.add(transposed(spatial, kernel, stride, 1, pads, groups, bias));
                            if (dilation > 1) {
                                tests.add(transposed(spatial, kernel, stride, dilation, pads, groups, !bias));
                            }
                        }
                    }
                }
            }
        }
        return tests.stream();
    }

    private static DynamicTest transposed(
            int spatial, int kernel, int stride, int dilation, String pads, int groups, boolean bias) {
        String name = name(spatial, kernel, stride, dilation, pads, groups, bias);
        List<AttributeProto> attributes = movement(spatial, stride, dilation, groups);
        List<Object> input = new ArrayList<>(List.of(2, 8));
        long[] weight = new long[spatial + 2];
        weight[0] = 8;
        weight[1] = 12 / groups;
        List<Long> pad = new ArrayList<>();
        List<Long> sizes = new ArrayList<>();
        for (int i = 0; i < spatial; i++) {
            input.add(4 + i);
            weight[i + 2] = kernel;
            // Outputs are left out where the kernel allows that, more of them before than behind.
            pad.add(kernel > 1 ? 1L + i % 2 : 0L);
            sizes.add((3L + i) * stride + (kernel - 1L) * dilation + (kernel == 1 ? 1 : 0));
        }
        switch (pads) {
            case "none" -> {}
            case "uneven" -> {
                pad.addAll(Collections.nCopies(spatial, 0L));
                attributes.add(attribute("pads", pad));
            }
            case "behind" -> attributes.add(attribute("output_padding", Collections.nCopies(spatial, stride - 1L)));
            case "sized" -> attributes.add(attribute("output_shape", sizes));
            default -> attributes.add(attribute("auto_pad", pads));
        }
        ModelBuilder builder = new ModelBuilder();
        builder.input("x", input.toArray()).weight("w", weight).output("y");
        List<String> operands = bias ? List.of("x", "w", "b") : List.of("x", "w");
        if (bias) {
            builder.weight("b", 12);
        }
        builder.node("ConvTranspose", "up", operands, "y", attributes.toArray(AttributeProto[]::new));
        return DynamicTest.dynamicTest(name, () -> assertUnchanged(builder.build(), 1));
    }

    @TestFactory
    Stream<DynamicTest> gemms() {
        List<DynamicTest> tests = new ArrayList<>();
        for (boolean left : new boolean[] {false, true}) {
            for (int transA = 0; transA < 2; transA++) {
                for (int transB = 0; transB < 2; transB++) {
                    for (float alpha : new float[] {0.5f}) {
                        for (float beta : new float[] {-2}) {
                            for (String c : List.of("", "row", "full", "scalar")) {
                                for (long opset : new long[] {9, 17}) {
                                    if (!c.isEmpty() || opset > 10) {
                                        tests.add(gemm(left, transA, transB, alpha, beta, c, opset));
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
        return tests.stream();
    }

    private static DynamicTest gemm(
            boolean left, int transA, int transB, float alpha, float beta, String c, long opset) {
        String name = "weight " + (left ? "left" : "right") + " transA " + transA + " transB " + transB + " alpha "
                + alpha + " beta " + beta + " c '" + c + "' opset " + opset;
        long[] a = transA == 1 ? new long[] {6, 4} : new long[] {4, 6};
        long[] b = transB == 1 ? new long[] {5, 6} : new long[] {6, 5};
        ModelBuilder builder = new ModelBuilder().opset(opset);
        if (left) {
            builder.weight("a", a).input("b", b[0], b[1]);
        } else {
            builder.input("a", a[0], a[1]).weight("b", b);
        }
        switch (c) {
            case "row" -> builder.weight("c", 5);
            case "full" -> builder.weight("c", 4, 5);
            case "scalar" -> builder.weight("c", 1);
            default -> {}
        }
        builder.node(
                "Gemm",
                "gemm",
                c.isEmpty() ? List.of("a", "b") : List.of("a", "b", "c"),
                "y",
                attribute("transA", transA),
                attribute("transB", transB),
                attribute("alpha", alpha),
                attribute("beta", beta));
        builder.output("y");
        return DynamicTest.dynamicTest(name, () -> assertUnchanged(builder.build(), 1));
    }

    @TestFactory
    Stream<DynamicTest> products() {
        List<DynamicTest> tests = new ArrayList<>();
        for (List<Integer> batch : List.of(List.<Integer>of(), List.of(3), List.of(2, 3), List.of(2, 3, 4))) {
            List<Object> right = new ArrayList<>(batch);
            right.add(6);
            ModelBuilder onRight = new ModelBuilder()
                    .input("x", right.toArray())
                    .weight("w", 6, 5)
                    .node("MatMul", "product", List.of("x", "w"), "y")
                    .output("y");
            tests.add(
                    DynamicTest.dynamicTest("weight right, input " + right, () -> assertUnchanged(onRight.build(), 1)));
            List<Object> left = new ArrayList<>(batch);
            left.add(6);
            if (!batch.isEmpty()) {
                left.add(5);
            }
            ModelBuilder onLeft = new ModelBuilder()
                    .input("x", left.toArray())
                    .weight("w", 4, 6)
                    .node("MatMul", "product", List.of("w", "x"), "y")
                    .output("y");
            tests.add(DynamicTest.dynamicTest("weight left, input " + left, () -> assertUnchanged(onLeft.build(), 1)));
        }
        return tests.stream();
    }

    static void assertUnchanged(ModelProto proto, int layers) {
        CompressibleModel<OnnxModel> model = FullRank.open(proto);
        assertThat(model.layers()).hasSize(layers).allMatch(Layer::supported);
        Map<String, Tensor> inputs = FullRank.inputs(model.model());
        Map<String, Tensor> expected = FullRank.run(model.model(), inputs);
        for (String form : FullRank.forms(model)) {
            CompressibleModel<OnnxModel> split = FullRank.splitAll(model, form);
            FullRank.assertSame(FullRank.run(split.model(), inputs), expected, TOLERANCE);
            int stages = form.equals("tucker-2") ? 3 : 2;
            assertThat(split.layers()).hasSize(stages * layers).allMatch(Layer::supported);
            assertThat(split.layers().get(0).inputShape())
                    .isEqualTo(model.layers().get(0).inputShape());
            assertThat(split.layers().get(stages * layers - 1).outputShape())
                    .isEqualTo(model.layers().get(layers - 1).outputShape());
        }
    }
}
