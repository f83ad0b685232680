package dev.wsvd.adapter.onnx;

import static dev.wsvd.adapter.onnx.ModelBuilder.attribute;

import ai.onnx.proto.OnnxMl.ModelProto;
import dev.wsvd.domain.layer.Coupling;
import dev.wsvd.domain.plan.Replacement;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.tensor.Tensor;
import dev.wsvd.testkit.Cuts;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.BiFunction;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/**
 * Whatever stands between layers: a model without some units computes what the original does whose readers do not look at those
 * units.
 */
class CutGridTest {
    private static final int C = 8;
    private static final int HIGH = 6;
    private static final int WIDE = 5;

    @TempDir
    private static Path folder;

    /**
     * What stands between.
     *
     * @param between gets a writer's output, [N][C][6][5] or [N][7][C], and gives the end of the model
     */
    private record Block(String name, long opset, BiFunction<Net, String, String> between) {}

    private static Block images(String name, long opset, BiFunction<Net, String, String> between) {
        return new Block(name, opset, (net, h) -> net.conv("last", between.apply(net, h), C, 4, 3, net.type() == 1));
    }

    private static Block images(String name, BiFunction<Net, String, String> between) {
        return images(name, 17, between);
    }

    private static BiFunction<Net, String, String> one(String op) {
        return (net, h) -> net.node(op, List.of(h));
    }

    static List<Block> imageBlocks() {
        List<Block> blocks = new ArrayList<>();
        blocks.add(images("nothing", (net, h) -> h));
        for (String op : List.of(
                "Relu",
                "LeakyRelu",
                "HardSwish",
                "HardSigmoid",
                "Sigmoid",
                "Tanh",
                "Elu",
                "Selu",
                "Softplus",
                "Erf",
                "Identity",
                "Dropout",
                "Neg",
                "Abs",
                "Exp")) {
            blocks.add(images(op, one(op)));
        }
        blocks.add(images("Gelu", 20, one("Gelu")));
        blocks.add(images("Sqrt of Abs", (net, h) -> net.node("Sqrt", List.of(net.node("Abs", List.of(h))))));
        blocks.add(images("Clip", (net, h) -> net.node("Clip", List.of(h, net.number(0), net.number(0.5f)))));
        blocks.add(images(
                "Clip by attributes",
                10,
                (net, h) -> net.node("Clip", List.of(h), attribute("min", 0f), attribute("max", 0.5f))));
        blocks.add(images("PRelu", (net, h) -> net.node("PRelu", List.of(h, net.weight(C, 1, 1)))));
        blocks.add(images("PRelu of one slope", (net, h) -> net.node("PRelu", List.of(h, net.weight(1)))));
        blocks.add(images("Mul by a number", (net, h) -> net.node("Mul", List.of(h, net.number(0.7f)))));
        blocks.add(images("Mul by channels", (net, h) -> net.node("Mul", List.of(net.weight(C, 1, 1), h))));
        blocks.add(images("Add to channels", (net, h) -> net.node("Add", List.of(h, net.weight(1, C, 1, 1)))));
        blocks.add(images("Sub of channels", (net, h) -> net.node("Sub", List.of(h, net.weight(C, 1, 1)))));
        blocks.add(images("Div by channels", (net, h) -> net.node("Div", List.of(h, net.positive(C, 1, 1)))));
        blocks.add(images("Add to places", (net, h) -> net.node("Add", List.of(h, net.weight(C, HIGH, WIDE)))));
        blocks.add(images(
                "Mul by all of one channel", (net, h) -> net.node("Mul", List.of(h, net.weight(1, HIGH, WIDE)))));
        blocks.add(images("Pow", (net, h) -> net.node("Pow", List.of(h, net.number(2)))));
        blocks.add(images("Max with channels", (net, h) -> net.node("Max", List.of(h, net.weight(C, 1, 1)))));
        blocks.add(images("swish", (net, h) -> net.node("Mul", List.of(h, net.node("Sigmoid", List.of(h))))));
        blocks.add(images(
                "BatchNormalization",
                (net, h) -> net.node(
                        "BatchNormalization",
                        List.of(h, net.weight(C), net.weight(C), net.weight(C), net.positive(C)))));
        blocks.add(images(
                "InstanceNormalization",
                (net, h) -> net.node("InstanceNormalization", List.of(h, net.weight(C), net.weight(C)))));
        for (boolean bias : new boolean[] {false, true}) {
            blocks.add(images("depthwise" + (bias ? " with bias" : ""), (net, h) -> {
                List<String> operands = new ArrayList<>(List.of(h, net.weight(C, 1, 3, 3)));
                if (bias) {
                    operands.add(net.weight(C));
                }
                return net.node("Conv", operands, attribute("group", C), attribute("pads", List.of(1L, 1L, 1L, 1L)));
            }));
        }
        for (String pool : List.of("MaxPool", "AveragePool")) {
            blocks.add(images(
                    pool, (net, h) -> net.node(pool, List.of(h), attribute("kernel_shape", List.of(2L, 2L)))));
        }
        blocks.add(images("GlobalAveragePool", one("GlobalAveragePool")));
        blocks.add(images(
                "ReduceMean", (net, h) -> net.node("ReduceMean", List.of(h), attribute("axes", List.of(2L, 3L)))));
        blocks.add(images("ReduceSum", (net, h) -> net.node("ReduceSum", List.of(h, net.longs(-1, -2)))));
        blocks.add(images(
                "Pad", (net, h) -> net.node("Pad", List.of(h, net.longs(0, 0, 1, 2, 0, 0, 0, 1), net.number(0)))));
        blocks.add(images(
                "Pad by an attribute",
                10,
                (net, h) -> net.node("Pad", List.of(h), attribute("pads", List.of(0L, 0L, 1L, 2L, 0L, 0L, 0L, 1L)))));
        blocks.add(images("Resize by scales", (net, h) -> {
            net.builder().stored(ModelBuilder.floats("scales", new float[] {1, 1, 2, 2}, 4));
            return net.node("Resize", List.of(h, "", "scales"));
        }));
        blocks.add(images(
                "Resize to sizes", (net, h) -> net.node("Resize", List.of(h, "", "", net.longs(2, C, 12, 10)))));
        blocks.add(images("Resize to computed sizes", (net, h) -> {
            String two =
                    net.node("Slice", List.of(net.node("Shape", List.of(h)), net.longs(0), net.longs(2), net.longs(0)));
            return net.node(
                    "Resize",
                    List.of(h, "", "", net.node("Concat", List.of(two, net.longs(12, 10)), attribute("axis", 0))));
        }));
        blocks.add(images("Upsample", 9, (net, h) -> {
            net.builder().stored(ModelBuilder.floats("scales", new float[] {1, 1, 2, 2}, 4));
            return net.node("Upsample", List.of(h, "scales"));
        }));
        blocks.add(images(
                "Expand",
                (net, h) -> net.node(
                        "Expand", List.of(net.node("GlobalAveragePool", List.of(h)), net.longs(2, C, HIGH, WIDE)))));
        blocks.add(images("residual", (net, h) -> {
            String inner = net.conv("inner", net.node("Relu", List.of(h)), C, C, 3, true);
            return net.node("Relu", List.of(net.node("Add", List.of(inner, h))));
        }));
        blocks.add(images("transposed convolutions", (net, h) -> {
            String up = net.named(
                    "up",
                    "ConvTranspose",
                    List.of(h, net.weight(C, C, 2, 2), net.weight(C)),
                    attribute("strides", List.of(2L, 2L)));
            return net.named(
                    "further", "ConvTranspose", List.of(net.node("Relu", List.of(up)), net.weight(C, C, 3, 3)));
        }));
        blocks.add(images("squeeze and excite by convolutions", (net, h) -> {
            String mean = net.node("GlobalAveragePool", List.of(h));
            String small = net.node("Relu", List.of(net.conv("squeeze", mean, C, 3, 1, true)));
            return net.node(
                    "Mul", List.of(h, net.node("HardSigmoid", List.of(net.conv("excite", small, 3, C, 1, true)))));
        }));
        blocks.add(images("squeeze and excite by products", (net, h) -> {
            String mean = net.node("Flatten", List.of(net.node("GlobalAveragePool", List.of(h))));
            String small = net.node("Relu", List.of(net.gemm("squeeze", mean, C, 3, true)));
            String gate = net.node("Sigmoid", List.of(net.gemm("excite", small, 3, C, true)));
            return net.node("Mul", List.of(h, net.node("Reshape", List.of(gate, net.longs(0, C, 1, 1)))));
        }));
        blocks.add(images("squeeze and excite by sizes computed", (net, h) -> {
            String sizes = net.node("Shape", List.of(h));
            String batch =
                    net.node("Unsqueeze", List.of(net.node("Gather", List.of(sizes, net.index(0))), net.longs(0)));
            String width =
                    net.node("Unsqueeze", List.of(net.node("Gather", List.of(sizes, net.index(1))), net.longs(0)));
            String mean = net.node("ReduceMean", List.of(h), attribute("axes", List.of(2L, 3L)));
            String flat =
                    net.node("Reshape", List.of(mean, net.node("Concat", List.of(batch, width), attribute("axis", 0))));
            String small = net.node("Relu", List.of(net.gemm("squeeze", flat, C, 3, true)));
            String gate = net.node("Sigmoid", List.of(net.gemm("excite", small, 3, C, true)));
            String sized = net.node("Concat", List.of(batch, width, net.longs(1), net.longs(1)), attribute("axis", 0));
            return net.node("Mul", List.of(h, net.node("Reshape", List.of(gate, sized))));
        }));
        return blocks;
    }

    static List<Block> tails() {
        List<Block> blocks = new ArrayList<>();
        blocks.add(new Block(
                "Flatten",
                17,
                (net, h) ->
                        net.gemm("last", net.node("Flatten", List.of(net.node("Relu", List.of(h)))), C * 30, 3, true)));
        for (long[] shape : new long[][] {{0, -1}, {-1, C * 30}, {2, C * 30}}) {
            blocks.add(new Block(
                    "Reshape to " + List.of(shape[0], shape[1]),
                    17,
                    (net, h) -> net.gemm("last", net.node("Reshape", List.of(h, net.longs(shape))), C * 30, 3, true)));
        }
        blocks.add(new Block("Reshape by sizes computed", 17, (net, h) -> {
            String batch = net.node(
                    "Unsqueeze",
                    List.of(net.node("Gather", List.of(net.node("Shape", List.of(h)), net.index(0))), net.longs(0)));
            String shape = net.node("Concat", List.of(batch, net.longs(-1)), attribute("axis", 0));
            return net.gemm("last", net.node("Reshape", List.of(h, shape)), C * 30, 3, true);
        }));
        blocks.add(new Block("Reshape to sequences", 17, (net, h) -> {
            String sequence = net.node("Reshape", List.of(h, net.longs(0, C, HIGH * WIDE)));
            return net.linear(
                    "last",
                    net.node("Transpose", List.of(sequence), attribute("perm", List.of(0L, 2L, 1L))),
                    C,
                    3,
                    false);
        }));
        blocks.add(new Block("channels last", 17, (net, h) -> {
            String last = net.node("Transpose", List.of(h), attribute("perm", List.of(0L, 2L, 3L, 1L)));
            return net.linear("last", net.node("Add", List.of(last, net.weight(C))), C, 3, true);
        }));
        blocks.add(new Block("Squeeze", 17, (net, h) -> {
            String mean = net.node("GlobalAveragePool", List.of(h));
            return net.gemm("last", net.node("Squeeze", List.of(mean, net.longs(2, 3))), C, 3, true);
        }));
        blocks.add(new Block("Squeeze by an attribute, and back", 11, (net, h) -> {
            String mean = net.node("GlobalAveragePool", List.of(h));
            String flat = net.node("Squeeze", List.of(mean), attribute("axes", List.of(2L, 3L)));
            return net.conv(
                    "last", net.node("Unsqueeze", List.of(flat), attribute("axes", List.of(3L, 2L))), C, 3, 1, true);
        }));
        blocks.add(new Block("ReduceMean without dims", 17, (net, h) -> {
            String mean =
                    net.node("ReduceMean", List.of(h), attribute("axes", List.of(-1L, 2L)), attribute("keepdims", 0));
            return net.gemm("last", net.node("Tanh", List.of(mean)), C, 3, false);
        }));
        blocks.add(new Block("Concat of two", 17, (net, h) -> {
            String other = net.conv("other", "x", 3, 5, 3, true);
            String both = net.node("Concat", List.of(net.node("Relu", List.of(h)), other), attribute("axis", 1));
            return net.conv("last", both, C + 5, 4, 3, true);
        }));
        blocks.add(new Block(
                "Concat with an input",
                17,
                (net, h) -> net.conv(
                        "last", net.node("Concat", List.of("x", h), attribute("axis", -3)), C + 3, 4, 3, true)));
        blocks.add(new Block("dense block", 17, (net, h) -> {
            String more = net.conv("second", net.node("Relu", List.of(h)), C, 4, 3, false);
            String both = net.node("Concat", List.of(h, more), attribute("axis", 1));
            String normal = net.node(
                    "BatchNormalization",
                    List.of(both, net.weight(12), net.weight(12), net.weight(12), net.positive(12)));
            String third = net.conv("third", net.node("Relu", List.of(normal)), 12, 4, 1, false);
            String all = net.node("Concat", List.of(both, third), attribute("axis", 1));
            return net.conv("last", all, 16, 3, 1, true);
        }));
        blocks.add(new Block(
                "the same twice",
                17,
                (net, h) -> net.conv(
                        "last",
                        net.node("Concat", List.of(h, net.node("Relu", List.of(h))), attribute("axis", 1)),
                        2 * C,
                        4,
                        1,
                        true)));
        for (long opset : new long[] {11, 17, 18}) {
            blocks.add(new Block("gate by halves, opset " + opset, opset, (net, h) -> {
                List<String> halves = opset == 18
                        ? net.several("Split", 2, List.of(h), attribute("axis", 1), attribute("num_outputs", 2))
                        : net.several("Split", 2, List.of(h), attribute("axis", 1));
                return net.conv(
                        "last",
                        net.node("Mul", List.of(halves.get(0), net.node("Sigmoid", List.of(halves.get(1))))),
                        C / 2,
                        3,
                        1,
                        false);
            }));
        }
        blocks.add(new Block("Split into parts", 13, (net, h) -> {
            List<String> parts = net.several("Split", 2, List.of(h, net.longs(3, 5)), attribute("axis", 1));
            return net.node(
                    "Add",
                    List.of(
                            net.conv("last", parts.get(0), 3, 4, 1, false),
                            net.conv("other", parts.get(1), 5, 4, 1, true)));
        }));
        blocks.add(new Block("Split into parts by an attribute", 11, (net, h) -> {
            List<String> parts =
                    net.several("Split", 2, List.of(h), attribute("axis", 1), attribute("split", List.of(3L, 5L)));
            return net.node(
                    "Add",
                    List.of(
                            net.conv("last", parts.get(0), 3, 4, 1, false),
                            net.conv("other", parts.get(1), 5, 4, 1, true)));
        }));
        for (long[] bounds : new long[][] {{0, 4}, {4, Long.MAX_VALUE}, {-4, 8}, {2, -2}}) {
            blocks.add(new Block("Slice " + bounds[0] + " to " + bounds[1], 17, (net, h) -> {
                String part = net.node("Slice", List.of(h, net.longs(bounds[0]), net.longs(bounds[1]), net.longs(1)));
                return net.node(
                        "Add", List.of(net.conv("last", part, 4, 3, 1, true), net.conv("other", h, C, 3, 1, false)));
            }));
        }
        blocks.add(new Block(
                "Slice of places",
                9,
                (net, h) -> net.conv(
                        "last",
                        net.node(
                                "Slice",
                                List.of(h),
                                attribute("starts", List.of(1L)),
                                attribute("ends", List.of(5L)),
                                attribute("axes", List.of(2L))),
                        C,
                        3,
                        3,
                        true)));
        blocks.add(new Block(
                "Gather of a place",
                17,
                (net, h) -> net.linear(
                        "last",
                        net.node(
                                "Gather",
                                List.of(
                                        net.node("Gather", List.of(h, net.index(1)), attribute("axis", 3)),
                                        net.index(2)),
                                attribute("axis", 2)),
                        C,
                        3,
                        true)));
        return blocks;
    }

    private static Block sequences(String name, long opset, BiFunction<Net, String, String> between) {
        return new Block(name, opset, (net, h) -> net.linear("last", between.apply(net, h), C, 3, net.type() == 1));
    }

    static List<Block> sequenceBlocks() {
        List<Block> blocks = new ArrayList<>();
        for (String op : List.of("Relu", "Tanh", "Sigmoid", "Identity")) {
            blocks.add(sequences(op, 17, one(op)));
        }
        blocks.add(sequences("Gelu", 20, one("Gelu")));
        blocks.add(sequences("Gelu by Erf", 17, (net, h) -> {
            String erf = net.node("Erf", List.of(net.node("Div", List.of(h, net.number(1.41421f)))));
            String gate = net.node("Add", List.of(erf, net.number(1)));
            return net.node("Mul", List.of(net.node("Mul", List.of(h, gate)), net.number(0.5f)));
        }));
        blocks.add(sequences("Gelu by Tanh", 17, (net, h) -> {
            String cube = net.node("Mul", List.of(net.node("Pow", List.of(h, net.number(3))), net.number(0.044715f)));
            String inner = net.node("Mul", List.of(net.node("Add", List.of(h, cube)), net.number(0.79788f)));
            String gate = net.node("Add", List.of(net.number(1), net.node("Tanh", List.of(inner))));
            return net.node("Mul", List.of(net.node("Mul", List.of(net.number(0.5f), h)), gate));
        }));
        blocks.add(sequences("Mul by channels", 17, (net, h) -> net.node("Mul", List.of(h, net.weight(1, 1, C)))));
        blocks.add(sequences("Add to places", 17, (net, h) -> net.node("Add", List.of(h, net.weight(7, C)))));
        blocks.add(sequences(
                "gate",
                17,
                (net, h) -> net.node(
                        "Mul", List.of(net.node("Sigmoid", List.of(net.linear("gate", "x", 3, C, true))), h))));
        blocks.add(sequences("rows", 17, (net, h) -> net.node("Reshape", List.of(h, net.longs(-1, C)))));
        blocks.add(new Block(
                "mean and Gemm",
                17,
                (net, h) -> net.gemm(
                        "last",
                        net.node("ReduceMean", List.of(h), attribute("axes", List.of(1L)), attribute("keepdims", 0)),
                        C,
                        3,
                        true)));
        blocks.add(new Block(
                "first place",
                17,
                (net, h) -> net.gemm(
                        "last", net.node("Gather", List.of(h, net.index(0)), attribute("axis", 1)), C, 3, true)));
        blocks.add(new Block(
                "Conv over time",
                17,
                (net, h) -> net.named(
                        "last",
                        "Conv",
                        List.of(
                                net.node("Transpose", List.of(h), attribute("perm", List.of(0L, 2L, 1L))),
                                net.weight(4, C, 3)))));
        return blocks;
    }

    @TestFactory
    Stream<DynamicTest> images() {
        List<DynamicTest> tests = new ArrayList<>();
        for (Block block :
                Stream.concat(imageBlocks().stream(), tails().stream()).toList()) {
            for (boolean bias : new boolean[] {true, false}) {
                for (boolean half : halves(block)) {
                    tests.add(test(
                            block, bias, half, net -> net.conv("first", net.input(2, 3, HIGH, WIDE), 3, C, 3, bias)));
                }
            }
        }
        return tests.stream();
    }

    @TestFactory
    Stream<DynamicTest> sequences() {
        List<DynamicTest> tests = new ArrayList<>();
        for (Block block : sequenceBlocks()) {
            for (boolean bias : new boolean[] {true, false}) {
                for (boolean half : halves(block)) {
                    tests.add(test(block, bias, half, net -> net.linear("first", net.input("N", 7, 3), 3, C, bias)));
                }
            }
        }
        return tests.stream();
    }

    /** Before opset 13 or so the engine has hardly any kernel for float16. */
    private static boolean[] halves(Block block) {
        return block.opset() < 13 ? new boolean[] {false} : new boolean[] {false, true};
    }

    private static DynamicTest test(
            Block block, boolean bias, boolean half, java.util.function.Function<Net, String> writer) {
        String name = block.name() + (bias ? " with bias" : "") + (half ? ", float16" : "");
        return DynamicTest.dynamicTest(name, () -> {
            Net net = new Net(block.opset(), half);
            String h = writer.apply(net);
            assertCuts(net.build(block.between().apply(net, h)), half ? 2e-3 : 1e-5);
        });
    }

    /** Every coupling alone, and all at once, each with a bias correction. */
    private static void assertCuts(ModelProto proto, double tolerance) {
        CompressibleModel<OnnxModel> model = FullRank.open(proto);
        Map<String, Tensor> inputs = FullRank.inputs(model.model());
        Cuts.readBy(model, "last");
        List<Replacement> all = new ArrayList<>();
        for (Coupling coupling : model.couplings()) {
            for (long seed = 0; seed < 2; seed++) {
                Replacement cut = Cuts.of(model, coupling, Cuts.some(coupling, seed), shifts(coupling));
                CutAssertions.assertSame(model, List.of(cut), inputs, tolerance);
                if (seed == 1) {
                    all.add(cut);
                }
            }
        }
        CompressibleModel<OnnxModel> cut = CutAssertions.assertSame(model, all, inputs, tolerance);
        Cuts.assertSmaller(model, all, cut);
        CutAssertions.assertCanBeSaved(cut, inputs, folder);
    }

    private static Map<String, float[]> shifts(Coupling coupling) {
        Random random = new Random(5);
        Map<String, float[]> shifts = new HashMap<>();
        for (Coupling.Slice reader : coupling.readers()) {
            float[] shift = new float[reader.layer().outChannels()];
            for (int i = 0; i < shift.length; i++) {
                shift[i] = random.nextFloat();
            }
            shifts.put(reader.layer().id().name(), shift);
        }
        return shifts;
    }
}
