package dev.wsvd.adapter.onnx.internal.rewrite;

import ai.onnx.proto.OnnxMl.NodeProto;
import dev.wsvd.adapter.onnx.internal.graph.Attributes;
import dev.wsvd.domain.Unfolding;
import dev.wsvd.domain.factor.FactorizedLayer;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;

/**
 * The two nodes that replace one: the first gives {@code between}, the second the original's output. What the original adds
 * (bias, α, β) stays on the second; the spatial attributes stay on the one that keeps that dim of the kernel.
 */
record NodePair(NodeProto first, NodeProto second) {
    private static final Set<String> SPATIAL = Set.of("kernel_shape", "strides", "pads", "dilations", "auto_pad");

    /** Pads have an entry per dim for the start, then one for the end. */
    private static final List<String> MOVEMENT = List.of("strides", "pads", "dilations");

    /** Names the pair needs, and the operands that hold the factors. */
    record Operands(String firstName, String secondName, String first, String second, String between) {}

    static NodePair conv(NodeProto node, FactorizedLayer factors, Operands names) {
        Unfolding unfolding = factors.split().unfolding();
        return pair(
                along(node, factors.firstShape().kernel(), unfolding::inFirst),
                List.of(node.getInput(0), names.first()),
                along(node, factors.secondShape().kernel(), dim -> !unfolding.inFirst(dim)),
                followed(node, names.between(), names.second()),
                names);
    }

    /**
     * @param zero the operand to add nothing with; empty where Gemm may do without
     * @param broadcast whether Gemm must be told to broadcast it
     */
    static NodePair gemmRight(NodeProto node, Operands names, String zero, boolean broadcast) {
        NodeProto.Builder first = without(node, Set.of("alpha", "beta", "transB", "broadcast"))
                .addAttribute(Attributes.integer("transB", 1));
        NodeProto.Builder second =
                without(node, Set.of("transA", "transB")).addAttribute(Attributes.integer("transB", 1));
        return pair(
                adding(first, broadcast),
                operands(node.getInput(0), names.first(), zero),
                second,
                followed(node, names.between(), names.second()),
                names);
    }

    /** As {@link #gemmRight}, for a weight on the left: y = α·second·(first·op(X)) + β·C. */
    static NodePair gemmLeft(NodeProto node, Operands names, String zero, boolean broadcast) {
        NodeProto.Builder first = without(node, Set.of("alpha", "beta", "transA", "broadcast"));
        NodeProto.Builder second = without(node, Set.of("transA", "transB"));
        return pair(
                adding(first, broadcast),
                operands(names.first(), node.getInput(1), zero),
                second,
                followed(node, names.second(), names.between()),
                names);
    }

    static NodePair matMulRight(NodeProto node, Operands names) {
        return pair(
                node.toBuilder(),
                List.of(node.getInput(0), names.first()),
                node.toBuilder(),
                List.of(names.between(), names.second()),
                names);
    }

    static NodePair matMulLeft(NodeProto node, Operands names) {
        return pair(
                node.toBuilder(),
                List.of(names.first(), node.getInput(1)),
                node.toBuilder(),
                List.of(names.second(), names.between()),
                names);
    }

    private static NodePair pair(
            NodeProto.Builder first,
            List<String> firstInputs,
            NodeProto.Builder second,
            List<String> secondInputs,
            Operands names) {
        String output = second.getOutput(0);
        first.setName(names.firstName()).clearInput().addAllInput(firstInputs);
        first.clearOutput().addOutput(names.between());
        second.setName(names.secondName()).clearInput().addAllInput(secondInputs);
        second.clearOutput().addOutput(output);
        return new NodePair(first.build(), second.build());
    }

    /** The convolution along some dims only: at the others it has one tap and moves by one. */
    private static NodeProto.Builder along(NodeProto node, List<Integer> kernel, IntPredicate kept) {
        int dims = kernel.size();
        if (IntStream.range(0, dims).allMatch(kept)) {
            return node.toBuilder();
        }
        NodeProto.Builder part = without(node, SPATIAL)
                .addAttribute(Attributes.integers(
                        "kernel_shape", kernel.stream().map(Integer::longValue).toList()));
        if (IntStream.range(0, dims).anyMatch(kept)) {
            Attributes.find(node, "auto_pad").ifPresent(part::addAttribute);
            MOVEMENT.forEach(name -> {
                List<Long> values = Attributes.integers(node, name);
                long neutral = name.equals("pads") ? 0 : 1;
                if (!values.isEmpty()) {
                    part.addAttribute(Attributes.integers(
                            name,
                            IntStream.range(0, values.size())
                                    .mapToObj(i -> kept.test(i % dims) ? values.get(i) : neutral)
                                    .toList()));
                }
            });
        }
        return part;
    }

    private static NodeProto.Builder without(NodeProto node, Set<String> attributes) {
        NodeProto.Builder out = node.toBuilder().clearAttribute();
        node.getAttributeList().stream()
                .filter(a -> !attributes.contains(a.getName()))
                .forEach(out::addAttribute);
        return out;
    }

    private static NodeProto.Builder adding(NodeProto.Builder node, boolean broadcast) {
        return broadcast ? node.addAttribute(Attributes.integer("broadcast", 1)) : node;
    }

    private static List<String> operands(String a, String b, String zero) {
        return zero.isEmpty() ? List.of(a, b) : List.of(a, b, zero);
    }

    /** The two operands, then what the original adds. */
    private static List<String> followed(NodeProto node, String a, String b) {
        List<String> inputs = new ArrayList<>(List.of(a, b));
        inputs.addAll(node.getInputList().subList(2, node.getInputCount()));
        return inputs;
    }
}
