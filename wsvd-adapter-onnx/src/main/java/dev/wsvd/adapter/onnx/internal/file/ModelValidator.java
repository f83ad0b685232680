package dev.wsvd.adapter.onnx.internal.file;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.FunctionProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.SparseTensorProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorShapeProto.Dimension;
import ai.onnx.proto.OnnxMl.TrainingInfoProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import dev.wsvd.domain.error.ModelFormatException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** Refuses models that contradict themselves, before anything relies on them. Reads no weights. */
final class ModelValidator {
    /** Nodes, tensors and names in all graphs: several times what the largest known models have. */
    private static final long MOST_PARTS = 1_000_000;

    private static final long LARGEST_DIM = Integer.MAX_VALUE;

    private static final long LARGEST_VERSION = Integer.MAX_VALUE;

    private final String name;
    private final TensorCheck tensors;
    private long parts;

    ModelValidator(String name, ExternalData external) {
        this.name = name;
        this.tensors = new TensorCheck(name, external);
    }

    /** @throws ModelFormatException naming the file, the tensor or node, and what is wrong */
    void check(ModelProto model) {
        checkOperatorSets(model.getOpsetImportList());
        check(model.getGraph());
        for (TrainingInfoProto training : model.getTrainingInfoList()) {
            check(training.getInitialization());
            check(training.getAlgorithm());
        }
        for (FunctionProto function : model.getFunctionsList()) {
            checkOperatorSets(function.getOpsetImportList());
            check(function);
        }
        new FunctionCheck(name, model.getFunctionsList()).check(model.getGraph());
    }

    private void check(GraphProto graph) {
        count((long) graph.getNodeCount() + graph.getInitializerCount() + graph.getInputCount());
        count((long) graph.getOutputCount() + graph.getValueInfoCount() + graph.getSparseInitializerCount());
        graph.getInitializerList().forEach(tensors::check);
        graph.getSparseInitializerList().forEach(tensors::check);
        graph.getInputList().forEach(this::check);
        graph.getOutputList().forEach(this::check);
        graph.getValueInfoList().forEach(this::check);
        checkNames(graph);
        checkNodes(graph.getNodeList());
    }

    private void check(FunctionProto function) {
        count((long) function.getNodeCount() + function.getInputCount() + function.getOutputCount());
        count(1L + function.getAttributeCount() + function.getAttributeProtoCount());
        checkOutputs(function.getNodeList(), new HashSet<>(function.getInputList()));
        checkNodes(function.getNodeList());
        function.getAttributeProtoList().forEach(this::check);
    }

    private void count(long more) {
        parts += more;
        if (parts > MOST_PARTS) {
            throw new ModelFormatException(String.format(
                    Locale.ROOT,
                    "'%s' has more than %,d nodes and tensors; that many are not handled.",
                    name,
                    MOST_PARTS));
        }
    }

    private void checkNodes(List<NodeProto> nodes) {
        NodeOrder.findCycle(nodes).ifPresent(stuck -> {
            throw broken("node " + stuck + " (" + nodes.get(stuck).getOpType() + " '"
                    + nodes.get(stuck).getName() + "') waits for its own result: the graph has a cycle");
        });
        for (NodeProto node : nodes) {
            NodeCheck.findFault(node).ifPresent(fault -> {
                throw broken("node '" + node.getName() + "' (" + node.getOpType() + ") has " + fault);
            });
            node.getAttributeList().forEach(this::check);
        }
    }

    private void check(AttributeProto attribute) {
        if (attribute.hasT()) {
            tensors.check(attribute.getT());
        }
        attribute.getTensorsList().forEach(tensors::check);
        if (attribute.hasSparseTensor()) {
            tensors.check(attribute.getSparseTensor());
        }
        attribute.getSparseTensorsList().forEach(tensors::check);
        if (attribute.hasG()) {
            check(attribute.getG());
        }
        attribute.getGraphsList().forEach(this::check);
    }

    /** Twice with different versions, it depends on who reads the model which one it uses. */
    private void checkOperatorSets(List<OperatorSetIdProto> imports) {
        Map<String, Long> versions = new HashMap<>();
        for (OperatorSetIdProto set : imports) {
            String domain = set.getDomain().equals("ai.onnx") ? "" : set.getDomain();
            Long other = versions.put(domain, set.getVersion());
            if (set.getVersion() < 1 || set.getVersion() > LARGEST_VERSION) {
                throw broken("it uses version " + set.getVersion() + " of operator set '" + set.getDomain()
                        + "', allowed: 1 … " + LARGEST_VERSION);
            }
            if (other != null && other != set.getVersion()) {
                throw broken("it uses both version " + other + " and version " + set.getVersion() + " of operator set '"
                        + set.getDomain() + "'");
            }
        }
    }

    /** The engine counts up to some of these dims. */
    private void check(ValueInfoProto value) {
        for (Dimension dim : value.getType().getTensorType().getShape().getDimList()) {
            if (dim.getDimValue() > LARGEST_DIM) {
                throw broken("'" + value.getName() + "' has a dim of " + dim.getDimValue() + ", at most " + LARGEST_DIM
                        + " is possible");
            }
        }
    }

    private void checkNames(GraphProto graph) {
        Set<String> names = new HashSet<>();
        for (TensorProto tensor : graph.getInitializerList()) {
            if (!names.add(tensor.getName())) {
                throw broken("tensor '" + tensor.getName() + "' is stored twice");
            }
        }
        for (SparseTensorProto sparse : graph.getSparseInitializerList()) {
            if (!names.add(sparse.getValues().getName())) {
                throw broken("tensor '" + sparse.getValues().getName() + "' is stored twice");
            }
        }
        checkOutputs(graph.getNodeList(), names);
    }

    /** @param names those that have a value before the nodes run */
    private void checkOutputs(List<NodeProto> nodes, Set<String> names) {
        for (NodeProto node : nodes) {
            for (String output : node.getOutputList()) {
                if (!output.isEmpty() && !names.add(output)) {
                    throw broken("tensor '" + output + "' gets its value twice");
                }
            }
        }
    }

    private ModelFormatException broken(String what) {
        return broken(name, what);
    }

    static ModelFormatException broken(String name, String what) {
        return new ModelFormatException("'" + name + "' is corrupt: " + what + ".");
    }
}
