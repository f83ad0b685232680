package dev.wsvd.adapter.onnx.internal.engine;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.FunctionProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import dev.wsvd.adapter.onnx.internal.file.ElementTypes;
import dev.wsvd.adapter.onnx.internal.file.ExternalData;
import dev.wsvd.adapter.onnx.internal.graph.Attributes;
import dev.wsvd.adapter.onnx.internal.graph.Bodies;
import dev.wsvd.adapter.onnx.internal.graph.StoredArray;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A model that computes in float32 what another computes in bfloat16, for which ONNX Runtime has hardly any kernel on the CPU. What it
 * computes has the same sizes. Weights stay as they are stored, with a {@code Cast} behind each.
 */
public final class WidenedModel {
    private static final String CAST = "Cast";

    private static final String TO = "to";

    private final Set<String> stored = new HashSet<>();

    private WidenedModel() {}

    /** The model in float32; itself if it does not {@linkplain #isNeeded compute in bfloat16}. */
    public static ModelProto of(ModelProto model) {
        if (!isNeeded(model)) {
            return model;
        }
        ModelProto.Builder out = model.toBuilder().setGraph(widened(model.getGraph()));
        for (int i = 0; i < model.getFunctionsCount(); i++) {
            FunctionProto function = model.getFunctions(i);
            FunctionProto.Builder wide = function.toBuilder().clearNode();
            function.getNodeList().forEach(node -> wide.addAllNode(widened(node)));
            out.setFunctions(i, wide);
        }
        return out.build();
    }

    /** Whether a model computes in bfloat16, rather than store weights so and cast them before they are used. */
    public static boolean isNeeded(ModelProto model) {
        WidenedModel search = new WidenedModel();
        search.collect(model.getGraph());
        return search.computes(model.getGraph())
                || model.getFunctionsList().stream().anyMatch(function -> search.compute(function.getNodeList()));
    }

    private void collect(GraphProto graph) {
        graph.getInitializerList().stream()
                .filter(WidenedModel::isNarrow)
                .forEach(tensor -> stored.add(tensor.getName()));
        graph.getNodeList().forEach(node -> {
            constant(node).ifPresent(tensor -> stored.add(node.getOutput(0)));
            Bodies.of(node).forEach(this::collect);
        });
    }

    private boolean computes(GraphProto graph) {
        return graph.getInputList().stream().anyMatch(input -> isNarrow(input) && !stored.contains(input.getName()))
                || compute(graph.getNodeList());
    }

    private boolean compute(List<NodeProto> nodes) {
        return nodes.stream().anyMatch(this::computes);
    }

    private boolean computes(NodeProto node) {
        boolean takes = node.getInputList().stream().anyMatch(stored::contains)
                && !node.getOpType().equals(CAST);
        return takes
                || castsToNarrow(node)
                || constant(node).isEmpty()
                        && node.getAttributeList().stream().anyMatch(attribute -> isNarrow(attribute.getT()))
                || Bodies.of(node).stream().anyMatch(this::computes);
    }

    private static boolean castsToNarrow(NodeProto node) {
        return node.getOpType().equals(CAST) && Attributes.integer(node, TO, 0) == ElementTypes.BFLOAT16;
    }

    private static boolean isNarrow(TensorProto tensor) {
        return tensor.getDataType() == ElementTypes.BFLOAT16;
    }

    private static boolean isNarrow(ValueInfoProto info) {
        return info.getType().getTensorType().getElemType() == ElementTypes.BFLOAT16;
    }

    /** What a {@code Constant} node gives in bfloat16. */
    private static Optional<TensorProto> constant(NodeProto node) {
        return node.getOpType().equals("Constant") && node.getOutputCount() == 1
                ? Attributes.find(node, "value").map(AttributeProto::getT).filter(WidenedModel::isNarrow)
                : Optional.empty();
    }

    private static GraphProto widened(GraphProto graph) {
        GraphProto.Builder out = graph.toBuilder()
                .clearInitializer()
                .clearInput()
                .clearNode()
                .clearOutput()
                .clearValueInfo();
        Set<String> cast = new HashSet<>();
        for (TensorProto tensor : graph.getInitializerList()) {
            if (isNarrow(tensor)) {
                String narrow = narrow(tensor.getName());
                out.addInitializer(tensor.toBuilder().setName(narrow)).addNode(cast(narrow, tensor.getName()));
                cast.add(tensor.getName());
            } else {
                out.addInitializer(tensor);
            }
        }
        graph.getInputList().stream()
                .filter(input -> !cast.contains(input.getName()))
                .forEach(input -> out.addInput(widened(input)));
        graph.getNodeList().forEach(node -> out.addAllNode(widened(node)));
        graph.getOutputList().forEach(output -> out.addOutput(widened(output)));
        graph.getValueInfoList().forEach(info -> out.addValueInfo(widened(info)));
        return out.build();
    }

    private static ValueInfoProto widened(ValueInfoProto info) {
        if (!isNarrow(info)) {
            return info;
        }
        ValueInfoProto.Builder out = info.toBuilder();
        out.getTypeBuilder().getTensorTypeBuilder().setElemType(ElementTypes.FLOAT);
        return out.build();
    }

    private static List<NodeProto> widened(NodeProto node) {
        if (constant(node).isPresent()) {
            String narrow = narrow(node.getOutput(0));
            return List.of(node.toBuilder().setOutput(0, narrow).build(), cast(narrow, node.getOutput(0)));
        }
        boolean castsToNarrow = castsToNarrow(node);
        NodeProto.Builder out = Bodies.mapped(node, WidenedModel::widened).toBuilder();
        for (AttributeProto.Builder attribute : out.getAttributeBuilderList()) {
            if (castsToNarrow && attribute.getName().equals(TO)) {
                attribute.setI(ElementTypes.FLOAT);
            }
            if (isNarrow(attribute.getT())) {
                attribute.setT(widened(attribute.getT()));
            }
        }
        return List.of(out.build());
    }

    /** A number that a node takes as an attribute. */
    private static TensorProto widened(TensorProto tensor) {
        if (ExternalData.isExternal(tensor)) {
            return tensor;
        }
        StoredArray values = StoredArray.of(tensor, new ExternalData(null));
        return StoredArray.of(ElementTypes.FLOAT, values.dims(), values.floats())
                .tensor(tensor.getName());
    }

    private static String narrow(String name) {
        return name + " bfloat16";
    }

    private static NodeProto cast(String from, String to) {
        return NodeProto.newBuilder()
                .setOpType(CAST)
                .addInput(from)
                .addOutput(to)
                .addAttribute(Attributes.integer(TO, ElementTypes.FLOAT))
                .build();
    }
}
