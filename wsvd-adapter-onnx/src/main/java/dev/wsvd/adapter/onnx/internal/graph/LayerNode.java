package dev.wsvd.adapter.onnx.internal.graph;

import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import dev.wsvd.adapter.onnx.internal.file.ElementTypes;
import dev.wsvd.domain.layer.Affine;
import dev.wsvd.domain.layer.Convolution;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.layer.Lookup;
import dev.wsvd.domain.layer.Op;
import dev.wsvd.domain.layer.WeightShape;
import dev.wsvd.domain.tensor.ElementType;
import java.util.List;
import java.util.Optional;

/**
 * A node that is a layer.
 *
 * @param scope the graph it stands in
 * @param index its place among that graph's nodes
 * @param input name of the operand that is not the weight; of a recurrent node its sequence
 * @param weight name of the operand that is
 * @param constant the stored weight, if it is stored
 * @param unsupportedReason why it can never be replaced, as far as the graph alone tells
 */
public record LayerNode(
        LayerId id,
        LayerForm form,
        Scope scope,
        int index,
        NodeProto node,
        String input,
        String weight,
        Optional<ConstantTensor> constant,
        Optional<String> unsupportedReason) {

    /** The first that it gives; a recurrent node may leave out some. */
    public String output() {
        return node.getOutputList().stream()
                .filter(name -> !name.isEmpty())
                .findFirst()
                .orElseThrow();
    }

    /**
     * The tensors whose sizes tell the layer's; those of indices follow from those of what is looked up, those of what stays inside a
     * recurrent cell from those of its sequence.
     */
    public List<String> sizedTensors() {
        if (form.isRecurrent()) {
            return List.of(input, weight);
        }
        return form == LayerForm.GATHER ? List.of(output(), weight) : List.of(input, output(), weight);
    }

    /** This layer as one that cannot be replaced. */
    LayerNode unsupported(String reason) {
        return new LayerNode(id, form, scope, index, node, input, weight, constant, Optional.of(reason));
    }

    /** g; 1 for products. */
    public int groups() {
        long group = form.isConv() ? Attributes.integer(node, "group", 1) : 1;
        return group < 1 || group > Integer.MAX_VALUE ? 1 : (int) group;
    }

    /** Whether the operand is W[m][n] (for products). */
    public boolean weightTransposed() {
        return switch (form) {
            case GEMM_RIGHT -> Attributes.integer(node, "transB", 0) == 0;
            case GEMM_LEFT -> Attributes.integer(node, "transA", 0) != 0;
            case MATMUL_RIGHT, GATHER -> true;
            case MATMUL_LEFT, CONV, CONV_TRANSPOSE, RECURRENT_INPUT, RECURRENT_STATE -> false;
        };
    }

    /** The weight's shape; empty if it is not stored or its dims cannot be a weight's. */
    public Optional<WeightShape> storedShape() {
        return constant.map(ConstantTensor::dims).flatMap(this::weightShape);
    }

    /**
     * What it computes.
     *
     * @param weightShape {@link #weightShape} of the operand's dims
     * @param inputShape [1][C][spatial…], which padding may depend on; empty if unknown
     * @param outputShape [1][C][spatial…], which padding may depend on; empty if unknown
     */
    public Op op(WeightShape weightShape, List<Long> inputShape, List<Long> outputShape) {
        if (!form.isConv()) {
            return form == LayerForm.GATHER ? new Lookup(weightShape) : new Affine(weightShape);
        }
        int groups = weightShape.out() % groups() == 0 ? groups() : 1;
        Window window = Window.of(this, weightShape, inputShape, outputShape);
        return new Convolution(
                weightShape,
                groups,
                window.stride(),
                window.dilation(),
                window.padding(),
                form == LayerForm.CONV_TRANSPOSE);
    }

    /** How the weight is stored; float32 where that is not known. */
    public ElementType storedType() {
        return constant.map(ConstantTensor::tensor)
                .or(this::quantized)
                .flatMap(tensor -> ElementTypes.of(tensor.getDataType()))
                .orElse(ElementType.FLOAT32);
    }

    /** What a {@code DequantizeLinear} node makes the weight of. */
    Optional<TensorProto> quantized() {
        return scope.find(weight)
                .filter(Scope.Produced.class::isInstance)
                .map(Scope.Produced.class::cast)
                .filter(made -> made.node().getOpType().equals("DequantizeLinear")
                        && made.node().getInputCount() > 0)
                .flatMap(made -> made.scope().find(made.node().getInput(0)))
                .filter(Scope.Initializer.class::isInstance)
                .map(stored -> ((Scope.Initializer) stored).tensor());
    }

    /**
     * The weight's shape, given the operand's dims; empty if they cannot be a weight's. A product with a vector is one with a
     * single output; one with a stack of matrices counts all their outputs. Where numbers of a few bits are packed, attributes tell.
     */
    public Optional<WeightShape> weightShape(List<Long> dims) {
        if (PackedWeight.isOf(node)) {
            return PackedWeight.shape(node);
        }
        if (dims.isEmpty() || dims.stream().anyMatch(d -> d < 1 || d > Integer.MAX_VALUE)) {
            return Optional.empty();
        }
        try {
            WeightShape shape = form.isConv() ? convShape(dims) : linearShape(dims);
            return shape == null || shape.elements() < 1 ? Optional.empty() : Optional.of(shape);
        } catch (ArithmeticException e) {
            return Optional.empty();
        }
    }

    private WeightShape convShape(List<Long> dims) {
        if (dims.size() < 3) {
            return null;
        }
        List<Integer> kernel =
                dims.subList(2, dims.size()).stream().map(Long::intValue).toList();
        int first = dims.get(0).intValue();
        int second = dims.get(1).intValue();
        int groups = first % groups() == 0 ? groups() : 1;
        return form == LayerForm.CONV_TRANSPOSE
                ? new WeightShape(Math.multiplyExact(second, groups), first / groups, kernel)
                : new WeightShape(first, second, kernel);
    }

    private WeightShape linearShape(List<Long> dims) {
        if (node.getOpType().equals("Einsum")) {
            return EinsumEquation.of(node, form.isWeightFirst() ? 0 : 1)
                    .map(equation -> equation.weightShape(dims))
                    .orElse(null);
        }
        int rank = dims.size();
        if (form == LayerForm.GATHER && rank != 2) {
            return null;
        }
        if (rank == 1) {
            return WeightShape.linear(1, dims.get(0).intValue());
        }
        int rows = dims.get(rank - 2).intValue();
        int cols = dims.get(rank - 1).intValue();
        long stack = dims.subList(0, rank - 2).stream().reduce(1L, Math::multiplyExact);
        int out = Math.toIntExact(Math.multiplyExact(stack, weightTransposed() ? cols : rows));
        return WeightShape.linear(out, weightTransposed() ? rows : cols);
    }
}
