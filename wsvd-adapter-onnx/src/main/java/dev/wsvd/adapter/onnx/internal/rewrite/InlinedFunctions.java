package dev.wsvd.adapter.onnx.internal.rewrite;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.FunctionProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TrainingInfoProto;
import dev.wsvd.adapter.onnx.internal.file.FunctionId;
import dev.wsvd.adapter.onnx.internal.graph.Attributes;
import dev.wsvd.adapter.onnx.internal.graph.Bodies;
import dev.wsvd.adapter.onnx.internal.graph.ConstantResolver;
import dev.wsvd.adapter.onnx.internal.graph.GraphScan;
import dev.wsvd.adapter.onnx.internal.graph.Scope;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The layers that stand in a model's own functions, in the place of the calls. A call is put in place if there may be a layer in the
 * function, or in one that this calls; others stay. What a function stores is stored once for all calls. A function that uses another
 * version of an operator set than the model stays, and one that uses a set that the model does not and functions have in several versions.
 */
public final class InlinedFunctions {
    private static final Set<String> LAYERS =
            Set.of("Conv", "ConvTranspose", "Gemm", "MatMul", "Einsum", "Gather", "LSTM", "GRU", "RNN");

    /** Nodes and their operands that are made of functions; calls beyond that stay. */
    private static final long MOST_PARTS = 5_000_000;

    private final ModelProto model;
    private final Map<FunctionId, FunctionProto> functions = new LinkedHashMap<>();
    private final Map<FunctionId, Boolean> goes = new HashMap<>();
    private final Map<String, OperatorSetIdProto> sets = new LinkedHashMap<>();
    /** Of operator sets that functions use. */
    private final Map<String, Set<Long>> versions = new HashMap<>();

    private final Names tensors;
    private final Names nodes;
    /** By a {@code Constant} node of a function: what it is stored as. */
    private final Map<NodeProto, String> constants = new IdentityHashMap<>();

    private final List<TensorProto> stored = new ArrayList<>();
    private final Map<FunctionId, Long> sizes = new HashMap<>();
    private long parts;

    private InlinedFunctions(ModelProto model) {
        this.model = model;
        Scope root = Scope.root(model.getGraph());
        this.tensors = new Names(root);
        this.nodes = new Names(root);
        model.getFunctionsList().forEach(function -> {
            functions.put(FunctionId.of(function), function);
            function.getOpsetImportList()
                    .forEach(set -> versions.computeIfAbsent(domain(set), of -> new HashSet<>())
                            .add(set.getVersion()));
        });
        model.getOpsetImportList().forEach(set -> sets.put(domain(set), set));
    }

    /** The model with its functions' layers; itself if they have none. */
    public static ModelProto of(ModelProto model) {
        InlinedFunctions inlined = new InlinedFunctions(model);
        if (inlined.functions.keySet().stream().noneMatch(inlined::goes)) {
            return model;
        }
        ModelProto result = inlined.model();
        return layers(result) > layers(model) ? result : model;
    }

    private static int layers(ModelProto of) {
        return GraphScan.of(of).layers().size();
    }

    private static String domain(OperatorSetIdProto set) {
        return set.getDomain().equals("ai.onnx") ? "" : set.getDomain();
    }

    private boolean goes(FunctionId id) {
        Boolean known = goes.get(id);
        if (known == null) {
            FunctionProto function = functions.get(id);
            known = function.getOpsetImportList().stream().allMatch(this::agrees)
                    && mayHoldLayers(function.getNodeList());
            goes.put(id, known);
        }
        return known;
    }

    private boolean agrees(OperatorSetIdProto set) {
        OperatorSetIdProto own = sets.get(domain(set));
        return own == null ? versions.get(domain(set)).size() == 1 : own.getVersion() == set.getVersion();
    }

    private boolean mayHoldLayers(List<NodeProto> of) {
        return of.stream().anyMatch(node -> {
            if (isCall(node)) {
                return goes(FunctionId.of(node));
            }
            boolean layer = ConstantResolver.isStandard(node) && LAYERS.contains(node.getOpType());
            return layer || Bodies.of(node).stream().anyMatch(body -> mayHoldLayers(body.getNodeList()));
        });
    }

    private boolean isCall(NodeProto node) {
        return functions.containsKey(FunctionId.of(node));
    }

    private ModelProto model() {
        GraphProto graph =
                inlined(model.getGraph()).toBuilder().addAllInitializer(stored).build();
        Set<FunctionId> before = new HashSet<>();
        addCalled(model.getGraph().getNodeList(), before);
        Set<FunctionId> left = new HashSet<>();
        addCalled(graph.getNodeList(), left);
        for (TrainingInfoProto training : model.getTrainingInfoList()) {
            addCalled(training.getInitialization().getNodeList(), left);
            addCalled(training.getAlgorithm().getNodeList(), left);
        }
        // What nothing called is none of ours to remove.
        functions.keySet().stream().filter(id -> !before.contains(id)).forEach(id -> add(id, left));
        return model.toBuilder()
                .setGraph(graph)
                .clearFunctions()
                .addAllFunctions(functions.values().stream()
                        .filter(function -> left.contains(FunctionId.of(function)))
                        .toList())
                .clearOpsetImport()
                .addAllOpsetImport(sets.values())
                .build();
    }

    private void addCalled(List<NodeProto> of, Set<FunctionId> called) {
        for (NodeProto node : of) {
            if (isCall(node)) {
                add(FunctionId.of(node), called);
            }
            Bodies.of(node).forEach(body -> addCalled(body.getNodeList(), called));
        }
    }

    private void add(FunctionId id, Set<FunctionId> called) {
        if (called.add(id)) {
            addCalled(functions.get(id).getNodeList(), called);
        }
    }

    private GraphProto inlined(GraphProto graph) {
        GraphProto.Builder out = graph.toBuilder().clearNode();
        graph.getNodeList().forEach(node -> out.addAllNode(inlined(node)));
        return out.build();
    }

    private List<NodeProto> inlined(NodeProto node) {
        return isCall(node) && goes(FunctionId.of(node)) && isRoomFor(FunctionId.of(node))
                ? inPlace(node, functions.get(FunctionId.of(node)))
                : List.of(Bodies.mapped(node, this::inlined));
    }

    private boolean isRoomFor(FunctionId id) {
        parts += sizes.computeIfAbsent(id, called -> {
            FunctionProto function = functions.get(called);
            long own = (long) function.getInputCount() + function.getOutputCount() + function.getAttributeProtoCount();
            return own + parts(function.getNodeList());
        });
        return parts <= MOST_PARTS;
    }

    private static long parts(List<NodeProto> of) {
        return of.stream()
                .mapToLong(node -> 1L
                        + node.getInputCount()
                        + node.getOutputCount()
                        + node.getAttributeCount()
                        + Bodies.of(node).stream()
                                .mapToLong(body -> parts(body.getNodeList()))
                                .sum())
                .sum();
    }

    private List<NodeProto> inPlace(NodeProto call, FunctionProto function) {
        function.getOpsetImportList().forEach(set -> sets.putIfAbsent(domain(set), set));
        FunctionCall in = new FunctionCall(call, function, tensors, nodes);
        Set<String> outputs = new HashSet<>(function.getOutputList());
        List<NodeProto> made = new ArrayList<>();
        for (NodeProto node : function.getNodeList()) {
            constant(outputs, node).ifPresent(tensor -> in.define(node.getOutput(0), stored(function, node, tensor)));
        }
        for (NodeProto node : function.getNodeList()) {
            if (constant(outputs, node).isEmpty()) {
                made.addAll(inlined(in.node(node)));
            }
        }
        for (int i = 0; i < function.getOutputCount(); i++) {
            String given = in.value(function.getOutput(i));
            if (!given.equals(call.getOutput(i)) && !call.getOutput(i).isEmpty()) {
                made.add(NodeProto.newBuilder()
                        .setOpType("Identity")
                        .addInput(given)
                        .addOutput(call.getOutput(i))
                        .build());
            }
        }
        return made;
    }

    /** What a node of a function stores, unless the function gives it. */
    private static Optional<TensorProto> constant(Set<String> outputs, NodeProto node) {
        boolean stores = ConstantResolver.isStandard(node)
                && node.getOpType().equals("Constant")
                && node.getOutputCount() == 1
                && !outputs.contains(node.getOutput(0));
        return stores
                ? Attributes.find(node, "value").filter(AttributeProto::hasT).map(AttributeProto::getT)
                : Optional.empty();
    }

    private String stored(FunctionProto function, NodeProto node, TensorProto tensor) {
        return constants.computeIfAbsent(node, once -> {
            String name = tensors.take(function.getName() + "/" + node.getOutput(0));
            stored.add(tensor.toBuilder().setName(name).build());
            return name;
        });
    }
}
