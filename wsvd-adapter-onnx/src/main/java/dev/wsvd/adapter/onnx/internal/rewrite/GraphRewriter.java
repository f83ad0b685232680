package dev.wsvd.adapter.onnx.internal.rewrite;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import dev.wsvd.adapter.onnx.internal.file.ExternalData;
import dev.wsvd.adapter.onnx.internal.graph.Scope;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Replaces layers of a model: a node for each stage, the new weights stored where the old one was, what nothing uses any more
 * left out. Everything else is shared with the original.
 */
public final class GraphRewriter {
    private final StageWriter stages;
    private final Unused unused;
    private final Set<Scope> changed = new HashSet<>();

    private GraphRewriter(
            ModelProto model, Scope root, List<ReplacedNode> replaced, ExternalData external, StoredBytes bytes) {
        this.stages = new StageWriter(model, root, external, bytes);
        this.unused = new Unused(root, replaced);
        for (ReplacedNode node : replaced) {
            stages.write(node);
            markChanged(node.node().scope());
            node.node()
                    .constant()
                    .orElseThrow()
                    .links()
                    .forEach(l -> markChanged(l.definition().scope()));
            node.replacedBias().forEach(l -> markChanged(l.definition().scope()));
        }
    }

    /**
     * The model with some layers replaced.
     *
     * @param root the model's main graph
     * @param replaced in graph order, each layer at most once
     * @param external where the model's weights are that are not in its file
     * @param version what the result says it was made by
     */
    public static ModelProto rewrite(
            ModelProto model, Scope root, List<ReplacedNode> replaced, ExternalData external, String version) {
        GraphRewriter rewriter;
        try (StoredBytes bytes = new StoredBytes()) {
            rewriter = new GraphRewriter(model, root, replaced, external, bytes);
        }
        ModelProto.Builder out = model.toBuilder().setGraph(rewriter.rebuild(root));
        Provenance.record(
                out,
                replaced.stream()
                        .filter(node -> node.sharing().isEmpty())
                        .map(node -> new Provenance.Done(node.node().id(), node.choice()))
                        .toList(),
                version);
        return out.build();
    }

    private void markChanged(Scope scope) {
        for (Scope at = scope; at != null; at = at.parent().orElse(null)) {
            changed.add(at);
        }
    }

    private GraphProto rebuild(Scope scope) {
        GraphProto graph = scope.graph();
        Set<String> gone = new HashSet<>();
        List<NodeProto> nodes = new ArrayList<>(stages.constants(scope));
        for (int index = 0; index < graph.getNodeCount(); index++) {
            NodeProto node = graph.getNode(index);
            List<NodeProto> replacement = stages.nodes(scope, index);
            if (!replacement.isEmpty()) {
                nodes.addAll(replacement);
            } else if (isUnused(scope, node)) {
                gone.add(node.getOutput(0));
            } else {
                nodes.add(scope.withBodies(index, this::rebuildIfChanged));
            }
        }
        List<TensorProto> stored = new ArrayList<>();
        for (TensorProto tensor : graph.getInitializerList()) {
            if (isUnused(scope, tensor.getName())) {
                gone.add(tensor.getName());
            } else {
                stored.add(tensor);
            }
        }
        stored.addAll(stages.initializers(scope));
        GraphProto.Builder out = graph.toBuilder().clearNode().addAllNode(nodes);
        out.clearInitializer().addAllInitializer(stored);
        if (!gone.isEmpty()) {
            forget(out, gone);
        }
        return out.build();
    }

    private GraphProto rebuildIfChanged(Scope scope) {
        return changed.contains(scope) ? rebuild(scope) : scope.graph();
    }

    private boolean isUnused(Scope scope, NodeProto node) {
        return node.getOutputCount() == 1 && isUnused(scope, node.getOutput(0));
    }

    private boolean isUnused(Scope scope, String name) {
        return scope.find(name).filter(unused::contains).isPresent();
    }

    /** What is said about tensors that are gone goes too: the inputs that repeat them, their types, their annotations. */
    static void forget(GraphProto.Builder graph, Set<String> gone) {
        GraphProto before = graph.build();
        graph.clearInput().clearValueInfo().clearQuantizationAnnotation();
        before.getInputList().stream().filter(i -> !gone.contains(i.getName())).forEach(graph::addInput);
        before.getValueInfoList().stream()
                .filter(v -> !gone.contains(v.getName()))
                .forEach(graph::addValueInfo);
        before.getQuantizationAnnotationList().stream()
                .filter(q -> !gone.contains(q.getTensorName()))
                .forEach(graph::addQuantizationAnnotation);
    }
}
