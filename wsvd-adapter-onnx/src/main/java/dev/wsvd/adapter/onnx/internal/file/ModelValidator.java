package dev.wsvd.adapter.onnx.internal.file;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import ai.onnx.proto.OnnxMl.TensorShapeProto.Dimension;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import dev.wsvd.domain.error.ModelFormatException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
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

    private static final Set<String> EACH_POSITIVE = Set.of("strides", "dilations", "kernel_shape");
    private static final Set<String> ONE_POSITIVE = Set.of("group", "blocksize");

    private final String name;
    private final ExternalData external;
    private long parts;

    ModelValidator(String name, ExternalData external) {
        this.name = name;
        this.external = external;
    }

    /** @throws ModelFormatException naming the file, the tensor or node, and what is wrong */
    void check(ModelProto model) {
        check(model.getGraph());
    }

    private void check(GraphProto graph) {
        parts += (long) graph.getNodeCount() + graph.getInitializerCount() + graph.getInputCount();
        parts += (long) graph.getOutputCount() + graph.getValueInfoCount();
        if (parts > MOST_PARTS) {
            throw new ModelFormatException(String.format(
                    Locale.ROOT,
                    "'%s' has more than %,d nodes and tensors; that many are not handled.",
                    name,
                    MOST_PARTS));
        }
        graph.getInitializerList().forEach(this::check);
        graph.getInputList().forEach(this::check);
        graph.getOutputList().forEach(this::check);
        graph.getValueInfoList().forEach(this::check);
        checkNames(graph);
        checkOrder(graph);
        for (NodeProto node : graph.getNodeList()) {
            for (AttributeProto attribute : node.getAttributeList()) {
                checkDivisor(node, attribute);
                if (attribute.hasT()) {
                    check(attribute.getT());
                }
                attribute.getTensorsList().forEach(this::check);
                if (attribute.hasG()) {
                    check(attribute.getG());
                }
                attribute.getGraphsList().forEach(this::check);
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

    private void check(TensorProto tensor) {
        if (tensor.getDimsList().stream().anyMatch(d -> d < 0)) {
            throw broken("tensor '" + tensor.getName() + "' has a negative dim: " + tensor.getDimsList());
        }
        int bits = ElementTypes.bits(tensor.getDataType());
        long bytes;
        long elements;
        try {
            elements = tensor.getDimsList().stream().reduce(1L, Math::multiplyExact);
            bytes = Math.addExact(Math.multiplyExact(elements, bits), 7) / 8;
        } catch (ArithmeticException e) {
            throw broken("tensor '" + tensor.getName() + "' has dims beyond all bounds: " + tensor.getDimsList());
        }
        boolean external = ExternalData.isExternal(tensor);
        if (external || tensor.hasRawData()) {
            if (hasTypedValues(tensor)) {
                throw broken("tensor '" + tensor.getName() + "' has its values twice, as bytes and as numbers");
            }
            long found = external
                    ? this.external.piece(tensor).length()
                    : tensor.getRawData().size();
            if (bits > 0 && found != bytes) {
                throw broken("tensor '" + tensor.getName() + "' (" + ElementTypes.name(tensor.getDataType()) + " "
                        + tensor.getDimsList() + ") needs " + bytes + " bytes, found " + found);
            }
        } else if (bits > 0 || tensor.getDataType() == DataType.STRING_VALUE) {
            long found = typedValues(tensor);
            long needed = elements * valuesPerElement(tensor);
            boolean packed = bits == 4 && (found == bytes || found == (bytes + 3) / 4);
            if (found != needed && !packed) {
                throw broken("tensor '" + tensor.getName() + "' (" + ElementTypes.name(tensor.getDataType()) + " "
                        + tensor.getDimsList() + ") needs " + needed + " values, found " + found);
            }
        }
    }

    private static boolean hasTypedValues(TensorProto tensor) {
        return tensor.getFloatDataCount() > 0
                || tensor.getDoubleDataCount() > 0
                || tensor.getInt32DataCount() > 0
                || tensor.getInt64DataCount() > 0
                || tensor.getUint64DataCount() > 0
                || tensor.getStringDataCount() > 0;
    }

    private static long typedValues(TensorProto tensor) {
        return switch (tensor.getDataType()) {
            case DataType.FLOAT_VALUE, DataType.COMPLEX64_VALUE -> tensor.getFloatDataCount();
            case DataType.DOUBLE_VALUE, DataType.COMPLEX128_VALUE -> tensor.getDoubleDataCount();
            case DataType.INT64_VALUE -> tensor.getInt64DataCount();
            case DataType.UINT32_VALUE, DataType.UINT64_VALUE -> tensor.getUint64DataCount();
            case DataType.STRING_VALUE -> tensor.getStringDataCount();
            default -> tensor.getInt32DataCount();
        };
    }

    private static int valuesPerElement(TensorProto tensor) {
        return switch (tensor.getDataType()) {
            case DataType.COMPLEX64_VALUE, DataType.COMPLEX128_VALUE -> 2;
            default -> 1;
        };
    }

    /** The engine divides by these without looking, which would end the process. */
    private void checkDivisor(NodeProto node, AttributeProto attribute) {
        boolean each = EACH_POSITIVE.contains(attribute.getName())
                && attribute.getIntsList().stream().anyMatch(i -> i < 1);
        boolean one = ONE_POSITIVE.contains(attribute.getName()) && attribute.getI() < 1;
        if (each || one) {
            throw broken("node '" + node.getName() + "' (" + node.getOpType() + ") has " + attribute.getName() + " "
                    + (each ? attribute.getIntsList() : attribute.getI()) + ", which must be at least 1");
        }
    }

    private void checkNames(GraphProto graph) {
        Set<String> names = new HashSet<>();
        for (TensorProto tensor : graph.getInitializerList()) {
            if (!names.add(tensor.getName())) {
                throw broken("tensor '" + tensor.getName() + "' is stored twice");
            }
        }
        for (NodeProto node : graph.getNodeList()) {
            for (String output : node.getOutputList()) {
                if (!output.isEmpty() && !names.add(output)) {
                    throw broken("tensor '" + output + "' gets its value twice");
                }
            }
        }
    }

    /** Kahn's algorithm: what remains when every node that can run has run is a cycle. */
    private void checkOrder(GraphProto graph) {
        Map<String, Integer> producers = new HashMap<>();
        for (int i = 0; i < graph.getNodeCount(); i++) {
            for (String output : graph.getNode(i).getOutputList()) {
                producers.put(output, i);
            }
        }
        producers.remove("");
        int[] waiting = new int[graph.getNodeCount()];
        List<List<Integer>> next = new ArrayList<>();
        graph.getNodeList().forEach(n -> next.add(new ArrayList<>()));
        for (int i = 0; i < waiting.length; i++) {
            Set<String> used = new HashSet<>();
            collectUses(graph.getNode(i), used);
            for (String name : used) {
                Integer producer = producers.get(name);
                if (producer != null) {
                    next.get(producer).add(i);
                    waiting[i]++;
                }
            }
        }
        Deque<Integer> ready = new ArrayDeque<>();
        for (int i = 0; i < waiting.length; i++) {
            if (waiting[i] == 0) {
                ready.add(i);
            }
        }
        int done = 0;
        while (!ready.isEmpty()) {
            done++;
            for (int follower : next.get(ready.remove())) {
                if (--waiting[follower] == 0) {
                    ready.add(follower);
                }
            }
        }
        if (done < waiting.length) {
            int stuck = 0;
            while (waiting[stuck] == 0) {
                stuck++;
            }
            throw broken("node " + stuck + " (" + graph.getNode(stuck).getOpType() + " '"
                    + graph.getNode(stuck).getName() + "') waits for its own result: the graph has a cycle");
        }
    }

    private static void collectUses(NodeProto node, Set<String> used) {
        used.addAll(node.getInputList());
        for (AttributeProto attribute : node.getAttributeList()) {
            if (attribute.hasG()) {
                attribute.getG().getNodeList().forEach(n -> collectUses(n, used));
            }
            attribute.getGraphsList().forEach(g -> g.getNodeList().forEach(n -> collectUses(n, used)));
        }
    }

    private ModelFormatException broken(String what) {
        return new ModelFormatException("'" + name + "' is corrupt: " + what + ".");
    }
}
