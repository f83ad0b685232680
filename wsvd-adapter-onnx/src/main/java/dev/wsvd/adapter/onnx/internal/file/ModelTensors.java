package dev.wsvd.adapter.onnx.internal.file;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

/** Every stored tensor of a graph: initializers and tensor attributes, in bodies too. */
public final class ModelTensors {
    private ModelTensors() {}

    /** Visits all of them. */
    public static void forEach(GraphProto graph, Consumer<TensorProto> visitor) {
        graph.getInitializerList().forEach(visitor);
        for (NodeProto node : graph.getNodeList()) {
            for (AttributeProto attribute : node.getAttributeList()) {
                if (attribute.hasT()) {
                    visitor.accept(attribute.getT());
                }
                attribute.getTensorsList().forEach(visitor);
                if (attribute.hasG()) {
                    forEach(attribute.getG(), visitor);
                }
                attribute.getGraphsList().forEach(g -> forEach(g, visitor));
            }
        }
    }

    /** A copy of the graph with each of them replaced; parts without tensors are shared. */
    public static GraphProto map(GraphProto graph, UnaryOperator<TensorProto> change) {
        GraphProto.Builder out = graph.toBuilder();
        for (int i = 0; i < graph.getInitializerCount(); i++) {
            TensorProto before = graph.getInitializer(i);
            TensorProto after = change.apply(before);
            if (after != before) {
                out.setInitializer(i, after);
            }
        }
        for (int i = 0; i < graph.getNodeCount(); i++) {
            NodeProto before = graph.getNode(i);
            NodeProto after = map(before, change);
            if (after != before) {
                out.setNode(i, after);
            }
        }
        return out.build();
    }

    private static NodeProto map(NodeProto node, UnaryOperator<TensorProto> change) {
        NodeProto.Builder out = null;
        for (int i = 0; i < node.getAttributeCount(); i++) {
            AttributeProto attribute = node.getAttribute(i);
            boolean holds = attribute.hasT()
                    || attribute.hasG()
                    || attribute.getTensorsCount() > 0
                    || attribute.getGraphsCount() > 0;
            if (holds) {
                out = out == null ? node.toBuilder() : out;
                out.setAttribute(i, map(attribute, change));
            }
        }
        return out == null ? node : out.build();
    }

    private static AttributeProto map(AttributeProto attribute, UnaryOperator<TensorProto> change) {
        AttributeProto.Builder out = attribute.toBuilder();
        if (attribute.hasT()) {
            out.setT(change.apply(attribute.getT()));
        }
        for (int i = 0; i < attribute.getTensorsCount(); i++) {
            out.setTensors(i, change.apply(attribute.getTensors(i)));
        }
        if (attribute.hasG()) {
            out.setG(map(attribute.getG(), change));
        }
        for (int i = 0; i < attribute.getGraphsCount(); i++) {
            out.setGraphs(i, map(attribute.getGraphs(i), change));
        }
        return out.build();
    }
}
