package dev.wsvd.adapter.onnx.internal.rewrite;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.FunctionProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import dev.wsvd.adapter.onnx.internal.graph.Bodies;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What the nodes of a function, or of a body in it, are where a call of it stood: they take and give what the call does, have the
 * attributes that it gives, and are called {@code call/node}.
 */
final class FunctionCall {
    private final String prefix;
    private final Map<String, AttributeProto> given;
    /** By a name in the function: the one where the call stood. */
    private final Map<String, String> values;

    private final Names tensors;
    private final Names nodes;

    private FunctionCall(FunctionCall around) {
        this.prefix = around.prefix;
        this.given = around.given;
        this.values = new HashMap<>(around.values);
        this.tensors = around.tensors;
        this.nodes = around.nodes;
    }

    /**
     * @param tensors what names of tensors differ from
     * @param nodes what names of nodes differ from
     */
    FunctionCall(NodeProto call, FunctionProto function, Names tensors, Names nodes) {
        this.prefix = name(call);
        this.tensors = tensors;
        this.nodes = nodes;
        this.given = new HashMap<>();
        this.values = new HashMap<>();
        function.getAttributeProtoList().forEach(otherwise -> given.put(otherwise.getName(), otherwise));
        call.getAttributeList().forEach(attribute -> given.put(attribute.getName(), attribute));
        for (int i = 0; i < function.getInputCount(); i++) {
            values.put(function.getInput(i), i < call.getInputCount() ? call.getInput(i) : "");
        }
        for (int i = 0; i < function.getOutputCount(); i++) {
            if (!call.getOutput(i).isEmpty()) {
                values.putIfAbsent(function.getOutput(i), call.getOutput(i));
            }
        }
        define(function.getNodeList());
    }

    private static String name(NodeProto call) {
        return call.getName().isBlank()
                ? call.getOutputList().stream()
                        .filter(output -> !output.isBlank())
                        .findFirst()
                        .orElse(call.getOpType())
                : call.getName();
    }

    private void define(List<NodeProto> defining) {
        defining.forEach(node -> node.getOutputList().forEach(this::value));
    }

    /** Says what a name in the function is. */
    void define(String name, String is) {
        values.put(name, is);
    }

    /** What a name in the function is. */
    String value(String name) {
        return name.isEmpty() ? "" : values.computeIfAbsent(name, inner -> tensors.take(prefix + "/" + inner));
    }

    /** A node of the function. */
    NodeProto node(NodeProto inner) {
        NodeProto.Builder out = inner.toBuilder().clearInput().clearOutput().clearAttribute();
        inner.getInputList().forEach(input -> out.addInput(value(input)));
        inner.getOutputList().forEach(output -> out.addOutput(value(output)));
        inner.getAttributeList().forEach(attribute -> attribute(attribute).ifPresent(out::addAttribute));
        if (!inner.getName().isBlank()) {
            out.setName(nodes.take(prefix + "/" + inner.getName()));
        }
        return out.build();
    }

    /** Empty for one that neither the call nor the function gives. */
    private Optional<AttributeProto> attribute(AttributeProto attribute) {
        if (!attribute.getRefAttrName().isEmpty()) {
            // A graph that is given sees what the call sees.
            return Optional.ofNullable(given.get(attribute.getRefAttrName()))
                    .map(value -> value.toBuilder().setName(attribute.getName()).build());
        }
        return Optional.of(Bodies.mapped(attribute, body -> new FunctionCall(this).body(body)));
    }

    private GraphProto body(GraphProto body) {
        body.getInputList().forEach(input -> hide(input.getName()));
        body.getInitializerList().forEach(tensor -> hide(tensor.getName()));
        body.getSparseInitializerList()
                .forEach(tensor -> hide(tensor.getValues().getName()));
        body.getNodeList().forEach(node -> node.getOutputList().forEach(this::hide));
        GraphProto.Builder out = body.toBuilder();
        for (ValueInfoProto.Builder input : out.getInputBuilderList()) {
            input.setName(value(input.getName()));
        }
        for (TensorProto.Builder tensor : out.getInitializerBuilderList()) {
            tensor.setName(value(tensor.getName()));
        }
        out.getSparseInitializerBuilderList()
                .forEach(tensor -> tensor.getValuesBuilder()
                        .setName(value(tensor.getValues().getName())));
        for (int i = 0; i < body.getNodeCount(); i++) {
            out.setNode(i, node(body.getNode(i)));
        }
        out.clearValueInfo();
        for (ValueInfoProto.Builder output : out.getOutputBuilderList()) {
            output.setName(value(output.getName()));
        }
        return out.build();
    }

    /** A name that a body defines is another than that around it. */
    private void hide(String name) {
        values.remove(name);
    }
}
