package dev.wsvd.adapter.onnx.internal.quantize;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import dev.wsvd.adapter.onnx.internal.file.ElementTypes;
import dev.wsvd.adapter.onnx.internal.graph.Attributes;
import dev.wsvd.adapter.onnx.internal.graph.ConstantResolver;
import dev.wsvd.adapter.onnx.internal.graph.ConstantTensor;
import dev.wsvd.adapter.onnx.internal.graph.OperatorSet;
import dev.wsvd.adapter.onnx.internal.graph.Scope;
import dev.wsvd.adapter.onnx.internal.graph.StoredArray;
import dev.wsvd.adapter.onnx.internal.graph.Uses;
import dev.wsvd.adapter.onnx.internal.rewrite.Names;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.tensor.ElementType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.Stream;

/**
 * Models of operator sets 11 and 12 in 13. Of the operators that there were, Squeeze, Unsqueeze, Split and ReduceSum read there what was an
 * attribute, Softmax and its like go along one dim instead of all from one on, and Dropout and Resize take less; all others mean the same.
 */
final class RaisedOperators {
    /** From this operator set on, a weight has a scale per output channel. */
    private static final long WANTED = 13;

    private static final long OLDEST = 11;
    /** The first whose models may be of the wanted operator set. */
    private static final long IR_VERSION = 7;

    private static final int INT64 = ElementTypes.number(ElementType.INT64);

    private final long version;
    private final Names names;
    private final Uses uses;

    private RaisedOperators(long version, Scope root) {
        this.version = version;
        this.names = new Names(root);
        this.uses = Uses.of(root);
    }

    /**
     * The model in operator set 13; itself if its own is not older.
     *
     * @throws InvalidInputException if an operator means something else there that cannot be written
     */
    static ModelProto of(ModelProto model) {
        long version = OperatorSet.version(model);
        if (version >= WANTED) {
            return model;
        }
        if (version < OLDEST || model.getFunctionsCount() > 0) {
            throw new InvalidInputException("The model is of operator set " + version
                    + (version < OLDEST ? "" : " and has functions of its own")
                    + "; int8 with a scale per channel needs "
                    + WANTED + ", and only models of " + OLDEST + " or newer "
                    + (version < OLDEST ? "" : "without functions ")
                    + "are raised to it. Maybe convert it with onnx.version_converter.");
        }
        Scope root = Scope.root(model.getGraph());
        RaisedOperators raised = new RaisedOperators(version, root);
        ModelProto.Builder out = model.toBuilder()
                .setIrVersion(Math.max(model.getIrVersion(), IR_VERSION))
                .setGraph(raised.graph(root));
        out.getOpsetImportBuilderList().stream()
                .filter(set -> set.getDomain().isEmpty() || set.getDomain().equals("ai.onnx"))
                .forEach(set -> set.setVersion(WANTED));
        return out.build();
    }

    private GraphProto graph(Scope scope) {
        GraphProto graph = scope.graph();
        GraphProto.Builder out = graph.toBuilder().clearNode();
        for (int index = 0; index < graph.getNodeCount(); index++) {
            out.addAllNode(raised(scope, scope.withBodies(index, this::graph)));
        }
        return out.build();
    }

    private List<NodeProto> raised(Scope scope, NodeProto node) {
        if (!ConstantResolver.isStandard(node)) {
            return List.of(node);
        }
        return switch (node.getOpType()) {
            case "Squeeze", "Unsqueeze", "ReduceSum" -> withOperand(node, "axes");
            case "Split" -> withOperand(node, "split");
            case "Softmax", "LogSoftmax", "Hardmax" -> alongOne(scope.graph(), node);
            case "Dropout" -> List.of(version < 12 ? dropout(scope, node) : node);
            case "Resize" -> List.of(resize(node));
            default -> List.of(node);
        };
    }

    /** What an attribute says, as a second input. */
    private List<NodeProto> withOperand(NodeProto node, String attribute) {
        if (Attributes.find(node, attribute).isEmpty()) {
            return List.of(node);
        }
        List<Long> numbers = Attributes.integers(node, attribute);
        ByteBuffer data = ByteBuffer.allocate(numbers.size() * Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        numbers.forEach(data::putLong);
        String name = names.take(node.getOutput(0) + "_" + attribute);
        NodeProto constant =
                ConstantTensor.node(new StoredArray(INT64, List.of((long) numbers.size()), data.array()).tensor(name));
        return List.of(
                constant, without(node, attribute).toBuilder().addInput(name).build());
    }

    /** Along all dims from the axis on together; where that is the last one, there is no difference. */
    private List<NodeProto> alongOne(GraphProto graph, NodeProto node) {
        long axis = Attributes.integer(node, "axis", 1);
        NodeProto.Builder last = without(node, "axis").toBuilder().addAttribute(Attributes.integer("axis", -1));
        OptionalInt rank = rank(graph, node);
        if (axis == -1 || rank.isPresent() && axis == rank.getAsInt() - 1) {
            return List.of(last.build());
        }
        String read = node.getInput(0);
        String given = node.getOutput(0);
        String shape = names.take(given + "_shape");
        String flat = names.take(given + "_flat");
        String done = names.take(given + "_" + node.getOpType());
        return List.of(
                node("Shape", shape, read).build(),
                node("Flatten", flat, read)
                        .addAttribute(Attributes.integer("axis", axis))
                        .build(),
                last.setInput(0, flat).setOutput(0, done).build(),
                node("Reshape", given, done, shape)
                        .setName(names.take(given + "_Reshape"))
                        .build());
    }

    private static NodeProto.Builder node(String type, String output, String... inputs) {
        return NodeProto.newBuilder()
                .setOpType(type)
                .setName(output)
                .addAllInput(List.of(inputs))
                .addOutput(output);
    }

    /** Number of dims of what a node reads or gives, if the model says so. */
    private static OptionalInt rank(GraphProto graph, NodeProto node) {
        List<String> either = List.of(node.getInput(0), node.getOutput(0));
        return Stream.of(graph.getInputList(), graph.getValueInfoList(), graph.getOutputList())
                .flatMap(List::stream)
                .filter(value -> either.contains(value.getName()))
                .map(ValueInfoProto::getType)
                .filter(type -> type.hasTensorType() && type.getTensorType().hasShape())
                .mapToInt(type -> type.getTensorType().getShape().getDimCount())
                .findFirst();
    }

    /** Without training it gives what it reads; what it was trained with is no attribute any more. */
    private NodeProto dropout(Scope scope, NodeProto node) {
        if (node.getOutputCount() > 1 && isRead(scope, node.getOutput(1))) {
            throw refusal(node, "whose mask is read");
        }
        return without(node, "ratio").toBuilder()
                .clearOutput()
                .addOutput(node.getOutput(0))
                .build();
    }

    private boolean isRead(Scope scope, String name) {
        return scope.find(name).filter(definition -> uses.count(definition) > 0).isPresent();
    }

    /** Scales that are there without numbers, as sizes are given, are left out. */
    private static NodeProto resize(NodeProto node) {
        String mode = "tf_half_pixel_for_nn";
        if (Attributes.text(node, "coordinate_transformation_mode", "").equals(mode)) {
            throw refusal(node, "with " + mode);
        }
        boolean sized = node.getInputCount() > 3 && !node.getInput(3).isEmpty();
        return sized ? node.toBuilder().setInput(2, "").build() : node;
    }

    private static InvalidInputException refusal(NodeProto node, String what) {
        return new InvalidInputException("The node '" + (node.getName().isEmpty() ? node.getOutput(0) : node.getName())
                + "' is a " + node.getOpType() + " " + what + ", which operator set " + WANTED
                + " does not have, and int8 with a scale per channel needs that. Maybe export the model anew.");
    }

    private static NodeProto without(NodeProto node, String attribute) {
        List<AttributeProto> others = new ArrayList<>(node.getAttributeList());
        others.removeIf(other -> other.getName().equals(attribute));
        return node.toBuilder().clearAttribute().addAllAttribute(others).build();
    }
}
