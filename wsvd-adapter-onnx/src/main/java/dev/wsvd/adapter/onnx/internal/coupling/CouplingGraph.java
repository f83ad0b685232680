package dev.wsvd.adapter.onnx.internal.coupling;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import dev.wsvd.adapter.onnx.internal.file.ExternalData;
import dev.wsvd.adapter.onnx.internal.graph.ConstantResolver;
import dev.wsvd.adapter.onnx.internal.graph.ConstantTensor;
import dev.wsvd.adapter.onnx.internal.graph.FusedOperators;
import dev.wsvd.adapter.onnx.internal.graph.GraphScan;
import dev.wsvd.adapter.onnx.internal.graph.LayerNode;
import dev.wsvd.adapter.onnx.internal.graph.OperatorSet;
import dev.wsvd.adapter.onnx.internal.graph.Scope;
import dev.wsvd.adapter.onnx.internal.graph.StoredArray;
import dev.wsvd.adapter.onnx.internal.graph.Uses;
import dev.wsvd.adapter.onnx.internal.shape.ExampleShapes;
import dev.wsvd.adapter.onnx.internal.shape.StaticShapes;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LayerId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/** The main graph of a model as those see it who look for couplings. */
public final class CouplingGraph {
    /** A layer's node and its shapes. */
    record Site(LayerNode node, Layer layer) {}

    /** Beyond that nobody looks at the places along a dim. */
    private static final long LARGEST_DIM = 1 << 20;

    private final Scope root;
    private final long opset;
    private final boolean fusedKnown;
    private final ExternalData external;
    private final StaticShapes shapes;
    private final Supplier<ExampleShapes> examples;
    private final ConstantResolver constants = new ConstantResolver();
    private final Uses uses;
    private final Map<Integer, Site> sites = new HashMap<>();
    private final Map<String, List<Integer>> takers = new HashMap<>();

    /**
     * @param layers the model's, measured
     * @param examples asked for where sizes for every input do not tell enough
     */
    public CouplingGraph(
            ModelProto model,
            GraphScan scan,
            List<Layer> layers,
            ExternalData external,
            StaticShapes shapes,
            Supplier<ExampleShapes> examples) {
        this.root = scan.root();
        this.opset = OperatorSet.version(model);
        this.fusedKnown = FusedOperators.areKnown(model);
        this.external = external;
        this.shapes = shapes;
        this.examples = examples;
        this.uses = Uses.of(root);
        Map<LayerId, Layer> byId = layers.stream().collect(Collectors.toMap(Layer::id, Function.identity()));
        scan.layers().stream()
                .filter(node -> node.scope() == root && byId.containsKey(node.id()))
                .filter(node -> !node.form().isRecurrent() && ConstantResolver.isStandard(node.node()))
                .forEach(node -> sites.put(node.index(), new Site(node, byId.get(node.id()))));
        for (int index = 0; index < nodes().size(); index++) {
            for (String name : Set.copyOf(nodes().get(index).getInputList())) {
                takers.computeIfAbsent(name, tensor -> new ArrayList<>()).add(index);
            }
        }
    }

    Scope root() {
        return root;
    }

    List<NodeProto> nodes() {
        return root.graph().getNodeList();
    }

    long opset() {
        return opset;
    }

    /** Whether the model's {@link FusedOperators} are known. */
    boolean fusedKnown() {
        return fusedKnown;
    }

    /** The layer that a node is, if it is one and no recurrent one. */
    Optional<Site> site(int node) {
        return Optional.ofNullable(sites.get(node));
    }

    /** A stored tensor by the name under which the graph uses it. */
    Optional<ConstantTensor> stored(String name) {
        return name.isEmpty()
                ? Optional.empty()
                : constants.resolve(root, name).tensor().filter(StoredArray::canRead);
    }

    /** The values of a stored tensor as it is seen. */
    StoredArray values(ConstantTensor tensor) {
        return StoredArray.of(tensor, external);
    }

    /** Dims that hold for every input, −1 for others; empty if not even their number is known. */
    Optional<List<Long>> dims(String name) {
        return stored(name).map(ConstantTensor::dims).or(() -> shapes.dims(name));
    }

    /** Dims for one example of inputs; empty if they are not known, or there is nothing in them. */
    Optional<List<Long>> example(String name) {
        return stored(name)
                .map(ConstantTensor::dims)
                .or(() -> examples.get().dims(name))
                .filter(dims -> dims.stream().allMatch(dim -> dim > 0 && dim <= LARGEST_DIM));
    }

    /** Stored whole numbers. */
    Optional<long[]> integers(String name) {
        return stored(name)
                .filter(tensor -> tensor.type() == tensor.tensor().getDataType())
                .filter(tensor -> tensor.type() == DataType.INT64_VALUE || tensor.type() == DataType.INT32_VALUE)
                .map(tensor -> values(tensor).longs());
    }

    /** The nodes that take a tensor, in order. */
    List<Integer> takers(String tensor) {
        return takers.getOrDefault(tensor, List.of());
    }

    /** How often what a name stands for is used. */
    int uses(String name) {
        return root.find(name).map(uses::count).orElse(0);
    }

    /** Whether every node stands behind those whose results it uses. */
    boolean isOrdered() {
        for (int index = 0; index < nodes().size(); index++) {
            for (String name : nodes().get(index).getInputList()) {
                Scope.Definition definition = root.find(name).orElse(null);
                if (definition instanceof Scope.Produced produced && produced.index() >= index) {
                    return false;
                }
            }
        }
        return true;
    }

    /** Whether more than one operand, or an output, takes what is stored there. */
    boolean isShared(ConstantTensor tensor) {
        return !uses.isExclusive(tensor);
    }
}
