package dev.wsvd.adapter.onnx;

import static dev.wsvd.adapter.onnx.ModelBuilder.attribute;
import static org.assertj.core.api.Assertions.assertThat;

import ai.onnx.proto.OnnxMl.ModelProto;
import dev.wsvd.domain.layer.Coupling;
import dev.wsvd.domain.layer.Coupling.Kind;
import dev.wsvd.domain.plan.Replacement;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.tensor.Tensor;
import dev.wsvd.testkit.Cuts;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/**
 * However attention is written: with combinations of the units of its heads it computes what the original does whose layers do not look
 * at the rest.
 */
class HeadCutGridTest {
    private static final int D = 6;
    private static final int H = 2;
    private static final int U = 4;
    private static final int W = H * U;

    @TempDir
    private static Path folder;

    /**
     * A way to write attention.
     *
     * @param build gets [N][T][D] and gives the end of the model
     */
    private record Form(String name, long opset, BiFunction<Net, String, String> build) {}

    private static Form form(String name, BiFunction<Net, String, String> build) {
        return new Form(name, 17, build);
    }

    private static String transposed(Net net, String from, Long... perm) {
        return net.node("Transpose", List.of(from), attribute("perm", List.of(perm)));
    }

    private static String reshaped(Net net, String from, long... shape) {
        return net.node("Reshape", List.of(from, net.longs(shape)));
    }

    private static String project(Net net, String name, String x) {
        return net.linear(name, x, D, W, true);
    }

    /** [N][T][W] as [N][H][T][U]. */
    private static String heads(Net net, String from) {
        return transposed(net, reshaped(net, from, 0, 0, H, U), 0L, 2L, 1L, 3L);
    }

    private static String turned(Net net, String keys) {
        return transposed(net, keys, 0L, 1L, 3L, 2L);
    }

    private static String scaled(Net net, String from) {
        return net.node("Mul", List.of(from, net.number(0.7f)));
    }

    private static String softmax(Net net, String scores) {
        return net.node("Softmax", List.of(scores), attribute("axis", -1));
    }

    private static String product(Net net, String left, String right) {
        return net.node("MatMul", List.of(left, right));
    }

    /** [N][H][T][U] as [N][T][W], and a layer that reads it. */
    private static String last(Net net, String from) {
        return net.linear("last", reshaped(net, transposed(net, from, 0L, 2L, 1L, 3L), 0, 0, W), W, D, true);
    }

    /** Of queries, keys and values by heads. */
    private static String attention(Net net, String q, String k, String v) {
        return last(net, product(net, softmax(net, scaled(net, product(net, q, turned(net, k)))), v));
    }

    /** With something else between queries and keys and what they become. */
    private static Form scores(String name, BiFunction<Net, List<String>, String> scores) {
        return form(name, (net, x) -> {
            String q = heads(net, project(net, "q", x));
            String k = heads(net, project(net, "k", x));
            String v = heads(net, project(net, "v", x));
            return last(net, product(net, softmax(net, scores.apply(net, List.of(q, k))), v));
        });
    }

    private static String size(Net net, String of, long axis) {
        return net.node("Gather", List.of(net.node("Shape", List.of(of)), net.index(axis)));
    }

    private static String listed(Net net, String size) {
        return net.node("Unsqueeze", List.of(size, net.longs(0)));
    }

    private static String list(Net net, String... sizes) {
        return net.node("Concat", List.of(sizes), attribute("axis", 0));
    }

    private static String root(Net net, String size) {
        return net.node("Sqrt", List.of(net.node("Cast", List.of(size), attribute("to", net.type()))));
    }

    /** [N][1][1][T]. */
    private static String mask(Net net) {
        net.builder().typedInput("mask", net.type(), "N", "T");
        return net.node("Unsqueeze", List.of("mask", net.longs(1, 2)));
    }

    static List<Form> scales() {
        List<Form> forms = new ArrayList<>();
        forms.add(scores("no scale", (net, qk) -> product(net, qk.get(0), turned(net, qk.get(1)))));
        forms.add(scores(
                "scale of queries", (net, qk) -> product(net, scaled(net, qk.get(0)), turned(net, qk.get(1)))));
        forms.add(scores("scale of keys", (net, qk) -> product(net, qk.get(0), scaled(net, turned(net, qk.get(1))))));
        forms.add(scores(
                "scale of both",
                (net, qk) -> product(net, scaled(net, qk.get(0)), turned(net, scaled(net, qk.get(1))))));
        forms.add(scores(
                "scale by Div",
                (net, qk) -> net.node("Div", List.of(product(net, qk.get(0), turned(net, qk.get(1))), net.number(2)))));
        forms.add(scores("scale by the size of queries", (net, qk) -> {
            String by = root(net, size(net, qk.get(0), 3));
            return net.node("Div", List.of(product(net, qk.get(0), turned(net, qk.get(1))), by));
        }));
        forms.add(scores("scale by the size of keys turned", (net, qk) -> {
            String keys = turned(net, qk.get(1));
            String by = root(net, size(net, keys, -2));
            return product(net, net.node("Div", List.of(qk.get(0), by)), keys);
        }));
        forms.add(scores("scale by a part of a shape", (net, qk) -> {
            String part = net.node(
                    "Slice", List.of(net.node("Shape", List.of(qk.get(0))), net.longs(-1), net.longs(Long.MAX_VALUE)));
            String by = net.node("Sqrt", List.of(root(net, part)));
            return product(
                    net, net.node("Div", List.of(qk.get(0), by)), turned(net, net.node("Div", List.of(qk.get(1), by))));
        }));
        forms.add(scores("scale by a part of the attribute's shape", (net, qk) -> {
            String part = net.node("Shape", List.of(qk.get(0)), attribute("start", -1));
            return net.node("Div", List.of(product(net, qk.get(0), turned(net, qk.get(1))), root(net, part)));
        }));
        forms.add(scores("mask added", (net, qk) -> {
            String scores = scaled(net, product(net, qk.get(0), turned(net, qk.get(1))));
            return net.node("Add", List.of(scores, mask(net)));
        }));
        forms.add(scores("mask by Where", (net, qk) -> {
            String low = net.node("Less", List.of(mask(net), net.number(0)));
            return net.node("Where", List.of(low, net.number(-1000), product(net, qk.get(0), turned(net, qk.get(1)))));
        }));
        return forms;
    }

    static List<Form> layouts() {
        List<Form> forms = new ArrayList<>();
        forms.add(form(
                "heads",
                (net, x) -> attention(
                        net,
                        heads(net, project(net, "q", x)),
                        heads(net, project(net, "k", x)),
                        heads(net, project(net, "v", x)))));
        forms.add(form("one head without dims of its own", (net, x) -> {
            String scores = product(net, project(net, "q", x), transposed(net, project(net, "k", x), 0L, 2L, 1L));
            return net.linear("last", product(net, softmax(net, scores), project(net, "v", x)), W, D, false);
        }));
        forms.add(form("sizes computed", (net, x) -> {
            String batch = listed(net, size(net, x, 0));
            String length = listed(net, size(net, x, 1));
            String four = list(net, batch, length, net.longs(H), net.longs(U));
            List<String> all = new ArrayList<>();
            for (String name : List.of("q", "k", "v")) {
                all.add(transposed(net, net.node("Reshape", List.of(project(net, name, x), four)), 0L, 2L, 1L, 3L));
            }
            String mixed = product(net, softmax(net, product(net, all.get(0), turned(net, all.get(1)))), all.get(2));
            String joined = transposed(net, mixed, 0L, 2L, 1L, 3L);
            String width = net.node("Mul", List.of(size(net, joined, 2), size(net, joined, 3)));
            String three = list(net, batch, length, listed(net, width));
            return net.linear("last", net.node("Reshape", List.of(joined, three)), W, D, true);
        }));
        forms.add(form("size of heads divided", (net, x) -> {
            String q = project(net, "q", x);
            String each = listed(net, net.node("Div", List.of(size(net, q, 2), net.index(H))));
            String four = list(net, net.longs(0, -1, H), each);
            List<String> all = new ArrayList<>();
            for (String from : List.of(q, project(net, "k", x), project(net, "v", x))) {
                all.add(transposed(net, net.node("Reshape", List.of(from, four)), 0L, 2L, 1L, 3L));
            }
            return attention(net, all.get(0), all.get(1), all.get(2));
        }));
        forms.add(form("batches of heads", (net, x) -> {
            String lengths = net.node("Shape", List.of(x), attribute("start", 1), attribute("end", 2));
            String batch = net.node("Mul", List.of(size(net, x, 0), net.index(H)));
            List<String> all = new ArrayList<>();
            for (String name : List.of("q", "k", "v")) {
                String first = transposed(net, project(net, name, x), 1L, 0L, 2L);
                String shape = list(net, lengths, listed(net, batch), net.longs(U));
                all.add(transposed(net, net.node("Reshape", List.of(first, shape)), 1L, 0L, 2L));
            }
            String scores = product(net, scaled(net, all.get(0)), transposed(net, all.get(1), 0L, 2L, 1L));
            String mixed = transposed(net, product(net, softmax(net, scores), all.get(2)), 1L, 0L, 2L);
            String rows = net.gemm("last", reshaped(net, mixed, -1, W), W, D, true);
            return net.node("Reshape", List.of(rows, list(net, lengths, net.longs(-1, D))));
        }));
        forms.add(form("keys turned at once", (net, x) -> {
            String k = transposed(net, reshaped(net, project(net, "k", x), 0, 0, H, U), 0L, 2L, 3L, 1L);
            String scores = product(net, heads(net, project(net, "q", x)), k);
            return last(net, product(net, softmax(net, scores), heads(net, project(net, "v", x))));
        }));
        forms.add(form("units before heads", (net, x) -> {
            List<String> all = new ArrayList<>();
            for (String name : List.of("q", "k", "v")) {
                all.add(transposed(net, reshaped(net, project(net, name, x), 0, 0, U, H), 0L, 3L, 1L, 2L));
            }
            return attention(net, all.get(0), all.get(1), all.get(2));
        }));
        forms.add(form("rows", (net, x) -> {
            String rows = reshaped(net, x, -1, D);
            String batch = listed(net, size(net, x, 0));
            List<String> all = new ArrayList<>();
            for (String name : List.of("q", "k", "v")) {
                String shape = list(net, batch, net.longs(-1, H, U));
                all.add(transposed(
                        net, net.node("Reshape", List.of(net.gemm(name, rows, D, W, true), shape)), 0L, 2L, 1L, 3L));
            }
            return attention(net, all.get(0), all.get(1), all.get(2));
        }));
        forms.add(form("scores in dims of batches", (net, x) -> {
            String scores =
                    product(net, heads(net, project(net, "q", x)), turned(net, heads(net, project(net, "k", x))));
            String flat =
                    net.node("Squeeze", List.of(net.node("Unsqueeze", List.of(scores, net.longs(0))), net.longs(0)));
            return last(net, product(net, softmax(net, flat), heads(net, project(net, "v", x))));
        }));
        forms.add(form("attention to other positions", (net, x) -> {
            net.builder().typedInput("other", net.type(), "N", "S", D);
            return attention(
                    net,
                    heads(net, project(net, "q", x)),
                    heads(net, project(net, "k", "other")),
                    heads(net, project(net, "v", "other")));
        }));
        forms.add(new Form("opset 11", 11, (net, x) -> {
            String q = heads(net, project(net, "q", x));
            String k = heads(net, project(net, "k", x));
            String v = heads(net, project(net, "v", x));
            String one = net.node("Unsqueeze", List.of(v), attribute("axes", List.of(0L)));
            String values = net.node("Squeeze", List.of(one), attribute("axes", List.of(0L)));
            String weights =
                    net.node("Softmax", List.of(scaled(net, product(net, q, turned(net, k)))), attribute("axis", 3));
            return last(net, product(net, weights, values));
        }));
        forms.add(form("convolutions", (net, x) -> {
            String image = net.node("Unsqueeze", List.of(transposed(net, x, 0L, 2L, 1L), net.longs(3)));
            List<String> all = new ArrayList<>();
            for (String name : List.of("q", "k", "v")) {
                all.add(reshaped(net, net.conv(name, image, D, W, 1, true), 0, H, U, -1));
            }
            String scores = product(net, turned(net, all.get(0)), all.get(1));
            String mixed = product(net, all.get(2), turned(net, softmax(net, scaled(net, scores))));
            return net.conv("last", reshaped(net, mixed, 0, W, -1, 1), W, D, 1, true);
        }));
        forms.add(form("one convolution", (net, x) -> {
            String image = net.node("Unsqueeze", List.of(transposed(net, x, 0L, 2L, 1L), net.longs(3)));
            List<String> all = net
                    .several("Split", 3, List.of(net.conv("qkv", image, D, 3 * W, 1, true)), attribute("axis", 1))
                    .stream()
                    .map(part -> reshaped(net, part, 0, H, U, -1))
                    .toList();
            String scores = product(net, turned(net, all.get(0)), all.get(1));
            String mixed = product(net, all.get(2), turned(net, softmax(net, scaled(net, scores))));
            return net.conv("last", reshaped(net, mixed, 0, W, -1, 1), W, D, 1, true);
        }));
        forms.add(form("one convolution of numbers", (net, x) -> {
            String image = net.node("Unsqueeze", List.of(transposed(net, x, 0L, 2L, 1L), net.longs(3)));
            String five = reshaped(net, net.conv("qkv", image, D, 3 * W, 1, true), 0, 3, H, U, -1);
            List<String> all = List.of(picked(net, five, 1, 0), picked(net, five, 1, 1), picked(net, five, 1, 2));
            String scores = product(net, turned(net, all.get(0)), all.get(1));
            String mixed = product(net, all.get(2), turned(net, softmax(net, scaled(net, scores))));
            return net.conv("last", reshaped(net, mixed, 0, W, -1, 1), W, D, 1, true);
        }));
        forms.add(form("values on the left", (net, x) -> {
            String v = transposed(net, reshaped(net, project(net, "v", x), 0, 0, H, U), 0L, 2L, 3L, 1L);
            String scores =
                    product(net, heads(net, project(net, "q", x)), turned(net, heads(net, project(net, "k", x))));
            String mixed = product(net, v, turned(net, softmax(net, scores)));
            return net.linear("last", reshaped(net, transposed(net, mixed, 0L, 3L, 1L, 2L), 0, 0, W), W, D, true);
        }));
        return forms;
    }

    private static Form fused(String name, long opset, BiFunction<Net, String, List<String>> parts) {
        return new Form(name, opset, (net, x) -> {
            List<String> qkv = parts.apply(net, net.linear("qkv", x, D, 3 * W, true));
            return attention(net, qkv.get(0), qkv.get(1), qkv.get(2));
        });
    }

    /** Three parts along the last dim, as exporters write chunks. */
    private static List<String> chunks(Net net, String all) {
        String last = net.node("Gather", List.of(net.node("Shape", List.of(all)), net.longs(-1)));
        String each = net.node("Div", List.of(net.node("Add", List.of(last, net.longs(2))), net.longs(3)));
        String one = net.node("Mul", List.of(each, net.longs(1)));
        String two = net.node("Mul", List.of(each, net.longs(2)));
        String three = net.node("Mul", List.of(each, net.longs(3)));
        return List.of(
                net.node("Slice", List.of(all, net.longs(0), one, net.longs(-1))),
                net.node("Slice", List.of(all, one, two, net.longs(-1))),
                net.node("Slice", List.of(all, two, three, net.longs(-1))));
    }

    private static String picked(Net net, String from, long axis, long index) {
        return net.node("Gather", List.of(from, net.index(index)), attribute("axis", axis));
    }

    static List<Form> fused() {
        List<Form> forms = new ArrayList<>();
        for (long opset : new long[] {11, 17, 18}) {
            forms.add(fused("Split, opset " + opset, opset, (net, all) -> {
                List<String> parts = opset == 18
                        ? net.several("Split", 3, List.of(all), attribute("axis", 2), attribute("num_outputs", 3))
                        : net.several("Split", 3, List.of(all), attribute("axis", 2));
                return parts.stream().map(part -> heads(net, part)).toList();
            }));
        }
        forms.add(fused(
                "Split into sizes",
                17,
                (net, all) -> net.several("Split", 3, List.of(all, net.longs(W, W, W)), attribute("axis", -1)).stream()
                        .map(part -> heads(net, part))
                        .toList()));
        forms.add(fused("Slice", 17, (net, all) -> {
            List<String> parts = new ArrayList<>();
            for (long[] at : new long[][] {{0, W}, {W, -W}, {-W, Long.MAX_VALUE}}) {
                parts.add(heads(
                        net, net.node("Slice", List.of(all, net.longs(at[0]), net.longs(at[1]), net.longs(2)))));
            }
            return parts;
        }));
        forms.add(fused(
                "chunks of sizes computed",
                17,
                (net, all) ->
                        chunks(net, all).stream().map(part -> heads(net, part)).toList()));
        forms.add(fused(
                "chunks of each head, of sizes computed",
                17,
                (net, all) -> chunks(net, transposed(net, reshaped(net, all, 0, 0, H, 3 * U), 0L, 2L, 1L, 3L))));
        forms.add(fused("Split into sizes computed", 17, (net, all) -> {
            String one = net.node("Div", List.of(listed(net, size(net, all, 2)), net.longs(3)));
            return net.several("Split", 3, List.of(all, list(net, one, one, one)), attribute("axis", 2)).stream()
                    .map(part -> heads(net, part))
                    .toList();
        }));
        forms.add(fused("Gather of numbers", 17, (net, all) -> {
            String five = transposed(net, reshaped(net, all, 0, 0, 3, H, U), 2L, 0L, 3L, 1L, 4L);
            return List.of(picked(net, five, 0, 0), picked(net, five, 0, 1), picked(net, five, 0, -1));
        }));
        forms.add(fused("Gather of numbers, the rest inferred", 17, (net, all) -> {
            String five = transposed(net, reshaped(net, all, 0, -1, 3, H, U), 2L, 0L, 3L, 1L, 4L);
            return List.of(picked(net, five, 0, 0), picked(net, five, 0, 1), picked(net, five, 0, 2));
        }));
        forms.add(fused("Split of numbers", 17, (net, all) -> {
            String five = transposed(net, reshaped(net, all, 0, 0, 3, H, U), 2L, 0L, 3L, 1L, 4L);
            return net.several("Split", 3, List.of(five, net.longs(1, 1, 1)), attribute("axis", 0)).stream()
                    .map(part -> net.node("Squeeze", List.of(part, net.longs(0))))
                    .toList();
        }));
        forms.add(fused("Split of numbers, opset 11", 11, (net, all) -> {
            String five = transposed(net, reshaped(net, all, 0, 0, 3, H, U), 2L, 0L, 3L, 1L, 4L);
            return net.several("Split", 3, List.of(five), attribute("axis", 0)).stream()
                    .map(part -> net.node("Squeeze", List.of(part), attribute("axes", List.of(0L))))
                    .toList();
        }));
        forms.add(fused("Slice of numbers", 17, (net, all) -> {
            String five = reshaped(net, all, 0, 0, 3, H, U);
            List<String> parts = new ArrayList<>();
            for (long i = 0; i < 3; i++) {
                String part = net.node("Slice", List.of(five, net.longs(i), net.longs(i + 1), net.longs(2)));
                parts.add(transposed(net, net.node("Squeeze", List.of(part, net.longs(2))), 0L, 2L, 1L, 3L));
            }
            return parts;
        }));
        forms.add(fused("numbers and heads in one dim", 17, (net, all) -> {
            String four = transposed(net, reshaped(net, all, 0, 0, 3 * H, U), 0L, 2L, 1L, 3L);
            return net.several("Split", 3, List.of(four, net.longs(H, H, H)), attribute("axis", 1));
        }));
        forms.add(fused("numbers behind heads", 17, (net, all) -> {
            String five = reshaped(net, all, 0, 0, H, 3, U);
            List<String> parts = new ArrayList<>();
            for (long i = 0; i < 3; i++) {
                parts.add(transposed(net, picked(net, five, 3, i), 0L, 2L, 1L, 3L));
            }
            return parts;
        }));
        forms.add(fused(
                "parts of each head",
                17,
                (net, all) -> net.several(
                        "Split",
                        3,
                        List.of(
                                transposed(net, reshaped(net, all, 0, 0, H, 3 * U), 0L, 2L, 1L, 3L),
                                net.longs(U, U, U)),
                        attribute("axis", 3))));
        forms.add(fused("sizes computed", 17, (net, all) -> {
            String shape = list(
                    net,
                    listed(net, size(net, all, 0)),
                    listed(net, size(net, all, 1)),
                    net.longs(3),
                    net.longs(H),
                    net.longs(U));
            String five = transposed(net, net.node("Reshape", List.of(all, shape)), 2L, 0L, 3L, 1L, 4L);
            return List.of(picked(net, five, 0, 0), picked(net, five, 0, 1), picked(net, five, 0, 2));
        }));
        return forms;
    }

    private static String few(Net net, String name, String x, int heads) {
        String all = net.linear(name, x, D, heads * U, true);
        return transposed(net, reshaped(net, all, 0, 0, heads, U), 0L, 2L, 1L, 3L);
    }

    /** Queries of 4 heads, keys and values of 2. */
    private static Form grouped(String name, BiFunction<Net, String, String> repeat) {
        return form(name, (net, x) -> {
            String q = few(net, "q", x, 4);
            String k = repeat.apply(net, few(net, "k", x, 2));
            String v = repeat.apply(net, few(net, "v", x, 2));
            String mixed = product(net, softmax(net, scaled(net, product(net, q, turned(net, k)))), v);
            String joined = reshaped(net, transposed(net, mixed, 0L, 2L, 1L, 3L), 0, 0, 4 * U);
            return net.linear("last", joined, 4 * U, D, true);
        });
    }

    static List<Form> grouped() {
        List<Form> forms = new ArrayList<>();
        forms.add(grouped("Expand", (net, few) -> {
            String five = net.node("Unsqueeze", List.of(few, net.longs(2)));
            String wide = net.node("Expand", List.of(five, net.longs(1, 1, 2, 1, 1)));
            return reshaped(net, wide, 0, 4, -1, U);
        }));
        forms.add(grouped("Expand to sizes computed", (net, few) -> {
            String batch = listed(net, size(net, few, 0));
            String length = listed(net, size(net, few, 2));
            String units = listed(net, size(net, few, 3));
            String five = net.node("Unsqueeze", List.of(few, net.longs(2)));
            String wide =
                    net.node("Expand", List.of(five, list(net, batch, net.longs(2), net.longs(2), length, units)));
            return net.node("Reshape", List.of(wide, list(net, batch, net.longs(4), length, units)));
        }));
        forms.add(grouped("Concat", (net, few) -> {
            String five = net.node("Unsqueeze", List.of(few, net.longs(2)));
            String wide = net.node("Concat", List.of(five, five), attribute("axis", 2));
            return reshaped(net, wide, 0, 4, -1, U);
        }));
        forms.add(grouped("Tile", (net, few) -> net.node("Tile", List.of(few, net.longs(1, 2, 1, 1)))));
        forms.add(form(
                "one head of keys and values",
                (net, x) ->
                        attention(net, heads(net, project(net, "q", x)), few(net, "k", x, 1), few(net, "v", x, 1))));
        forms.add(form("queries in groups", (net, x) -> {
            String all = net.linear("q", x, D, 4 * U, true);
            String q = transposed(net, reshaped(net, all, 0, 0, 2, 2, U), 0L, 2L, 3L, 1L, 4L);
            String k = net.node("Unsqueeze", List.of(few(net, "k", x, 2), net.longs(2)));
            String v = net.node("Unsqueeze", List.of(few(net, "v", x, 2), net.longs(2)));
            String mixed = product(net, softmax(net, product(net, q, transposed(net, k, 0L, 1L, 2L, 4L, 3L))), v);
            String joined = reshaped(net, transposed(net, mixed, 0L, 3L, 1L, 2L, 4L), 0, 0, 4 * U);
            return net.linear("last", joined, 4 * U, D, true);
        }));
        return forms;
    }

    @TestFactory
    Stream<DynamicTest> exact() {
        return Stream.of(scales(), layouts(), fused(), grouped())
                .flatMap(List::stream)
                .map(form -> test(form, false));
    }

    @TestFactory
    Stream<DynamicTest> float16() {
        return Stream.concat(scales().stream(), fused().stream().filter(form -> form.opset() == 18))
                .map(form -> test(form, true));
    }

    private static DynamicTest test(Form form, boolean half) {
        return DynamicTest.dynamicTest(form.name(), () -> {
            Net net = new Net(form.opset(), half);
            ModelProto model = net.build(form.build().apply(net, net.input("N", "T", D)));
            CompressibleModel<OnnxModel> cut = assertExact(model, half ? 5e-3 : 1e-5);
            assertExact(cut.model().proto(), half ? 5e-3 : 1e-5);
        });
    }

    /** Values and scores, for some ranks, each alone and both at once. */
    private static CompressibleModel<OnnxModel> assertExact(ModelProto proto, double tolerance) {
        CompressibleModel<OnnxModel> model = FullRank.open(proto);
        Map<String, Tensor> inputs = FullRank.inputs(model.model());
        assertThat(model.couplings())
                .as(model.uncoupled().toString())
                .extracting(Coupling::kind)
                .containsExactlyInAnyOrder(Kind.VALUES, Kind.SCORES);
        List<Replacement> all = new ArrayList<>();
        for (Coupling coupling : model.couplings()) {
            for (int rank = 1; rank < coupling.perGroup(); rank++) {
                CutAssertions.assertSame(model, List.of(Cuts.combined(model, coupling, rank, rank)), inputs, tolerance);
            }
            if (coupling.kind() == Kind.SCORES) {
                Replacement whole = Cuts.combined(model, coupling, coupling.perGroup(), 3);
                FullRank.assertSame(
                        FullRank.run(model.with(List.of(whole)).model(), inputs),
                        FullRank.run(model.model(), inputs),
                        tolerance);
            }
            all.add(Cuts.combined(model, coupling, coupling.perGroup() - 1, 7));
        }
        CompressibleModel<OnnxModel> cut = CutAssertions.assertSame(model, all, inputs, tolerance);
        Cuts.assertSmaller(model, all, cut);
        CutAssertions.assertCanBeSaved(cut, inputs, folder);
        return cut;
    }
}
