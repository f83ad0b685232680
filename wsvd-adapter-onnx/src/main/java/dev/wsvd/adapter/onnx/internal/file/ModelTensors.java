package dev.wsvd.adapter.onnx.internal.file;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.FunctionProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.SparseTensorProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TrainingInfoProto;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/**
 * Every stored tensor of a model: initializers and tensor attributes, dense ones and both parts of sparse ones, in bodies,
 * model-local functions and training graphs too.
 */
public final class ModelTensors {
    private ModelTensors() {}

    /** Visits all of them. */
    public static void forEach(ModelProto model, Consumer<TensorProto> visitor) {
        visit(model.getGraph(), visitor);
        for (FunctionProto function : model.getFunctionsList()) {
            visit(function.getNodeList(), visitor);
            function.getAttributeProtoList().forEach(attribute -> visit(attribute, visitor));
        }
        for (TrainingInfoProto training : model.getTrainingInfoList()) {
            visit(training.getInitialization(), visitor);
            visit(training.getAlgorithm(), visitor);
        }
    }

    private static void visit(GraphProto graph, Consumer<TensorProto> visitor) {
        graph.getInitializerList().forEach(visitor);
        graph.getSparseInitializerList().forEach(sparse -> visit(sparse, visitor));
        visit(graph.getNodeList(), visitor);
    }

    private static void visit(List<NodeProto> nodes, Consumer<TensorProto> visitor) {
        nodes.forEach(node -> node.getAttributeList().forEach(attribute -> visit(attribute, visitor)));
    }

    private static void visit(AttributeProto attribute, Consumer<TensorProto> visitor) {
        tensors(attribute).forEach(visitor);
        if (attribute.hasG()) {
            visit(attribute.getG(), visitor);
        }
        attribute.getGraphsList().forEach(graph -> visit(graph, visitor));
    }

    private static void visit(SparseTensorProto sparse, Consumer<TensorProto> visitor) {
        visitor.accept(sparse.getValues());
        visitor.accept(sparse.getIndices());
    }

    /** Those that an attribute holds itself, not in a body. */
    static Stream<TensorProto> tensors(AttributeProto attribute) {
        Stream<TensorProto> one = attribute.hasT() ? Stream.of(attribute.getT()) : Stream.empty();
        Stream<SparseTensorProto> sparse = Stream.concat(
                attribute.hasSparseTensor() ? Stream.of(attribute.getSparseTensor()) : Stream.empty(),
                attribute.getSparseTensorsList().stream());
        return Stream.of(one, attribute.getTensorsList().stream(), sparse.flatMap(ModelTensors::tensors))
                .flatMap(found -> found);
    }

    /** Both parts of a sparse tensor. */
    static Stream<TensorProto> tensors(SparseTensorProto sparse) {
        return Stream.of(sparse.getValues(), sparse.getIndices());
    }

    /** A copy of the model with each of them replaced; parts without tensors are shared. */
    public static ModelProto map(ModelProto model, UnaryOperator<TensorProto> change) {
        ModelProto.Builder out = model.toBuilder().setGraph(map(model.getGraph(), change));
        for (int i = 0; i < model.getFunctionsCount(); i++) {
            out.setFunctions(i, map(model.getFunctions(i), change));
        }
        for (int i = 0; i < model.getTrainingInfoCount(); i++) {
            TrainingInfoProto before = model.getTrainingInfo(i);
            TrainingInfoProto.Builder training = before.toBuilder();
            if (before.hasInitialization()) {
                training.setInitialization(map(before.getInitialization(), change));
            }
            if (before.hasAlgorithm()) {
                training.setAlgorithm(map(before.getAlgorithm(), change));
            }
            out.setTrainingInfo(i, training);
        }
        return out.build();
    }

    private static FunctionProto map(FunctionProto function, UnaryOperator<TensorProto> change) {
        FunctionProto.Builder out = function.toBuilder();
        for (int i = 0; i < function.getNodeCount(); i++) {
            out.setNode(i, map(function.getNode(i), change));
        }
        for (int i = 0; i < function.getAttributeProtoCount(); i++) {
            out.setAttributeProto(i, map(function.getAttributeProto(i), change));
        }
        return out.build();
    }

    private static GraphProto map(GraphProto graph, UnaryOperator<TensorProto> change) {
        GraphProto.Builder out = graph.toBuilder();
        for (int i = 0; i < graph.getInitializerCount(); i++) {
            TensorProto before = graph.getInitializer(i);
            TensorProto after = change.apply(before);
            if (after != before) {
                out.setInitializer(i, after);
            }
        }
        for (int i = 0; i < graph.getSparseInitializerCount(); i++) {
            out.setSparseInitializer(i, map(graph.getSparseInitializer(i), change));
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
            boolean holds = attribute.hasG()
                    || attribute.getGraphsCount() > 0
                    || tensors(attribute).findAny().isPresent();
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
        if (attribute.hasSparseTensor()) {
            out.setSparseTensor(map(attribute.getSparseTensor(), change));
        }
        for (int i = 0; i < attribute.getSparseTensorsCount(); i++) {
            out.setSparseTensors(i, map(attribute.getSparseTensors(i), change));
        }
        if (attribute.hasG()) {
            out.setG(map(attribute.getG(), change));
        }
        for (int i = 0; i < attribute.getGraphsCount(); i++) {
            out.setGraphs(i, map(attribute.getGraphs(i), change));
        }
        return out.build();
    }

    private static SparseTensorProto map(SparseTensorProto sparse, UnaryOperator<TensorProto> change) {
        SparseTensorProto.Builder out = sparse.toBuilder();
        if (sparse.hasValues()) {
            out.setValues(change.apply(sparse.getValues()));
        }
        if (sparse.hasIndices()) {
            out.setIndices(change.apply(sparse.getIndices()));
        }
        return out.build();
    }
}
