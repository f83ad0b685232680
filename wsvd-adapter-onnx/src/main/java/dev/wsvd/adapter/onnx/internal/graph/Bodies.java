package dev.wsvd.adapter.onnx.internal.graph;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;

/** The graphs that a node holds, such as the branches of an {@code If}. */
public final class Bodies {
    private Bodies() {}

    /** In the order of its attributes. */
    public static List<GraphProto> of(NodeProto node) {
        List<GraphProto> bodies = new ArrayList<>();
        for (AttributeProto attribute : node.getAttributeList()) {
            if (attribute.hasG()) {
                bodies.add(attribute.getG());
            }
            bodies.addAll(attribute.getGraphsList());
        }
        return bodies;
    }

    /** The node with others in their places; itself if it holds none. */
    public static NodeProto mapped(NodeProto node, UnaryOperator<GraphProto> change) {
        if (of(node).isEmpty()) {
            return node;
        }
        NodeProto.Builder out = node.toBuilder();
        for (int i = 0; i < node.getAttributeCount(); i++) {
            out.setAttribute(i, mapped(node.getAttribute(i), change));
        }
        return out.build();
    }

    /** The same of one attribute. */
    public static AttributeProto mapped(AttributeProto attribute, UnaryOperator<GraphProto> change) {
        if (!attribute.hasG() && attribute.getGraphsCount() == 0) {
            return attribute;
        }
        AttributeProto.Builder out = attribute.toBuilder();
        if (attribute.hasG()) {
            out.setG(change.apply(attribute.getG()));
        }
        for (int i = 0; i < attribute.getGraphsCount(); i++) {
            out.setGraphs(i, change.apply(attribute.getGraphs(i)));
        }
        return out.build();
    }
}
