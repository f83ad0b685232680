package dev.wsvd.adapter.onnx.internal.rewrite;

import ai.onnx.proto.OnnxMl.NodeProto;
import dev.wsvd.adapter.onnx.internal.coupling.GraphEdit.Operand;
import dev.wsvd.adapter.onnx.internal.file.ElementTypes;
import dev.wsvd.adapter.onnx.internal.file.ExternalData;
import dev.wsvd.adapter.onnx.internal.graph.Attributes;
import dev.wsvd.adapter.onnx.internal.graph.ConstantResolver;
import dev.wsvd.adapter.onnx.internal.graph.ConstantTensor;
import dev.wsvd.adapter.onnx.internal.graph.LayerNode;
import dev.wsvd.adapter.onnx.internal.graph.Scope;
import dev.wsvd.adapter.onnx.internal.graph.StoredArray;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Where a layer's bias is stored: the third operand of a convolution or {@code Gemm}, or what an {@code Add} right behind a
 * {@code MatMul} adds.
 *
 * @param operand in the layer's graph
 * @param factor what the node multiplies it by
 */
public record BiasPlace(Operand operand, ConstantTensor tensor, float factor) {
    private static final int BIAS = 2;

    /** Of a layer; empty if it has none, or it is not stored as float32, float16 or bfloat16. */
    static Optional<BiasPlace> of(LayerNode layer) {
        NodeProto node = layer.node();
        if (layer.form().isGemm() && Attributes.real(node, "alpha", 1) != 1) {
            return Optional.empty();
        }
        return switch (layer.form()) {
            case CONV, CONV_TRANSPOSE -> at(layer, new Operand(layer.index(), BIAS), 1);
            case GEMM_RIGHT, GEMM_LEFT -> at(layer, new Operand(layer.index(), BIAS), Attributes.real(node, "beta", 1));
            case MATMUL_RIGHT, MATMUL_LEFT -> added(layer).flatMap(operand -> at(layer, operand, 1));
            case GATHER, RECURRENT_INPUT, RECURRENT_STATE -> Optional.empty();
        };
    }

    /** Whether a Gemm adds and multiplies by one. */
    static boolean isUnscaled(LayerNode layer) {
        return Attributes.real(layer.node(), "alpha", 1) == 1 && Attributes.real(layer.node(), "beta", 1) == 1;
    }

    private static Optional<BiasPlace> at(LayerNode layer, Operand operand, float factor) {
        NodeProto node = layer.scope().graph().getNode(operand.node());
        return operand.input() < node.getInputCount()
                        && !node.getInput(operand.input()).isEmpty()
                ? new ConstantResolver()
                        .resolve(layer.scope(), node.getInput(operand.input()))
                        .tensor()
                        .map(tensor -> new BiasPlace(operand, tensor, factor))
                        .filter(place ->
                                ElementTypes.isWeight(place.tensor().tensor().getDataType())
                                        && ElementTypes.isWeight(place.tensor().type()))
                : Optional.empty();
    }

    /** The other operand of the addition that alone takes what the layer gives. */
    private static Optional<Operand> added(LayerNode layer) {
        Scope scope = layer.scope();
        List<Operand> takers = new ArrayList<>();
        for (int index = 0; index < scope.graph().getNodeCount(); index++) {
            List<String> inputs = scope.graph().getNode(index).getInputList();
            for (int i = 0; i < inputs.size(); i++) {
                if (inputs.get(i).equals(layer.output())) {
                    takers.add(new Operand(index, i));
                }
            }
        }
        boolean isOutput = scope.graph().getOutputList().stream()
                .anyMatch(output -> output.getName().equals(layer.output()));
        return takers.size() == 1
                        && !isOutput
                        && scope.graph()
                                .getNode(takers.get(0).node())
                                .getOpType()
                                .equals("Add")
                ? Optional.of(
                        new Operand(takers.get(0).node(), 1 - takers.get(0).input()))
                : Optional.empty();
    }

    /** Whether it is n numbers, one per output channel, as the layer gives them. */
    boolean isPerChannel(LayerNode layer, int n) {
        List<Long> dims = tensor.dims();
        boolean features = layer.form().isConv() || layer.form().hasFeaturesLast();
        int axis = dims.size() - (features ? 1 : 2);
        return axis >= 0 && dims.get(axis) == n && dims.stream().reduce(1L, (a, b) -> a * b) == n;
    }

    /** The bias, by output channel; empty if it differs by position. */
    public static Optional<float[]> values(LayerNode layer, int n, ExternalData external) {
        return of(layer).flatMap(place -> {
            boolean perChannel = place.isPerChannel(layer, n);
            boolean same = place.tensor.dims().stream().allMatch(d -> d == 1);
            if (!perChannel && !same) {
                return Optional.empty();
            }
            float[] stored = StoredArray.of(place.tensor, external).floats();
            float[] values = perChannel ? stored : filled(stored[0], n);
            for (int i = 0; i < n; i++) {
                values[i] *= place.factor;
            }
            return Optional.of(values);
        });
    }

    private static float[] filled(float value, int n) {
        float[] all = new float[n];
        Arrays.fill(all, value);
        return all;
    }
}
