package dev.wsvd.adapter.onnx.internal.rewrite;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import dev.wsvd.adapter.onnx.internal.file.ElementTypes;
import dev.wsvd.adapter.onnx.internal.file.ExternalData;
import dev.wsvd.adapter.onnx.internal.graph.Attributes;
import dev.wsvd.adapter.onnx.internal.graph.ConstantTensor;
import dev.wsvd.adapter.onnx.internal.graph.LayerForm;
import dev.wsvd.adapter.onnx.internal.graph.LayerNode;
import dev.wsvd.adapter.onnx.internal.graph.OperatorSet;
import dev.wsvd.adapter.onnx.internal.graph.Scope;
import dev.wsvd.adapter.onnx.internal.graph.SequenceBarrier;
import dev.wsvd.domain.layer.Convolution;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.layer.WeightShape;
import dev.wsvd.domain.layer.Weights;
import dev.wsvd.domain.plan.Choice;
import dev.wsvd.domain.plan.Stage;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/** Makes the nodes and stored tensors of stages, by the graph they belong to. */
public final class StageWriter {
    /** Ends what a last stage gives before an {@code Add} of its own gives it what its bias could not take. */
    public static final String UNCORRECTED = "_unshifted";

    /** From this version of the file format on, a stored tensor need not be an input of the graph. */
    private static final int STORED_WITHOUT_INPUT = 4;

    /** From this operator set on, Gemm may add nothing; from 7 on it broadcasts without being told. */
    private static final long GEMM_WITHOUT_C = 11;

    private static final long GEMM_BROADCASTS = 7;

    /** Two layers with the same weight, replaced alike, share the stages' weights if these are equal. */
    private record SharingKey(
            TensorIdentity tensor, List<Integer> permutation, LayerForm form, boolean transposed, Choice choice) {}

    /** A stored tensor by its graph and name. */
    private record TensorIdentity(Scope holder, String name) {}

    private record Shared(List<Weights> weights, List<String> names) {}

    private final long irVersion;
    private final long opset;
    private final ExternalData external;
    private final Names names;
    private final StoredBytes bytes;
    private final Map<Scope, Map<Integer, List<NodeProto>>> nodes = new HashMap<>();
    private final Map<Scope, List<TensorProto>> stored = new HashMap<>();
    private final Map<SharingKey, List<Shared>> shared = new HashMap<>();
    /** By layer: what its first stage gives, where others may take it. */
    private final Map<LayerId, String> given = new HashMap<>();

    /** @param bytes where weights are kept */
    StageWriter(ModelProto model, Scope root, ExternalData external, StoredBytes bytes) {
        this.irVersion = model.getIrVersion();
        this.opset = OperatorSet.version(model);
        this.external = external;
        this.names = new Names(root);
        this.bytes = bytes;
    }

    /** The nodes that stand for the node at that place; empty if it stays. */
    List<NodeProto> nodes(Scope scope, int index) {
        return nodes.getOrDefault(scope, Map.of()).getOrDefault(index, List.of());
    }

    /** The tensors to be stored in a graph. */
    List<TensorProto> initializers(Scope scope) {
        return irVersion >= STORED_WITHOUT_INPUT ? stored.getOrDefault(scope, List.of()) : List.of();
    }

    /** Stored tensors as nodes: in old files an initializer would become an input that callers see. */
    List<NodeProto> constants(Scope scope) {
        if (irVersion >= STORED_WITHOUT_INPUT) {
            return List.of();
        }
        return stored.getOrDefault(scope, List.of()).stream()
                .map(ConstantTensor::node)
                .toList();
    }

    void write(ReplacedNode replaced) {
        LayerNode layer = replaced.node();
        NodeProto node = layer.node();
        String base = node.getName().isBlank() ? layer.output() : node.getName();
        int count = replaced.stages().size();
        int from = replaced.firstOwn();
        List<String> stageNames = IntStream.range(from, count)
                .mapToObj(stage -> names.take(base + "_svd_" + Character.toString('a' + stage)))
                .toList();
        List<NodeProto> result = new ArrayList<>();
        boolean lookedUp = isLookedUpInBfloat16(layer);
        List<String> stored = weights(replaced, stageNames);
        List<String> weights = IntStream.range(from, count)
                .mapToObj(stage -> lookedUp && stage > 0
                        ? stored.get(stage - from)
                        : seen(layer, stored.get(stage - from), result))
                .toList();
        List<String> between = new ArrayList<>();
        replaced.sharing().ifPresent(first -> between.add(given.get(first)));
        for (int stage = from + 1; stage < count; stage++) {
            between.add(names.take(layer.output() + "_svd"));
        }
        if (!between.isEmpty()) {
            given.put(layer.id(), between.get(0));
        }
        String input = from == 0 ? apart(layer, result) : "";
        StageNodes stages = new StageNodes(replaced, opset < GEMM_BROADCASTS);
        for (int stage = from; stage < count; stage++) {
            boolean last = stage == count - 1;
            StageNodes.Operands operands = new StageNodes.Operands(
                    stageNames.get(stage - from),
                    stage == 0 ? input : between.get(stage - 1),
                    weights.get(stage - from),
                    last ? layer.output() : between.get(stage));
            NodeProto made = stages.node(stage, operands, last ? Optional.empty() : zero(layer, operands.name()));
            List<NodeProto> all = last && replaced.biasCorrection().isPresent()
                    ? corrected(layer, made, replaced.biasCorrection().get())
                    : List.of(made);
            boolean widened = lookedUp && stage > 0;
            all.forEach(one -> result.addAll(widened ? widened(one) : List.of(one)));
        }
        nodes.computeIfAbsent(layer.scope(), s -> new HashMap<>()).put(layer.index(), result);
    }

    /** An embedding whose table ONNX Runtime's CPU kernels look up as it is, but not multiply. */
    private static boolean isLookedUpInBfloat16(LayerNode layer) {
        return layer.form() == LayerForm.GATHER
                && layer.constant().orElseThrow().type() == ElementTypes.BFLOAT16;
    }

    /** A node that computes in float32, between casts. */
    private List<NodeProto> widened(NodeProto node) {
        List<NodeProto> all = new ArrayList<>();
        NodeProto.Builder wide = node.toBuilder().clearInput();
        for (String input : node.getInputList()) {
            String cast = names.take(input + "_cast");
            all.add(cast(input, cast, ElementTypes.FLOAT));
            wide.addInput(cast);
        }
        String given = names.take(node.getOutput(0) + "_wide");
        all.add(wide.setOutput(0, given).build());
        all.add(cast(given, node.getOutput(0), ElementTypes.BFLOAT16));
        return all;
    }

    /** What the first stage reads. */
    private String apart(LayerNode layer, List<NodeProto> before) {
        if (!SequenceBarrier.isNeeded(layer, false)) {
            return layer.input();
        }
        String name = names.take(layer.input() + "_apart");
        before.add(SequenceBarrier.node(layer.input(), name));
        return name;
    }

    /** The last node with a corrected bias, or followed by an addition where it cannot have one. */
    private List<NodeProto> corrected(LayerNode layer, NodeProto last, float[] correction) {
        int type = layer.constant().orElseThrow().type();
        Optional<RecurrentBias> inside = RecurrentBias.of(layer);
        if (inside.isPresent()) {
            return corrected(layer, inside.get(), last, correction);
        }
        Optional<float[]> bias = Bias.values(layer, correction.length);
        String name = names.take(last.getName() + (bias.isPresent() ? "_bias" : "_shift"));
        if (bias.isPresent()) {
            float[] sum = bias.get().clone();
            for (int i = 0; i < sum.length; i++) {
                sum[i] += correction[i];
            }
            store(layer.scope(), StageTensor.of(name, List.of((long) sum.length), sum, type));
            return List.of(last.toBuilder()
                    .clearInput()
                    .addAllInput(last.getInputList().subList(0, 2))
                    .addInput(name)
                    .build());
        }
        Shift shift = new Shift(layer, opset);
        store(layer.scope(), StageTensor.of(name, shift.dims(correction.length), shift.values(correction), type));
        String before = names.take(last.getOutput(0) + UNCORRECTED);
        NodeProto add = shift.node(names.take(last.getName() + "_add"), before, name, last.getOutput(0));
        return List.of(last.toBuilder().setOutput(0, before).build(), add);
    }

    /** A recurrent node: behind it is too late. To a bias that is computed the correction is added in front of it. */
    private List<NodeProto> corrected(LayerNode layer, RecurrentBias bias, NodeProto last, float[] correction) {
        int type = layer.constant().orElseThrow().type();
        boolean computed = !bias.name().isEmpty() && bias.stored().isEmpty();
        String stored = names.take(last.getName() + (computed ? "_shift" : "_bias"));
        store(layer.scope(), StageTensor.of(stored, bias.dims(), bias.plus(correction, external), type));
        if (!computed) {
            return List.of(RecurrentBias.replaced(last, stored));
        }
        String sum = names.take(last.getName() + "_bias");
        NodeProto add = NodeProto.newBuilder()
                .setOpType("Add")
                .setName(names.take(last.getName() + "_add"))
                .addInput(bias.name())
                .addInput(stored)
                .addOutput(sum)
                .build();
        return List.of(add, RecurrentBias.replaced(last, sum));
    }

    /** Where Gemm must add something: a zero. */
    private Optional<String> zero(LayerNode layer, String stageName) {
        if (!layer.form().isGemm() || opset >= GEMM_WITHOUT_C) {
            return Optional.empty();
        }
        String name = names.take(stageName + "_zero");
        int type = layer.constant().orElseThrow().type();
        store(layer.scope(), StageTensor.of(name, List.of(1L), new float[1], type));
        return Optional.of(name);
    }

    /** The names of the stored weights of all stages. */
    private List<String> weights(ReplacedNode replaced, List<String> stageNames) {
        LayerNode layer = replaced.node();
        ConstantTensor constant = layer.constant().orElseThrow();
        SharingKey key = new SharingKey(
                new TensorIdentity(
                        constant.holder(),
                        constant.links().get(constant.links().size() - 1).name()),
                constant.permutation(),
                layer.form(),
                layer.weightTransposed(),
                replaced.choice());
        List<Stage> own =
                replaced.stages().subList(replaced.firstOwn(), replaced.stages().size());
        List<Weights> weights = own.stream().map(Stage::weights).toList();
        List<Shared> alike = shared.computeIfAbsent(key, k -> new ArrayList<>());
        for (Shared candidate : alike) {
            if (areEqual(candidate.weights(), weights)) {
                return candidate.names();
            }
        }
        List<String> stored =
                stageNames.stream().map(name -> names.take(name + "_weight")).toList();
        int type = constant.tensor().getDataType();
        for (int stage = 0; stage < stored.size(); stage++) {
            LayerForm form = replaced.form(stage + replaced.firstOwn());
            store(
                    constant.holder(),
                    tensor(
                            stored.get(stage),
                            own.get(stage),
                            form,
                            constant.dims().get(0),
                            type));
        }
        alike.add(new Shared(weights, stored));
        return stored;
    }

    private static boolean areEqual(List<Weights> some, List<Weights> others) {
        return some.size() == others.size()
                && IntStream.range(0, some.size())
                        .allMatch(i -> some.get(i).shape().equals(others.get(i).shape())
                                && Arrays.equals(
                                        some.get(i).all(), others.get(i).all()));
    }

    /** @param directions of a recurrent node */
    private TensorProto tensor(String name, Stage stage, LayerForm form, long directions, int type) {
        Weights weights = stage.weights();
        WeightShape shape = weights.shape();
        if (stage.op() instanceof Convolution conv && conv.transposed()) {
            List<Long> dims = new ArrayList<>();
            dims.add((long) shape.inPerGroup() * conv.groups());
            dims.add((long) shape.out() / conv.groups());
            shape.kernel().forEach(size -> dims.add((long) size));
            return StageTensor.of(
                    name, dims, StageTensor.inputsFirst(weights.all(), shape, conv.groups()), type, bytes::kept);
        }
        if (form == LayerForm.MATMUL_RIGHT || form == LayerForm.GATHER) {
            float[] transposed = StageTensor.transposed(weights.all(), shape.out(), shape.inPerGroup());
            return StageTensor.of(
                    name, List.of((long) shape.inPerGroup(), (long) shape.out()), transposed, type, bytes::kept);
        }
        List<Long> dims = form == LayerForm.RECURRENT_INPUT
                ? List.of(directions, shape.out() / directions, (long) shape.inPerGroup())
                : shape.dims().stream().map(Integer::longValue).toList();
        return StageTensor.of(name, dims, weights.all(), type, bytes::kept);
    }

    private void store(Scope scope, TensorProto tensor) {
        stored.computeIfAbsent(scope, s -> new ArrayList<>()).add(tensor);
    }

    /** The name under which a layer sees a stored weight: behind a Cast if it saw its weight behind one. */
    private String seen(LayerNode layer, String weight, List<NodeProto> before) {
        ConstantTensor constant = layer.constant().orElseThrow();
        if (constant.type() == constant.tensor().getDataType()) {
            return weight;
        }
        String name = names.take(weight + "_cast");
        before.add(cast(weight, name, constant.type()));
        return name;
    }

    private static NodeProto cast(String from, String to, int type) {
        return NodeProto.newBuilder()
                .setOpType("Cast")
                .setName(to)
                .addInput(from)
                .addOutput(to)
                .addAttribute(Attributes.integer("to", type))
                .build();
    }
}
