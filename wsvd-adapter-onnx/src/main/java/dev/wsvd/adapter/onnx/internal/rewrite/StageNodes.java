package dev.wsvd.adapter.onnx.internal.rewrite;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import dev.wsvd.adapter.onnx.internal.graph.Attributes;
import dev.wsvd.adapter.onnx.internal.graph.LayerNode;
import dev.wsvd.domain.layer.Convolution;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.plan.Stage;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.IntToLongFunction;
import java.util.stream.IntStream;

/**
 * Makes the nodes that replace one, a node for each stage. The first takes the original's input, the last gives its output and
 * keeps what the original adds (bias, α, β); the spatial attributes stay on the stages that move along that dim.
 */
final class StageNodes {
    private static final Set<String> SPATIAL =
            Set.of("kernel_shape", "strides", "pads", "dilations", "auto_pad", "output_padding", "output_shape");

    /** Pads have an entry per dim for the start, then one for the end. */
    private static final List<String> MOVEMENT = List.of("strides", "pads", "dilations", "output_padding");

    /** By what of {@link #MOVEMENT} is a size added to, not multiplied. */
    private static final Set<String> ADDED = Set.of("pads", "output_padding");

    /** A stage's node by names: its own, those of what it takes and of what it gives. */
    record Operands(String name, String input, String weight, String output) {}

    private final ReplacedNode replaced;
    private final LayerNode layer;
    private final Layer whole;
    private final List<Stage> stages;
    private final boolean broadcast;
    /** The stage that is the original's node but for its channels; −1 if none is. */
    private final int asOriginal;

    /** @param broadcast whether Gemm must be told to broadcast what it adds */
    StageNodes(ReplacedNode replaced, boolean broadcast) {
        this.replaced = replaced;
        this.layer = replaced.node();
        this.whole = replaced.layer();
        this.stages = replaced.stages();
        this.broadcast = broadcast;
        this.asOriginal = IntStream.range(0, stages.size())
                .filter(i -> stages.get(i).op() instanceof Convolution part
                        && replaced.layer().op() instanceof Convolution original
                        && part.movesLike(original))
                .max()
                .orElse(-1);
    }

    /**
     * The node of a stage.
     *
     * @param zero the operand to add nothing with, before the last stage; empty where the node may do without
     */
    NodeProto node(int stage, Operands operands, Optional<String> zero) {
        NodeProto original = layer.node();
        NodeProto.Builder node =
                switch (replaced.form(stage)) {
                    case CONV, CONV_TRANSPOSE -> convolution(stage);
                    case GEMM_RIGHT -> product(stage, "transA", "transB").addAttribute(Attributes.integer("transB", 1));
                    case GEMM_LEFT -> product(stage, "transB", "transA");
                    case MATMUL_RIGHT, MATMUL_LEFT ->
                        original.toBuilder().setOpType("MatMul").clearAttribute();
                    case GATHER, RECURRENT_INPUT -> original.toBuilder();
                    case RECURRENT_STATE -> throw new IllegalArgumentException("A recurrent weight is never replaced.");
                };
        if (layer.form().isGemm() && !isLast(stage) && broadcast) {
            node.addAttribute(Attributes.integer("broadcast", 1));
        }
        node.setName(operands.name()).clearInput();
        if (!isLast(stage)) {
            node.clearOutput().addOutput(operands.output());
        }
        boolean weightFirst = replaced.form(stage).isWeightFirst();
        node.addInput(weightFirst ? operands.weight() : operands.input());
        node.addInput(weightFirst ? operands.input() : operands.weight());
        if (isLast(stage)) {
            node.addAllInput(original.getInputList().subList(2, original.getInputCount()));
        } else {
            zero.ifPresent(node::addInput);
        }
        return node.build();
    }

    private boolean isLast(int stage) {
        return stage == stages.size() - 1;
    }

    /** What a Gemm multiplies and adds at the end is the last stage's; how it takes its input is the first's. */
    private NodeProto.Builder product(int stage, String inputTransposed, String weightTransposed) {
        Set<String> dropped = new HashSet<>(Set.of(weightTransposed));
        if (!isLast(stage)) {
            dropped.addAll(Set.of("alpha", "beta", "broadcast"));
        }
        if (stage > 0) {
            dropped.add(inputTransposed);
        }
        return without(dropped);
    }

    /** The convolution along those dims only along which it moves. */
    private NodeProto.Builder convolution(int stage) {
        Convolution part = (Convolution) stages.get(stage).op();
        NodeProto.Builder node = stage == asOriginal ? layer.node().toBuilder() : along(stage, part);
        if (!part.transposed()) {
            node.setOpType("Conv");
        }
        if (part.groups() != layer.groups()) {
            List<AttributeProto> kept = node.getAttributeList().stream()
                    .filter(attribute -> !attribute.getName().equals("group"))
                    .toList();
            node.clearAttribute().addAllAttribute(kept).addAttribute(Attributes.integer("group", part.groups()));
        }
        return node;
    }

    private NodeProto.Builder along(int stage, Convolution part) {
        List<Integer> kernel = part.weight().kernel();
        NodeProto.Builder node = without(SPATIAL)
                .addAttribute(Attributes.integers(
                        "kernel_shape", kernel.stream().map(Integer::longValue).toList()));
        if (IntStream.range(0, kernel.size()).anyMatch(part::movesAlong)) {
            Attributes.find(layer.node(), "auto_pad").ifPresent(node::addAttribute);
            MOVEMENT.forEach(name -> {
                long neutral = ADDED.contains(name) ? 0 : 1;
                move(node, name, part, dim -> neutral);
            });
            move(node, "output_shape", part, dim -> size(stage, dim));
        }
        return node;
    }

    /** Adds an attribute that the original has, with other values along the dims along which a part does not move. */
    private void move(NodeProto.Builder node, String name, Convolution part, IntToLongFunction otherwise) {
        List<Long> values = Attributes.integers(layer.node(), name);
        int dims = part.weight().kernel().size();
        if (!values.isEmpty()) {
            node.addAttribute(Attributes.integers(
                    name,
                    IntStream.range(0, values.size())
                            .mapToObj(i -> part.movesAlong(i % dims) ? values.get(i) : otherwise.applyAsLong(i % dims))
                            .toList()));
        }
    }

    /** The size, as measured, of what a stage gets along a dim. */
    private long size(int stage, int dim) {
        boolean moved = stages.subList(0, stage).stream()
                .anyMatch(before -> before.op() instanceof Convolution conv && conv.movesAlong(dim));
        return (moved ? whole.outputShape() : whole.inputShape()).get(dim + 2);
    }

    private NodeProto.Builder without(Set<String> attributes) {
        NodeProto.Builder out = layer.node().toBuilder().clearAttribute();
        layer.node().getAttributeList().stream()
                .filter(a -> !attributes.contains(a.getName()))
                .forEach(out::addAttribute);
        return out;
    }
}
