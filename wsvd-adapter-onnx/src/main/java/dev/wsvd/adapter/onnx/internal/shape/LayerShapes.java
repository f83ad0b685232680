package dev.wsvd.adapter.onnx.internal.shape;

import ai.onnx.proto.OnnxMl.ModelProto;
import dev.wsvd.adapter.onnx.internal.file.ExternalData;
import dev.wsvd.adapter.onnx.internal.graph.Attributes;
import dev.wsvd.adapter.onnx.internal.graph.ConstantTensor;
import dev.wsvd.adapter.onnx.internal.graph.GraphScan;
import dev.wsvd.adapter.onnx.internal.graph.LayerForm;
import dev.wsvd.adapter.onnx.internal.graph.LayerNode;
import dev.wsvd.adapter.onnx.internal.graph.LayerPath;
import dev.wsvd.adapter.onnx.internal.graph.PackedWeight;
import dev.wsvd.adapter.onnx.internal.graph.TimeFirst;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.WeightShape;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;

/**
 * Layers with their sizes for one sample, in the domain's order of dims: [1][C][spatial…] for convolutions,
 * [1][positions…][features] for products and what embeddings give, [1][positions…] for the indices those take.
 *
 * <p>Costs are per sample, so the first dim is 1 where it is B, the number of samples a run of the model has. A first dim that
 * is something else holds positions: images cut out of a sample, tokens of all sentences in one matrix. It is then divided by
 * B where that goes and kept as a position dim behind the leading 1 (for convolutions, behind the channels). The sizes of a
 * product with the weight on the left, whose positions are columns, are given transposed.
 *
 * <p>A weight of a recurrent node is a product with what goes into it at each step, whose outputs stay inside the node.
 *
 * <p>A layer whose weight has no known size is not listed.
 */
public final class LayerShapes {
    private final ShapeOracle oracle;
    private final long batch;
    private final TimeFirst timeFirst;

    private LayerShapes(ShapeOracle oracle, long batch, TimeFirst timeFirst) {
        this.oracle = oracle;
        this.batch = batch;
        this.timeFirst = timeFirst;
    }

    /** Every layer in graph order. */
    public static List<Layer> measure(
            ModelProto model, ExternalData external, InputShapes inputs, GraphScan scan, Measuring measuring) {
        ShapeOracle oracle = new ShapeOracle(model, external, inputs, scan, measuring);
        LayerShapes shapes = new LayerShapes(oracle, inputs.batch(), TimeFirst.of(scan.root()));
        return scan.layers().stream().flatMap(l -> shapes.layer(l).stream()).toList();
    }

    private Optional<Layer> layer(LayerNode node) {
        return node.constant()
                .map(ConstantTensor::dims)
                .or(() -> oracle.shape(node.scope(), node.weight()).map(TensorShape::dims))
                .flatMap(node::weightShape)
                .map(weight -> layer(node, weight));
    }

    private Layer layer(LayerNode node, WeightShape weight) {
        Optional<List<Long>> output = output(node, weight);
        Optional<List<Long>> input = input(node, weight, output);
        boolean measured = input.isPresent()
                && output.isPresent()
                && isPositive(input.get())
                && isPositive(output.get())
                && isCountable(weight, input.get(), output.get());
        Optional<String> unsupportedReason = node.unsupportedReason();
        if (!measured && unsupportedReason.isEmpty()) {
            unsupportedReason = Optional.of("output size unknown: " + reason(node, input, output));
        }
        List<Long> inputShape = measured ? input.get() : List.of();
        List<Long> outputShape = measured ? output.get() : List.of();
        return new Layer(
                node.id(),
                node.op(weight, inputShape, outputShape),
                inputShape,
                outputShape,
                node.storedType(),
                unsupportedReason,
                LayerPath.of(node),
                PackedWeight.bytes(node));
    }

    private Optional<List<Long>> output(LayerNode node, WeightShape weight) {
        return node.form().isRecurrent()
                ? steps(node, weight.out())
                : known(node, node.output())
                        .map(d -> isStack(node) ? rows(d, weight.out()) : perSample(node, outputDims(node, d)));
    }

    private Optional<List<Long>> input(LayerNode node, WeightShape weight, Optional<List<Long>> output) {
        return switch (node.form()) {
            case GATHER -> output.map(d -> d.subList(0, d.size() - 1));
            case RECURRENT_INPUT, RECURRENT_STATE -> steps(node, weight.inPerGroup());
            default ->
                known(node, node.input())
                        .map(d -> isStack(node) ? rows(d, weight.inPerGroup()) : perSample(node, inputDims(node, d)));
        };
    }

    /** That many numbers for each step of a recurrent node. */
    private Optional<List<Long>> steps(LayerNode node, long features) {
        return known(node, node.input())
                .filter(d -> d.size() == 3)
                .map(d -> perSample(node, List.of(d.get(0), d.get(1), features)));
    }

    private String reason(LayerNode node, Optional<List<Long>> input, Optional<List<Long>> output) {
        if (input.isEmpty() || output.isEmpty()) {
            return oracle.problem(node.scope());
        }
        return "at the sizes taken for the model's inputs it turns " + input.get() + " into " + output.get()
                + ". Maybe give the sizes of the model's inputs";
    }

    private static boolean isPositive(List<Long> dims) {
        return dims.stream().allMatch(d -> d > 0);
    }

    /** A product with several matrices at once, with a vector or by an equation: its dims are not simply positions and features. */
    private static boolean isStack(LayerNode node) {
        return !node.form().isConv()
                && !node.form().isRecurrent()
                && (node.node().getOpType().equals("Einsum")
                        || node.constant().filter(c -> c.dims().size() != 2).isPresent());
    }

    /** All elements as rows of that many features, those of one sample. */
    private List<Long> rows(List<Long> dims, long features) {
        long all = dims.stream().reduce(1L, (a, b) -> a * b) / features;
        return List.of(1L, all % batch == 0 ? all / batch : all, features);
    }

    private Optional<List<Long>> known(LayerNode node, String name) {
        return oracle.shape(node.scope(), name)
                .filter(s -> s.isKnown() && !s.dims().isEmpty())
                .map(TensorShape::dims);
    }

    private static List<Long> inputDims(LayerNode node, List<Long> dims) {
        boolean columns =
                switch (node.form()) {
                    case GEMM_RIGHT -> Attributes.integer(node.node(), "transA", 0) != 0;
                    case GEMM_LEFT -> Attributes.integer(node.node(), "transB", 0) == 0;
                    case MATMUL_LEFT -> true;
                    default -> false;
                };
        return columns ? transposed(dims) : dims;
    }

    private static List<Long> outputDims(LayerNode node, List<Long> dims) {
        boolean columns = node.form() == LayerForm.GEMM_LEFT || node.form() == LayerForm.MATMUL_LEFT;
        return columns ? transposed(dims) : dims;
    }

    private static List<Long> transposed(List<Long> dims) {
        if (dims.size() < 2) {
            return dims;
        }
        List<Long> out = new ArrayList<>(dims);
        Collections.swap(out, dims.size() - 2, dims.size() - 1);
        return out;
    }

    private List<Long> perSample(LayerNode node, List<Long> dims) {
        List<Long> out = new ArrayList<>(dims);
        if (dims.size() > 1 && timeFirst.has(node)) {
            Collections.swap(out, 0, 1);
        }
        if (dims.size() == 1) {
            out.add(0, 1L);
            return out;
        }
        long first = out.get(0);
        if (first == batch || first == 1) {
            out.set(0, 1L);
            return out;
        }
        long positions = first % batch == 0 ? first / batch : first;
        out.set(0, 1L);
        out.add(node.form().isConv() ? 2 : 1, positions);
        return out;
    }

    /** Whether the layer's cost is a number at all. */
    private static boolean isCountable(WeightShape weight, List<Long> input, List<Long> output) {
        try {
            long in = input.stream().reduce(1L, Math::multiplyExact);
            long out = output.stream().reduce(1L, Math::multiplyExact);
            return Math.multiplyExact(Math.max(in, out), weight.elements()) >= 0;
        } catch (ArithmeticException e) {
            return false;
        }
    }
}
