package dev.wsvd.adapter.onnx.internal.quantize;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import dev.wsvd.adapter.onnx.internal.file.ElementTypes;
import dev.wsvd.adapter.onnx.internal.file.ExternalData;
import dev.wsvd.adapter.onnx.internal.graph.Attributes;
import dev.wsvd.adapter.onnx.internal.graph.ConstantResolver;
import dev.wsvd.adapter.onnx.internal.graph.ConstantTensor;
import dev.wsvd.adapter.onnx.internal.graph.Scope;
import dev.wsvd.adapter.onnx.internal.graph.StoredArray;
import dev.wsvd.adapter.onnx.internal.graph.Uses;
import dev.wsvd.adapter.onnx.internal.rewrite.Leftovers;
import dev.wsvd.adapter.onnx.internal.rewrite.Names;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Batch normalisations as part of the convolutions before them: W′ = W · γ/√(σ² + ε) and b′ = β + (b − μ) · γ/√(σ² + ε), by output channel.
 * One whose convolution is seen by others too, or whose numbers are not stored as float32, stays.
 */
final class FoldedNorms {
    private static final int VECTORS = 4;

    private final ExternalData external;
    private final Scope root;
    private final Uses uses;
    private final Names names;
    private final ConstantResolver constants = new ConstantResolver();
    private final Map<Integer, NodeProto> changed = new HashMap<>();
    private final Set<Integer> gone = new HashSet<>();
    private final List<TensorProto> added = new ArrayList<>();
    private final Set<String> maybeUnused = new HashSet<>();

    private FoldedNorms(ModelProto model, ExternalData external) {
        this.external = external;
        this.root = Scope.root(model.getGraph());
        this.uses = Uses.of(root);
        this.names = new Names(root);
    }

    /** The model without the normalisations that can be folded; itself if there are none. */
    static ModelProto in(ModelProto model, ExternalData external) {
        FoldedNorms folded = new FoldedNorms(model, external);
        for (int index = 0; index < model.getGraph().getNodeCount(); index++) {
            folded.fold(index);
        }
        return folded.gone.isEmpty()
                ? model
                : model.toBuilder().setGraph(folded.graph()).build();
    }

    private void fold(int index) {
        NodeProto norm = root.graph().getNode(index);
        boolean plain = norm.getOpType().equals("BatchNormalization")
                && ConstantResolver.isStandard(norm)
                && norm.getInputCount() == 1 + VECTORS
                && norm.getOutputList().stream().skip(1).allMatch(String::isEmpty)
                && Attributes.integer(norm, "training_mode", 0) == 0;
        if (!plain || !(root.find(norm.getInput(0)).orElse(null) instanceof Scope.Produced produced)) {
            return;
        }
        NodeProto conv = changed.getOrDefault(produced.index(), produced.node());
        boolean folds = produced.scope() == root
                && conv.getOpType().equals("Conv")
                && ConstantResolver.isStandard(conv)
                && uses.count(produced) == 1
                && !changed.containsKey(produced.index());
        StoredArray weight = folds ? stored(conv.getInput(1)).orElse(null) : null;
        if (weight == null || weight.elements() == 0 || weight.dims().isEmpty()) {
            return;
        }
        int n = Math.toIntExact(weight.dims().get(0));
        List<float[]> vectors = new ArrayList<>();
        for (int i = 1; i <= VECTORS; i++) {
            stored(norm.getInput(i)).filter(of -> of.elements() == n).ifPresent(of -> vectors.add(of.floats()));
        }
        Optional<float[]> bias = bias(conv, n);
        if (vectors.size() == VECTORS && bias.isPresent()) {
            fold(index, produced.index(), weight, bias.get(), vectors);
        }
    }

    /** Zeros where there is none; empty if it is not simply n stored numbers. */
    private Optional<float[]> bias(NodeProto conv, int n) {
        return conv.getInputCount() < 3 || conv.getInput(2).isEmpty()
                ? Optional.of(new float[n])
                : stored(conv.getInput(2)).filter(of -> of.elements() == n).map(StoredArray::floats);
    }

    private Optional<StoredArray> stored(String name) {
        return constants
                .resolve(root, name)
                .tensor()
                .filter(of -> of.type() == ElementTypes.FLOAT && of.tensor().getDataType() == ElementTypes.FLOAT)
                .map(of -> {
                    of.links().stream().map(ConstantTensor.Link::name).forEach(maybeUnused::add);
                    return StoredArray.of(of, external);
                });
    }

    private void fold(int index, int convIndex, StoredArray weight, float[] bias, List<float[]> vectors) {
        NodeProto norm = root.graph().getNode(index);
        NodeProto conv = root.graph().getNode(convIndex);
        double epsilon = Attributes.real(norm, "epsilon", 1e-5f);
        for (float variance : vectors.get(3)) {
            if (!(variance + epsilon > 0)) {
                return;
            }
        }
        float[] w = weight.floats();
        float[] b = new float[bias.length];
        int row = w.length / b.length;
        for (int i = 0; i < b.length; i++) {
            double factor = vectors.get(0)[i] / Math.sqrt(vectors.get(3)[i] + epsilon);
            b[i] = (float) (vectors.get(1)[i] + (bias[i] - vectors.get(2)[i]) * factor);
            for (int j = i * row; j < (i + 1) * row; j++) {
                w[j] = (float) (w[j] * factor);
            }
        }
        String called = conv.getName().isBlank() ? conv.getOutput(0) : conv.getName();
        NodeProto.Builder out = conv.toBuilder().clearInput().addInput(conv.getInput(0));
        out.addInput(add(called + "_weight", StoredArray.of(ElementTypes.FLOAT, weight.dims(), w)));
        out.addInput(add(called + "_bias", StoredArray.of(ElementTypes.FLOAT, List.of((long) b.length), b)));
        if (conv.getName().isBlank()) {
            // What it is called by is not its output any more.
            out.setName(conv.getOutput(0));
        }
        changed.put(convIndex, out.setOutput(0, norm.getOutput(0)).build());
        gone.add(index);
    }

    private String add(String wanted, StoredArray array) {
        String name = names.take(wanted);
        added.add(array.tensor(name));
        return name;
    }

    private GraphProto graph() {
        GraphProto.Builder out = root.graph().toBuilder().clearNode().addAllInitializer(added);
        for (int index = 0; index < root.graph().getNodeCount(); index++) {
            if (!gone.contains(index)) {
                out.addNode(changed.getOrDefault(index, root.graph().getNode(index)));
            }
        }
        return Leftovers.removed(out.build(), maybeUnused);
    }
}
