package dev.wsvd.adapter.onnx.internal.shape;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorShapeProto;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import com.google.protobuf.ByteString;
import dev.wsvd.adapter.onnx.internal.file.ElementTypes;
import dev.wsvd.adapter.onnx.internal.graph.Attributes;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A graph without its large weights, for which the engine infers the same sizes: in the graph itself they become inputs, in
 * bodies nodes that would make a zero of the same size. Small tensors stay, since sizes may be computed from them.
 */
final class WeightlessGraph {
    private static final long LARGE_NUMBERS = 1 << 10;
    private static final long LARGE_INTEGERS = 1 << 16;

    /** From this operator set on, a node can make a tensor of a size. */
    private static final long CONSTANT_OF_SHAPE = 9;

    private final long opset;

    WeightlessGraph(long opset) {
        this.opset = opset;
    }

    /** Nodes and stored tensors, with inputs for what was left out; no other inputs, no outputs. */
    GraphProto.Builder strip(GraphProto graph) {
        GraphProto.Builder out = GraphProto.newBuilder().setName(graph.getName().isEmpty() ? "g" : graph.getName());
        Set<String> left = new HashSet<>();
        for (TensorProto tensor : graph.getInitializerList()) {
            if (isLarge(tensor)) {
                leaveOut(out, tensor.getName(), tensor, left);
            } else {
                out.addInitializer(tensor);
            }
        }
        out.addAllSparseInitializer(graph.getSparseInitializerList());
        for (NodeProto node : graph.getNodeList()) {
            Optional<TensorProto> constant = large(node);
            if (constant.isPresent()) {
                leaveOut(out, node.getOutput(0), constant.get(), left);
            } else {
                out.addNode(stripped(node));
            }
        }
        return out;
    }

    /** A model of a graph that uses the operators and functions of another. */
    static ModelProto model(ModelProto of, GraphProto.Builder graph) {
        return ModelProto.newBuilder()
                .setIrVersion(Math.max(4, of.getIrVersion()))
                .addAllOpsetImport(of.getOpsetImportList())
                .addAllFunctions(of.getFunctionsList())
                .setGraph(graph)
                .build();
    }

    /** All that the nodes of a graph give as its outputs. */
    static GraphProto.Builder showingAll(GraphProto.Builder graph) {
        List.copyOf(graph.getNodeList()).stream()
                .flatMap(node -> node.getOutputList().stream())
                .filter(name -> !name.isEmpty())
                .distinct()
                .forEach(name -> graph.addOutput(ValueInfoProto.newBuilder().setName(name)));
        return graph;
    }

    /** Whether a tensor is left out. */
    boolean isLarge(TensorProto tensor) {
        return bytes(tensor) > (ElementTypes.isFloating(tensor) ? LARGE_NUMBERS : LARGE_INTEGERS);
    }

    static ValueInfoProto valueInfo(String name, TensorShape shape) {
        TypeProto.Tensor.Builder tensor = TypeProto.Tensor.newBuilder().setElemType(shape.type());
        TensorShapeProto.Builder dims = tensor.getShapeBuilder();
        for (long dim : shape.dims()) {
            dims.addDim(
                    dim < 0
                            ? TensorShapeProto.Dimension.getDefaultInstance()
                            : TensorShapeProto.Dimension.newBuilder()
                                    .setDimValue(dim)
                                    .build());
        }
        return ValueInfoProto.newBuilder()
                .setName(name)
                .setType(TypeProto.newBuilder().setTensorType(tensor))
                .build();
    }

    private static long bytes(TensorProto tensor) {
        long elements = tensor.getDimsList().stream().reduce(1L, (a, b) -> a * b);
        return elements * ElementTypes.bits(tensor.getDataType()) / 8;
    }

    private static void leaveOut(GraphProto.Builder out, String name, TensorProto tensor, Set<String> left) {
        if (left.add(name)) {
            out.addInput(valueInfo(name, new TensorShape(tensor.getDataType(), tensor.getDimsList())));
        }
    }

    private Optional<TensorProto> large(NodeProto node) {
        return node.getOpType().equals("Constant") && node.getOutputCount() == 1
                ? Attributes.find(node, "value").map(AttributeProto::getT).filter(this::isLarge)
                : Optional.empty();
    }

    /** Without its name: the engine refuses graphs that use one twice, which does not matter for sizes. */
    private NodeProto stripped(NodeProto node) {
        boolean plain = node.getAttributeList().stream().noneMatch(a -> a.hasG() || a.getGraphsCount() > 0);
        NodeProto.Builder out = node.toBuilder().clearName();
        if (plain) {
            return out.build();
        }
        for (AttributeProto.Builder attribute : out.getAttributeBuilderList()) {
            if (attribute.hasG()) {
                attribute.setG(body(attribute.getG()));
            }
            for (int i = 0; i < attribute.getGraphsCount(); i++) {
                attribute.setGraphs(i, body(attribute.getGraphs(i)));
            }
        }
        return out.build();
    }

    private GraphProto body(GraphProto graph) {
        GraphProto.Builder out =
                graph.toBuilder().clearNode().clearInitializer().clearValueInfo();
        for (TensorProto tensor : graph.getInitializerList()) {
            if (isLarge(tensor) && opset >= CONSTANT_OF_SHAPE) {
                out.addAllNode(zeros(tensor.getName(), tensor));
            } else {
                out.addInitializer(tensor);
            }
        }
        for (NodeProto node : graph.getNodeList()) {
            Optional<TensorProto> constant = large(node);
            if (constant.isPresent() && opset >= CONSTANT_OF_SHAPE) {
                out.addAllNode(zeros(node.getOutput(0), constant.get()));
            } else {
                out.addNode(stripped(node));
            }
        }
        return out.build();
    }

    private static List<NodeProto> zeros(String name, TensorProto like) {
        ByteBuffer dims = ByteBuffer.allocate(like.getDimsCount() * 8).order(ByteOrder.LITTLE_ENDIAN);
        like.getDimsList().forEach(dims::putLong);
        TensorProto shape = TensorProto.newBuilder()
                .setDataType(TensorProto.DataType.INT64_VALUE)
                .addDims(like.getDimsCount())
                .setRawData(ByteString.copyFrom(dims.rewind()))
                .build();
        TensorProto zero = TensorProto.newBuilder()
                .setDataType(like.getDataType())
                .addDims(1)
                .setRawData(ByteString.copyFrom(new byte[ElementTypes.bits(like.getDataType()) / 8]))
                .build();
        String size = name + " size";
        return List.of(
                NodeProto.newBuilder()
                        .setOpType("Constant")
                        .addOutput(size)
                        .addAttribute(tensorAttribute(shape))
                        .build(),
                NodeProto.newBuilder()
                        .setOpType("ConstantOfShape")
                        .addInput(size)
                        .addOutput(name)
                        .addAttribute(tensorAttribute(zero))
                        .build());
    }

    private static AttributeProto tensorAttribute(TensorProto tensor) {
        return AttributeProto.newBuilder()
                .setName("value")
                .setType(AttributeProto.AttributeType.TENSOR)
                .setT(tensor)
                .build();
    }
}
