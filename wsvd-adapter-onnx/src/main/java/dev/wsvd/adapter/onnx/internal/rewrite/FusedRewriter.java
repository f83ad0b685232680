package dev.wsvd.adapter.onnx.internal.rewrite;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import dev.wsvd.adapter.onnx.internal.coupling.FusedProjection;
import dev.wsvd.adapter.onnx.internal.coupling.FusedProjection.Move;
import dev.wsvd.adapter.onnx.internal.coupling.FusedProjection.Pick;
import dev.wsvd.adapter.onnx.internal.coupling.FusedProjection.Size;
import dev.wsvd.adapter.onnx.internal.file.ExternalData;
import dev.wsvd.adapter.onnx.internal.graph.Attributes;
import dev.wsvd.adapter.onnx.internal.graph.ConstantResolver;
import dev.wsvd.adapter.onnx.internal.graph.ConstantTensor;
import dev.wsvd.adapter.onnx.internal.graph.OperatorSet;
import dev.wsvd.adapter.onnx.internal.graph.Scope;
import dev.wsvd.adapter.onnx.internal.graph.StoredArray;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Splits what fused projections write before it is laid out, so that each part is laid out for itself. The model computes the same;
 * its layers stay.
 */
public final class FusedRewriter {
    private static final int SHAPE = 1;

    private final ModelProto model;
    private final GraphProto graph;
    private final Scope root;
    private final ExternalData external;
    private final long opset;
    private final Names names;
    private final Map<Integer, List<NodeProto>> instead = new HashMap<>();
    private final List<TensorProto> stored = new ArrayList<>();
    private final Set<String> gone = new HashSet<>();
    private final Set<String> maybeUnused = new LinkedHashSet<>();

    private FusedRewriter(ModelProto model, Scope root, ExternalData external) {
        this.model = model;
        this.graph = model.getGraph();
        this.root = root;
        this.external = external;
        this.opset = OperatorSet.version(model);
        this.names = new Names(root);
    }

    /** The model with some projections split. */
    public static ModelProto split(
            ModelProto model, Scope root, List<FusedProjection> projections, ExternalData external) {
        FusedRewriter rewriter = new FusedRewriter(model, root, external);
        projections.forEach(rewriter::split);
        return rewriter.build();
    }

    /** One part's tensor, and how many numbers it has. */
    private record Part(Pick pick, String tensor) {}

    private void split(FusedProjection fused) {
        List<NodeProto> first = new ArrayList<>();
        List<Part> parts = cut(fused, first);
        for (Move move : fused.moves()) {
            List<NodeProto> copies = instead.computeIfAbsent(move.node(), node -> new ArrayList<>());
            copies.addAll(first);
            first.clear();
            boolean last = move == fused.moves().get(fused.moves().size() - 1);
            List<Part> moved = new ArrayList<>();
            for (Part part : parts) {
                moved.add(moved(move, part, last, copies));
            }
            gone.addAll(graph.getNode(move.node()).getOutputList());
            parts = moved;
        }
        for (Part part : parts) {
            List<NodeProto> picks = instead.computeIfAbsent(part.pick().node(), node -> new ArrayList<>());
            if (part.pick().drops()) {
                NodeProto pick = graph.getNode(part.pick().node());
                maybeUnused.add(pick.getInput(1));
                String zero = store(part.pick().output() + "_only", StoredArray.of(List.of(), new long[] {0}));
                picks.add(pick.toBuilder()
                        .setInput(0, part.tensor())
                        .setInput(1, zero)
                        .build());
            } else {
                maybeUnused.addAll(graph.getNode(part.pick().node()).getInputList());
            }
        }
    }

    /** Splits the tensor that has all channels along one axis, after its outer dims are apart. */
    private List<Part> cut(FusedProjection fused, List<NodeProto> nodes) {
        String tensor = fused.tensor();
        if (fused.outer() > 1) {
            List<Long> shape = new ArrayList<>();
            for (int i = 0; i < fused.rank() - 1; i++) {
                shape.add(0L);
            }
            shape.add((long) fused.outer());
            shape.add(-1L);
            String apart = names.take(tensor + "_apart");
            String sizes = store(apart + "_sizes", sizes(shape));
            nodes.add(node("Reshape", apart, List.of(tensor, sizes), List.of(apart)));
            tensor = apart;
        }
        List<Part> parts = new ArrayList<>();
        List<String> outputs = new ArrayList<>();
        List<Long> sizes = new ArrayList<>();
        int at = 0;
        for (Pick pick : fused.picks()) {
            fill(fused, pick.from() - at, outputs, sizes);
            String part = names.take(pick.output() + "_part");
            outputs.add(part);
            sizes.add((long) pick.count() * fused.inner());
            parts.add(new Part(pick, part));
            at = pick.from() + pick.count();
        }
        fill(fused, fused.numbers() - at, outputs, sizes);
        NodeProto.Builder split = node("Split", names.take(tensor + "_split"), List.of(tensor), outputs).toBuilder()
                .addAttribute(Attributes.integer("axis", fused.axis() + (fused.outer() > 1 ? 1 : 0)));
        if (opset < GraphEditor.SPLIT_BY_OPERAND) {
            split.addAttribute(Attributes.integers("split", sizes));
        } else {
            split.addInput(store(split.getName() + "_sizes", sizes(sizes)));
        }
        nodes.add(split.build());
        return parts;
    }

    private void fill(FusedProjection fused, int count, List<String> outputs, List<Long> sizes) {
        if (count > 0) {
            outputs.add(names.take(fused.tensor() + "_unused"));
            sizes.add((long) count * fused.inner());
        }
    }

    private Part moved(Move move, Part part, boolean last, List<NodeProto> nodes) {
        NodeProto node = graph.getNode(move.node());
        boolean picked = last && !part.pick().drops();
        String output = picked ? part.pick().output() : names.take(node.getOutput(0) + "_part");
        NodeProto.Builder copy = node.toBuilder()
                .setName(names.take(output + "_move"))
                .setInput(0, part.tensor())
                .setOutput(0, output);
        move.size()
                .ifPresent(
                        size -> copy.setInput(SHAPE, resized(size, part.pick().count(), output, nodes)));
        node.getInputList().forEach(maybeUnused::add);
        nodes.add(copy.build());
        return new Part(part.pick(), output);
    }

    /** The sizes with one of them for a part alone. */
    private String resized(Size size, int count, String output, List<NodeProto> nodes) {
        NodeProto holder = graph.getNode(size.home().node());
        String list = holder.getInput(size.home().input());
        long[] numbers = StoredArray.of(constant(list), external).longs().clone();
        numbers[size.index()] = (long) size.perNumber() * count;
        List<Long> dims = constant(list).dims();
        String changed = store(output + "_sizes", StoredArray.of(dims, numbers));
        maybeUnused.add(list);
        if (!holder.getOpType().equals("Concat")) {
            return changed;
        }
        String sizes = names.take(output + "_shape");
        maybeUnused.add(holder.getOutput(0));
        nodes.add(holder.toBuilder()
                .setName(sizes)
                .setInput(size.home().input(), changed)
                .setOutput(0, sizes)
                .build());
        return sizes;
    }

    private ConstantTensor constant(String name) {
        return new ConstantResolver().resolve(root, name).tensor().orElseThrow();
    }

    private static StoredArray sizes(List<Long> sizes) {
        return StoredArray.of(
                List.of((long) sizes.size()),
                sizes.stream().mapToLong(size -> size).toArray());
    }

    private static NodeProto node(String op, String name, List<String> inputs, List<String> outputs) {
        return NodeProto.newBuilder()
                .setOpType(op)
                .setName(name)
                .addAllInput(inputs)
                .addAllOutput(outputs)
                .build();
    }

    private String store(String wanted, StoredArray array) {
        String name = names.take(wanted);
        stored.add(array.tensor(name));
        return name;
    }

    private ModelProto build() {
        GraphProto.Builder out = graph.toBuilder().clearNode();
        if (model.getIrVersion() < GraphEditor.STORED_WITHOUT_INPUT) {
            stored.forEach(tensor -> out.addNode(ConstantTensor.node(tensor)));
        } else {
            out.addAllInitializer(stored);
        }
        for (int index = 0; index < graph.getNodeCount(); index++) {
            out.addAllNode(instead.getOrDefault(index, List.of(graph.getNode(index))));
        }
        GraphRewriter.forget(out, gone);
        return model.toBuilder()
                .setGraph(Leftovers.removed(out.build(), maybeUnused))
                .build();
    }
}
