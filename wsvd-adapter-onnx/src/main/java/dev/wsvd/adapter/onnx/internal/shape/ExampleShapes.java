package dev.wsvd.adapter.onnx.internal.shape;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import dev.wsvd.adapter.onnx.internal.file.ExternalData;
import dev.wsvd.adapter.onnx.internal.file.ModelTensors;
import dev.wsvd.adapter.onnx.internal.graph.OperatorSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Sizes of all tensors of the main graph for one example of inputs. Dims that the file leaves open have sizes that tell them apart,
 * wherever the model takes them, so that what holds for the example holds because of the order of dims and not by chance.
 */
public final class ExampleShapes {
    /** Sizes of first dims, which are the batch: some models take no other than one sample. */
    private static final List<Long> SAMPLES = List.of(5L, 1L);

    private final Map<String, TensorShape> shapes;

    private ExampleShapes(Map<String, TensorShape> shapes) {
        this.shapes = shapes;
    }

    /**
     * Sizes by inference and, for nodes that inference does not reach, by a run; none if the model takes no such example.
     *
     * @param inputs the sizes of dims that are not open
     * @param ops the nodes for whose operands and outputs the model may be run
     */
    public static ExampleShapes of(
            ModelProto model, ExternalData external, InputShapes inputs, Set<String> ops, Measuring measuring) {
        for (long samples : SAMPLES) {
            Optional<Map<String, TensorShape>> found = ExampleInputs.of(model.getGraph(), inputs, samples)
                    .flatMap(shapes -> measured(model, external, shapes, ops, measuring));
            if (found.isPresent()) {
                return new ExampleShapes(found.get());
            }
        }
        return new ExampleShapes(Map.of());
    }

    private static Optional<Map<String, TensorShape>> measured(
            ModelProto model, ExternalData external, InputShapes inputs, Set<String> ops, Measuring measuring) {
        Map<String, TensorShape> found = new HashMap<>(inferred(model, external, inputs, measuring));
        if (found.isEmpty()) {
            return Optional.empty();
        }
        Set<String> followed = new LinkedHashSet<>();
        model.getGraph().getNodeList().stream()
                .filter(node -> ops.contains(node.getOpType()))
                .forEach(node -> {
                    followed.addAll(node.getInputList());
                    followed.addAll(node.getOutputList());
                });
        followed.retainAll(produced(model.getGraph()));
        followed.removeIf(name -> !isOpen(found.get(name)) || isSize(found.get(name)));
        found.values().removeIf(ExampleShapes::isOpen);
        inputs.shapes().forEach((name, shape) -> shape.ifPresent(known -> found.put(name, known)));
        if (!followed.isEmpty()) {
            Map<String, TensorShape> run = DummyRun.measure(model, external, inputs, followed, measuring)
                    .shapes();
            found.putAll(run);
            return run.isEmpty() ? Optional.empty() : Optional.of(found);
        }
        return Optional.of(found);
    }

    private static Set<String> produced(GraphProto graph) {
        return graph.getNodeList().stream()
                .filter(node -> !node.getOpType().equals("Constant"))
                .flatMap(node -> node.getOutputList().stream())
                .filter(name -> !name.isEmpty())
                .collect(Collectors.toSet());
    }

    /** Inference gives no dims both where there are none and where their number is unknown. */
    private static boolean isOpen(TensorShape shape) {
        return !isKnown(shape) || shape.dims().isEmpty();
    }

    private static boolean isSize(TensorShape shape) {
        return shape != null && shape.dims().isEmpty() && shape.type() == DataType.INT64_VALUE;
    }

    private static boolean isKnown(TensorShape shape) {
        return shape != null && shape.isKnown();
    }

    private static Map<String, TensorShape> inferred(
            ModelProto model, ExternalData external, InputShapes inputs, Measuring measuring) {
        GraphProto.Builder graph = new WeightlessGraph(OperatorSet.version(model)).strip(model.getGraph());
        Map<String, ValueInfoProto> taken = new LinkedHashMap<>();
        model.getGraph().getInputList().forEach(input -> taken.put(input.getName(), input));
        inputs.shapes()
                .forEach((name, shape) -> graph.addInput(
                        shape.map(s -> WeightlessGraph.valueInfo(name, s)).orElse(taken.get(name))));
        ModelProto small = WeightlessGraph.model(model, WeightlessGraph.showingAll(graph));
        return Inference.of(measuring.engine(), ModelTensors.map(small, external::inlined))
                .shapes();
    }

    /** A tensor's dims; empty if they are unknown. Of what a node gives: what is stored is not looked up. */
    public Optional<List<Long>> dims(String tensor) {
        return Optional.ofNullable(shapes.get(tensor)).map(TensorShape::dims);
    }
}
