package dev.wsvd.adapter.onnx.internal.rewrite;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import dev.wsvd.adapter.onnx.internal.coupling.GraphEdit.Attribute;
import dev.wsvd.adapter.onnx.internal.coupling.GraphEdit.Home;
import dev.wsvd.adapter.onnx.internal.coupling.GraphEdit.Operand;
import dev.wsvd.adapter.onnx.internal.file.ExternalData;
import dev.wsvd.adapter.onnx.internal.graph.Attributes;
import dev.wsvd.adapter.onnx.internal.graph.ConstantResolver;
import dev.wsvd.adapter.onnx.internal.graph.ConstantTensor;
import dev.wsvd.adapter.onnx.internal.graph.LayerNode;
import dev.wsvd.adapter.onnx.internal.graph.Scope;
import dev.wsvd.adapter.onnx.internal.graph.StoredArray;
import dev.wsvd.adapter.onnx.internal.graph.Uses;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The main graph of a model while what it stores is changed. A stored tensor that others use too is not changed: the operand gets a
 * copy.
 */
final class GraphEditor {
    /** From this version of the file format on, a stored tensor need not be an input of the graph. */
    static final int STORED_WITHOUT_INPUT = 4;

    /** From this operator set on, the sizes of a split are an operand. */
    static final long SPLIT_BY_OPERAND = 13;

    private static final String COPY = "_cut";

    private final long irVersion;
    private final Scope root;
    private final ExternalData external;
    private final ConstantResolver constants = new ConstantResolver();
    private final Uses uses;
    private final Names names;
    private final List<NodeProto.Builder> nodes = new ArrayList<>();
    private final Map<Integer, List<NodeProto>> before = new TreeMap<>();
    private final Map<Integer, List<NodeProto>> after = new TreeMap<>();
    /** New content of stored tensors, by name. */
    private final Map<String, TensorProto> changed = new HashMap<>();

    private final Map<String, TensorProto> added = new LinkedHashMap<>();
    private final Map<Operand, StoredArray> current = new HashMap<>();
    private final Map<Operand, String> copies = new HashMap<>();
    private final Set<String> undeclared = new HashSet<>();
    private final Set<String> maybeUnused = new LinkedHashSet<>();

    GraphEditor(ModelProto model, Scope root, ExternalData external) {
        this.irVersion = model.getIrVersion();
        this.root = root;
        this.external = external;
        this.uses = Uses.of(root);
        this.names = new Names(root);
        root.graph().getNodeList().forEach(node -> nodes.add(node.toBuilder()));
    }

    /** What a stored operand holds now, as the node sees it. */
    StoredArray values(Operand operand) {
        StoredArray changedTo = current.get(operand);
        return changedTo != null ? changedTo : StoredArray.of(constant(operand), external);
    }

    private ConstantTensor constant(Operand operand) {
        String name = root.graph().getNode(operand.node()).getInput(operand.input());
        return constants.resolve(root, name).tensor().orElseThrow();
    }

    /** Gives a stored operand other content, as the node sees it. */
    void store(Operand operand, StoredArray seen) {
        current.put(operand, seen);
        ConstantTensor constant = constant(operand);
        StoredArray stored = seen.permuted(inverse(constant.permutation()));
        List<ConstantTensor.Link> links = constant.links();
        ConstantTensor.Link last = links.get(links.size() - 1);
        if (uses.isExclusive(constant)) {
            changed.put(last.name(), stored.tensor(last.name()));
            links.forEach(link -> undeclared.add(link.name()));
        } else if (copies.containsKey(operand)) {
            String copy = copies.get(operand);
            added.put(copy, stored.tensor(copy));
        } else {
            copy(operand, links, stored);
        }
    }

    private void copy(Operand operand, List<ConstantTensor.Link> links, StoredArray stored) {
        String name = names.take(links.get(links.size() - 1).name() + COPY);
        copies.put(operand, name);
        added.put(name, stored.tensor(name));
        for (int i = links.size() - 2; i >= 0; i--) {
            ConstantTensor.Link link = links.get(i);
            NodeProto node = ((Scope.Produced) link.definition()).node();
            String output = names.take(link.name() + COPY);
            before.computeIfAbsent(operand.node(), index -> new ArrayList<>())
                    .add(node.toBuilder()
                            .setName(output)
                            .setInput(0, name)
                            .setOutput(0, output)
                            .build());
            name = output;
        }
        nodes.get(operand.node()).setInput(operand.input(), name);
        links.forEach(link -> maybeUnused.add(link.name()));
    }

    private static List<Integer> inverse(List<Integer> permutation) {
        Integer[] inverse = new Integer[permutation.size()];
        for (int i = 0; i < inverse.length; i++) {
            inverse[permutation.get(i)] = i;
        }
        return List.of(inverse);
    }

    /** Whole numbers stored in an operand or an attribute. */
    long[] numbers(Home home) {
        if (home instanceof Operand operand) {
            return values(operand).longs();
        }
        AttributeProto attribute = attribute((Attribute) home);
        return attribute.getType() == AttributeProto.AttributeType.INT
                ? new long[] {attribute.getI()}
                : attribute.getIntsList().stream().mapToLong(i -> i).toArray();
    }

    void setNumbers(Home home, long[] numbers) {
        if (home instanceof Operand operand) {
            store(operand, values(operand).with(numbers));
            return;
        }
        AttributeProto.Builder out = attribute((Attribute) home).toBuilder();
        if (out.getType() == AttributeProto.AttributeType.INT) {
            out.setI(numbers[0]);
        } else {
            out.clearInts();
            for (long number : numbers) {
                out.addInts(number);
            }
        }
        set(home.node(), out.build());
    }

    private AttributeProto attribute(Attribute home) {
        return nodes.get(home.node()).getAttributeList().stream()
                .filter(attribute -> attribute.getName().equals(home.name()))
                .findFirst()
                .orElseThrow();
    }

    private void set(int node, AttributeProto attribute) {
        remove(node, attribute.getName());
        nodes.get(node).addAttribute(attribute);
    }

    private void remove(int node, String attribute) {
        NodeProto.Builder builder = nodes.get(node);
        List<AttributeProto> kept = builder.getAttributeList().stream()
                .filter(one -> !one.getName().equals(attribute))
                .toList();
        builder.clearAttribute().addAllAttribute(kept);
    }

    /** Gives a {@code Split} node its outputs' sizes. */
    void split(int node, List<Long> sizes, long opset) {
        if (opset < SPLIT_BY_OPERAND) {
            set(node, Attributes.integers("split", sizes));
            return;
        }
        remove(node, "num_outputs");
        NodeProto.Builder builder = nodes.get(node);
        if (builder.getInputCount() > 1) {
            maybeUnused.add(builder.getInput(1));
        }
        String input = builder.getInput(0);
        long[] values = sizes.stream().mapToLong(size -> size).toArray();
        builder.clearInput()
                .addInput(input)
                .addInput(add(named(builder) + "_split", StoredArray.of(List.of((long) values.length), values)));
    }

    /**
     * An operand that is a computed list of sizes gets other numbers at some places.
     *
     * @param numbers by place, in order
     */
    void overwrite(Operand operand, int length, SortedMap<Integer, Long> numbers) {
        NodeProto.Builder node = nodes.get(operand.node());
        String list = node.getInput(operand.input());
        if (numbers.size() == length) {
            long[] all = numbers.values().stream().mapToLong(number -> number).toArray();
            node.setInput(operand.input(), add(list + COPY, StoredArray.of(List.of((long) length), all)));
            maybeUnused.add(list);
            return;
        }
        String output = names.take(list + COPY);
        before.computeIfAbsent(operand.node(), index -> new ArrayList<>())
                .add(overwritten(list, length, numbers, output));
        node.setInput(operand.input(), output);
    }

    /** What a node gives, a list of sizes, gets other numbers at some places. */
    void overwrite(int node, int length, Map<Integer, Long> numbers) {
        String output = nodes.get(node).getOutput(0);
        String list = names.take(output + COPY);
        nodes.get(node).setOutput(0, list);
        after.computeIfAbsent(node, index -> new ArrayList<>()).add(overwritten(list, length, numbers, output));
    }

    private NodeProto overwritten(String list, int length, Map<Integer, Long> numbers, String output) {
        byte[] which = new byte[length];
        long[] values = new long[length];
        numbers.forEach((place, number) -> {
            which[place] = 1;
            values[place] = number;
        });
        List<Long> dims = List.of((long) length);
        return NodeProto.newBuilder()
                .setOpType("Where")
                .setName(names.take(output + "_where"))
                .addInput(add(output + "_which", new StoredArray(TensorProto.DataType.BOOL_VALUE, dims, which)))
                .addInput(add(output + "_sizes", StoredArray.of(dims, values)))
                .addInput(list)
                .addOutput(output)
                .build();
    }

    private static String named(NodeProto.Builder node) {
        return node.getName().isBlank() ? node.getOutput(0) : node.getName();
    }

    private String add(String wanted, StoredArray array) {
        String name = names.take(wanted);
        added.put(name, array.tensor(name));
        return name;
    }

    /** Whether what is stored as a bias reaches nothing but what the layer gives. */
    boolean mayStore(LayerNode layer, BiasPlace place) {
        return place.operand().node() == layer.index()
                || layer.scope()
                        .find(layer.output())
                        .filter(definition -> uses.count(definition) == 1)
                        .isPresent();
    }

    boolean hasNoThird(LayerNode layer) {
        NodeProto.Builder node = nodes.get(layer.index());
        return node.getInputCount() < 3 || node.getInput(2).isEmpty();
    }

    /** Gives a layer a bias. */
    void addThird(LayerNode layer, StoredArray bias) {
        NodeProto.Builder node = nodes.get(layer.index());
        List<String> two = List.copyOf(node.getInputList().subList(0, 2));
        node.clearInput().addAllInput(two).addInput(add(named(node) + "_bias", bias));
    }

    /** Adds something to what a layer gives. */
    void addBehind(LayerNode layer, Shift shift, StoredArray what) {
        NodeProto.Builder node = nodes.get(layer.index());
        String output = node.getOutput(0);
        String uncorrected = names.take(output + StageWriter.UNCORRECTED);
        node.setOutput(0, uncorrected);
        String stored = add(named(node) + "_shift", what);
        after.computeIfAbsent(layer.index(), index -> new ArrayList<>())
                .add(shift.node(names.take(named(node) + "_add"), uncorrected, stored, output));
    }

    /** What is declared of a tensor does not hold any more. */
    void undeclare(String tensor) {
        undeclared.add(tensor);
    }

    GraphProto build() {
        GraphProto.Builder out = root.graph().toBuilder();
        out.clearNode().clearInitializer().clearInput().clearValueInfo();
        if (irVersion < STORED_WITHOUT_INPUT) {
            added.values().forEach(tensor -> out.addNode(ConstantTensor.node(tensor)));
        }
        for (int index = 0; index < nodes.size(); index++) {
            out.addAllNode(before.getOrDefault(index, List.of()));
            out.addNode(withContent(nodes.get(index)));
            out.addAllNode(after.getOrDefault(index, List.of()));
        }
        for (TensorProto tensor : root.graph().getInitializerList()) {
            out.addInitializer(changed.getOrDefault(tensor.getName(), tensor));
        }
        if (irVersion >= STORED_WITHOUT_INPUT) {
            added.values().forEach(out::addInitializer);
        }
        root.graph().getInputList().forEach(input -> out.addInput(resized(input)));
        root.graph().getValueInfoList().stream()
                .filter(info -> !undeclared.contains(info.getName()))
                .forEach(out::addValueInfo);
        return Leftovers.removed(out.build(), maybeUnused);
    }

    /** A Constant node whose tensor was changed. */
    private NodeProto withContent(NodeProto.Builder node) {
        TensorProto content = node.getOpType().equals("Constant") && node.getOutputCount() == 1
                ? changed.get(node.getOutput(0))
                : null;
        if (content != null) {
            for (int i = 0; i < node.getAttributeCount(); i++) {
                if (node.getAttribute(i).getName().equals("value")) {
                    node.setAttribute(
                            i,
                            node.getAttribute(i).toBuilder()
                                    .setT(content.toBuilder().clearName()));
                }
            }
        }
        return node.build();
    }

    /** Old files repeat stored tensors as inputs. */
    private ValueInfoProto resized(ValueInfoProto input) {
        TensorProto content = changed.get(input.getName());
        if (content == null) {
            return input;
        }
        ValueInfoProto.Builder out = input.toBuilder();
        out.getTypeBuilder().getTensorTypeBuilder().clearShape();
        content.getDimsList()
                .forEach(dim -> out.getTypeBuilder()
                        .getTensorTypeBuilder()
                        .getShapeBuilder()
                        .addDimBuilder()
                        .setDimValue(dim));
        return out.build();
    }
}
