package dev.wsvd.adapter.onnx.internal.rewrite;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import dev.wsvd.adapter.onnx.internal.graph.Attributes;
import dev.wsvd.adapter.onnx.internal.graph.ConstantTensor;
import dev.wsvd.adapter.onnx.internal.graph.LayerForm;
import dev.wsvd.adapter.onnx.internal.graph.LayerNode;
import dev.wsvd.adapter.onnx.internal.graph.OperatorSet;
import dev.wsvd.adapter.onnx.internal.graph.Scope;
import dev.wsvd.domain.RankDecision;
import dev.wsvd.domain.WeightShape;
import dev.wsvd.domain.factor.FactorizedLayer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Makes the nodes and stored tensors of splits, by the graph they belong to. */
public final class PairWriter {
    /** Ends what a second layer gives before an {@code Add} of its own gives it what its bias could not take. */
    public static final String UNSHIFTED = "_unshifted";

    /** From this version of the file format on, a stored tensor need not be an input of the graph. */
    private static final int STORED_WITHOUT_INPUT = 4;

    /** From this operator set on, Gemm may add nothing; from 7 on it broadcasts without being told. */
    private static final long GEMM_WITHOUT_C = 11;

    private static final long GEMM_BROADCASTS = 7;

    /** Two layers with the same weight, split alike, share the factors if these are equal. */
    private record SharingKey(
            TensorIdentity tensor,
            List<Integer> permutation,
            LayerForm form,
            boolean transposed,
            RankDecision.Split split) {}

    /** A stored tensor by its graph and name. */
    private record TensorIdentity(Scope holder, String name) {}

    private record Shared(FactorizedLayer factors, String first, String second) {}

    private final long irVersion;
    private final long opset;
    private final Names names;
    private final Map<Scope, Map<Integer, List<NodeProto>>> nodes = new HashMap<>();
    private final Map<Scope, List<TensorProto>> stored = new HashMap<>();
    private final Map<SharingKey, List<Shared>> shared = new HashMap<>();

    PairWriter(ModelProto model, Scope root) {
        this.irVersion = model.getIrVersion();
        this.opset = OperatorSet.version(model);
        this.names = new Names(root);
    }

    /** The nodes that stand for the node at that place; empty if it stays. */
    List<NodeProto> nodes(Scope scope, int index) {
        return nodes.getOrDefault(scope, Map.of()).getOrDefault(index, List.of());
    }

    /** The tensors to be stored in a graph. */
    List<TensorProto> initializers(Scope scope) {
        return irVersion >= STORED_WITHOUT_INPUT ? stored.getOrDefault(scope, List.of()) : List.of();
    }

    /** Stored tensors as nodes: in old files an initializer would become an input that callers see. */
    List<NodeProto> constants(Scope scope) {
        if (irVersion >= STORED_WITHOUT_INPUT) {
            return List.of();
        }
        return stored.getOrDefault(scope, List.of()).stream()
                .map(PairWriter::constant)
                .toList();
    }

    private static NodeProto constant(TensorProto tensor) {
        return NodeProto.newBuilder()
                .setOpType("Constant")
                .setName(tensor.getName())
                .addOutput(tensor.getName())
                .addAttribute(AttributeProto.newBuilder()
                        .setName("value")
                        .setType(AttributeProto.AttributeType.TENSOR)
                        .setT(tensor.toBuilder().clearName()))
                .build();
    }

    void write(Split split) {
        LayerNode layer = split.layer();
        NodeProto node = layer.node();
        String base = node.getName().isBlank() ? layer.output() : node.getName();
        String firstName = names.take(base + "_svd_a");
        String secondName = names.take(base + "_svd_b");
        Shared factors = factors(split, firstName, secondName);
        List<NodeProto> result = new ArrayList<>();
        NodePair.Operands operands = new NodePair.Operands(
                firstName,
                secondName,
                seen(layer, factors.first(), result),
                seen(layer, factors.second(), result),
                names.take(layer.output() + "_svd"));
        NodePair pair = pair(split, operands);
        result.add(pair.first());
        split.factors()
                .shift()
                .ifPresentOrElse(
                        shift -> result.addAll(shifted(split, pair.second(), shift)), () -> result.add(pair.second()));
        nodes.computeIfAbsent(layer.scope(), s -> new HashMap<>()).put(layer.index(), result);
    }

    /** The second node with a bias that has the shift, or followed by an addition where it cannot have one. */
    private List<NodeProto> shifted(Split split, NodeProto second, float[] shift) {
        LayerNode layer = split.layer();
        int type = layer.constant().orElseThrow().type();
        Optional<float[]> bias = Bias.values(layer, shift.length);
        String name = names.take(second.getName() + (bias.isPresent() ? "_bias" : "_shift"));
        if (bias.isPresent()) {
            float[] sum = bias.get().clone();
            for (int i = 0; i < sum.length; i++) {
                sum[i] += shift[i];
            }
            store(layer.scope(), FactorTensor.of(name, List.of((long) sum.length), sum, type));
            return List.of(second.toBuilder()
                    .clearInput()
                    .addAllInput(second.getInputList().subList(0, 2))
                    .addInput(name)
                    .build());
        }
        store(layer.scope(), FactorTensor.of(name, shiftDims(layer, shift.length), scaled(layer, shift), type));
        String before = names.take(second.getOutput(0) + UNSHIFTED);
        NodeProto.Builder add = NodeProto.newBuilder()
                .setOpType("Add")
                .setName(names.take(second.getName() + "_add"))
                .addInput(before)
                .addInput(name)
                .addOutput(second.getOutput(0));
        if (opset < GEMM_BROADCASTS) {
            add.addAttribute(Attributes.integer("broadcast", 1));
            if (layer.form() != LayerForm.GEMM_RIGHT && layer.form() != LayerForm.MATMUL_RIGHT) {
                add.addAttribute(Attributes.integer("axis", layer.form() == LayerForm.CONV ? 1 : 0));
            }
        }
        return List.of(second.toBuilder().setOutput(0, before).build(), add.build());
    }

    /** Channels first in convolutions and where positions are columns, else last; old additions say the axis instead. */
    private List<Long> shiftDims(LayerNode layer, int n) {
        List<Long> dims = new ArrayList<>(List.of((long) n));
        if (opset >= GEMM_BROADCASTS) {
            int after =
                    switch (layer.form()) {
                        case CONV -> layer.constant().orElseThrow().dims().size() - 2;
                        case GEMM_LEFT, MATMUL_LEFT -> 1;
                        default -> 0;
                    };
            dims.addAll(Collections.nCopies(after, 1L));
        }
        return dims;
    }

    /** Gemm multiplies what its weight gives. */
    private static float[] scaled(LayerNode layer, float[] shift) {
        float alpha = Attributes.real(layer.node(), "alpha", 1);
        float[] scaled = shift.clone();
        for (int i = 0; i < scaled.length; i++) {
            scaled[i] *= alpha;
        }
        return scaled;
    }

    private NodePair pair(Split split, NodePair.Operands operands) {
        NodeProto node = split.layer().node();
        boolean broadcast = opset < GEMM_BROADCASTS;
        return switch (split.layer().form()) {
            case CONV -> NodePair.conv(node, split.factors(), operands);
            case GEMM_RIGHT -> NodePair.gemmRight(node, operands, zero(split.layer(), operands), broadcast);
            case GEMM_LEFT -> NodePair.gemmLeft(node, operands, zero(split.layer(), operands), broadcast);
            case MATMUL_RIGHT -> NodePair.matMulRight(node, operands);
            case MATMUL_LEFT -> NodePair.matMulLeft(node, operands);
            case CONV_TRANSPOSE -> throw new IllegalArgumentException("A transposed convolution is never split.");
        };
    }

    /** Where Gemm must add something: a zero. */
    private String zero(LayerNode layer, NodePair.Operands operands) {
        if (opset >= GEMM_WITHOUT_C) {
            return "";
        }
        String name = names.take(operands.firstName() + "_zero");
        int type = layer.constant().orElseThrow().type();
        store(layer.scope(), FactorTensor.of(name, List.of(1L), new float[1], type));
        return name;
    }

    private Shared factors(Split split, String firstName, String secondName) {
        ConstantTensor constant = split.layer().constant().orElseThrow();
        SharingKey key = new SharingKey(
                new TensorIdentity(
                        constant.holder(),
                        constant.links().get(constant.links().size() - 1).name()),
                constant.permutation(),
                split.layer().form(),
                split.layer().weightTransposed(),
                split.factors().split());
        List<Shared> alike = shared.computeIfAbsent(key, k -> new ArrayList<>());
        for (Shared candidate : alike) {
            if (Arrays.equals(candidate.factors().first(), split.factors().first())
                    && Arrays.equals(
                            candidate.factors().second(), split.factors().second())) {
                return candidate;
            }
        }
        FactorizedLayer factors = split.factors();
        boolean columns = split.layer().form() == LayerForm.MATMUL_RIGHT;
        String first = names.take(firstName + "_weight");
        String second = names.take(secondName + "_weight");
        int type = constant.tensor().getDataType();
        store(constant.holder(), tensor(first, factors.firstShape(), factors.first(), columns, type));
        store(constant.holder(), tensor(second, factors.secondShape(), factors.second(), columns, type));
        Shared made = new Shared(factors, first, second);
        alike.add(made);
        return made;
    }

    private static TensorProto tensor(String name, WeightShape shape, float[] values, boolean columns, int type) {
        if (columns) {
            float[] transposed = FactorTensor.transposed(values, shape.out(), shape.inPerGroup());
            return FactorTensor.of(name, List.of((long) shape.inPerGroup(), (long) shape.out()), transposed, type);
        }
        List<Long> dims = shape.dims().stream().map(Integer::longValue).toList();
        return FactorTensor.of(name, dims, values, type);
    }

    private void store(Scope scope, TensorProto tensor) {
        stored.computeIfAbsent(scope, s -> new ArrayList<>()).add(tensor);
    }

    /** The name under which a layer sees a stored factor: behind a Cast if it saw its weight behind one. */
    private String seen(LayerNode layer, String factor, List<NodeProto> before) {
        ConstantTensor constant = layer.constant().orElseThrow();
        if (constant.type() == constant.tensor().getDataType()) {
            return factor;
        }
        String name = names.take(factor + "_cast");
        before.add(NodeProto.newBuilder()
                .setOpType("Cast")
                .setName(name)
                .addInput(factor)
                .addOutput(name)
                .addAttribute(Attributes.integer("to", constant.type()))
                .build());
        return name;
    }
}
