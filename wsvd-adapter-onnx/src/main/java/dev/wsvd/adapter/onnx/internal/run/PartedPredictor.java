package dev.wsvd.adapter.onnx.internal.run;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import dev.wsvd.adapter.onnx.internal.engine.Engine;
import dev.wsvd.adapter.onnx.internal.file.ExternalData;
import dev.wsvd.domain.tensor.Predictor;
import dev.wsvd.domain.tensor.Tensor;
import dev.wsvd.domain.tensor.TensorInfo;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * Runs a model whose weights do not fit into memory: part by part, each of which is loaded for every run. What is no tensor of numbers
 * does not pass from one part to the next; the next one computes it again.
 */
public final class PartedPredictor implements Predictor {
    /** What a part may load in float32 if memory allows: larger parts are not faster. */
    private static final long PART = 1L << 30;

    private final Engine engine;
    private final ModelProto model;
    private final ExternalData external;
    private final List<Integer> ends;
    private final Supplier<List<TensorInfo>> outputs;
    private final OnnxPredictor entrance;

    private PartedPredictor(
            Engine engine,
            ModelProto model,
            ExternalData external,
            List<Integer> ends,
            Supplier<List<TensorInfo>> outputs) {
        this.engine = engine;
        this.model = model;
        this.external = external;
        this.ends = ends;
        this.outputs = outputs;
        this.entrance = OnnxPredictor.of(engine, entrance(model), external);
    }

    /**
     * Makes a model ready to run, as a whole if that fits into memory.
     *
     * @param most bytes of weights that may be loaded, in float32
     * @param outputs tells what a model that is not loaded gives
     * @throws dev.wsvd.domain.error.ModelFormatException if ONNX Runtime does not take it
     */
    public static Predictor of(
            Engine engine, ModelProto model, ExternalData external, long most, Supplier<List<TensorInfo>> outputs) {
        boolean whole = fits(model, most) || model.getGraph().getInputCount() == 0;
        return whole
                ? OnnxPredictor.of(engine, model, external)
                : new PartedPredictor(
                        engine, model, external, new GraphParts(model.getGraph()).ends(Math.min(PART, most)), outputs);
    }

    /** Whether a model's weights may be loaded at once. */
    public static boolean fits(ModelProto model, long most) {
        return weightBytes(model) <= most;
    }

    /** What a model's weights take in float32. */
    public static long weightBytes(ModelProto model) {
        return new GraphParts(model.getGraph()).weightBytes();
    }

    /** A model that takes the inputs and computes nothing, to check what is given. */
    private static ModelProto entrance(ModelProto model) {
        return part(model, Set.of(), Map.of());
    }

    /**
     * A part of the model that gives an input too, as it is: there has to be an output that is a tensor of numbers.
     *
     * @param known what need not be computed
     */
    private static ModelProto part(ModelProto model, Set<String> outputs, Map<String, TensorInfo> known) {
        GraphProto graph = model.getGraph();
        Set<String> stored = graph.getInitializerList().stream()
                .map(tensor -> tensor.getName())
                .collect(Collectors.toSet());
        String input = graph.getInputList().stream()
                .map(ValueInfoProto::getName)
                .filter(name -> !stored.contains(name))
                .findFirst()
                .orElse(graph.getInput(0).getName());
        String copy = input + "_wsvd_given";
        GraphProto.Builder part = graph.toBuilder().clearOutput();
        part.addNode(
                NodeProto.newBuilder().setOpType("Identity").addInput(input).addOutput(copy));
        part.addOutput(ValueInfoProto.newBuilder().setName(copy));
        outputs.forEach(name -> part.addOutput(ValueInfoProto.newBuilder().setName(name)));
        return model.toBuilder().setGraph(Ancestry.of(part.build(), known)).build();
    }

    @Override
    public List<TensorInfo> inputs() {
        return entrance.inputs();
    }

    @Override
    public List<TensorInfo> outputs() {
        return outputs.get();
    }

    @Override
    public Map<String, Tensor> run(Map<String, Tensor> given) {
        entrance.run(given);
        GraphProto graph = model.getGraph();
        List<String> names =
                graph.getOutputList().stream().map(ValueInfoProto::getName).toList();
        Map<String, Tensor> known = new HashMap<>();
        for (int end : ends) {
            Set<String> alive = end == graph.getNodeCount() ? Set.copyOf(names) : Alive.before(graph, end);
            Set<String> wanted = new HashSet<>(alive);
            wanted.removeAll(known.keySet());
            if (!wanted.isEmpty()) {
                known.putAll(part(wanted, given, known));
            }
            known.keySet().retainAll(alive);
        }
        Map<String, Tensor> results = new LinkedHashMap<>();
        names.stream().filter(known::containsKey).forEach(name -> results.put(name, known.get(name)));
        return results;
    }

    /** The tensors of numbers among those wanted. */
    private Map<String, Tensor> part(Set<String> wanted, Map<String, Tensor> given, Map<String, Tensor> known) {
        Map<String, TensorInfo> infos = new HashMap<>();
        known.forEach((name, tensor) -> infos.put(
                name,
                new TensorInfo(
                        name,
                        tensor.type(),
                        tensor.shape().stream().map(dim -> -1L).toList())));
        try (OnnxPredictor ready = OnnxPredictor.of(engine, part(model, wanted, infos), external)) {
            Map<String, Tensor> feed = new HashMap<>(given);
            ready.inputs().stream()
                    .map(TensorInfo::name)
                    .filter(known::containsKey)
                    .forEach(name -> feed.put(name, known.get(name)));
            Map<String, Tensor> copies = new HashMap<>();
            ready.run(feed).forEach((name, tensor) -> copies.put(name, tensor.copy()));
            copies.keySet().retainAll(wanted);
            return copies;
        }
    }

    @Override
    public void close() {
        entrance.close();
    }
}
