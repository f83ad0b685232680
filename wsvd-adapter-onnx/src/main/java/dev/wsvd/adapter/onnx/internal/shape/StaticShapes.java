package dev.wsvd.adapter.onnx.internal.shape;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.TensorShapeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import dev.wsvd.adapter.onnx.internal.engine.Engine;
import dev.wsvd.adapter.onnx.internal.file.ExternalData;
import dev.wsvd.adapter.onnx.internal.file.ModelTensors;
import dev.wsvd.adapter.onnx.internal.graph.OperatorSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Sizes of the main graph's tensors that hold for every input: those that ONNX Runtime's shape inference finds where the dims that
 * the file leaves open stay open.
 */
public final class StaticShapes {
    private final Map<String, TensorShape> shapes;

    private StaticShapes(Map<String, TensorShape> shapes) {
        this.shapes = shapes;
    }

    /** Of the main graph's inputs and of all that its nodes give; of those none if the engine does not take the graph. */
    public static StaticShapes of(ModelProto model, ExternalData external, Engine engine) {
        GraphProto source = model.getGraph();
        GraphProto.Builder graph = new WeightlessGraph(OperatorSet.version(model)).strip(source);
        Set<String> stored = new HashSet<>();
        source.getInitializerList().forEach(tensor -> stored.add(tensor.getName()));
        source.getSparseInitializerList()
                .forEach(tensor -> stored.add(tensor.getValues().getName()));
        source.getInputList().stream()
                .filter(input -> !stored.contains(input.getName()))
                .map(StaticShapes::open)
                .forEach(graph::addInput);
        ModelProto small = WeightlessGraph.model(model, WeightlessGraph.showingAll(graph));
        Map<String, TensorShape> shapes = new HashMap<>(
                Inference.of(engine, ModelTensors.map(small, external::inlined)).shapes());
        source.getInputList().stream()
                .filter(input -> !stored.contains(input.getName())
                        && input.getType().getTensorType().hasShape())
                .forEach(input -> shapes.put(
                        input.getName(), InputShapes.declared(input.getType().getTensorType(), -1)));
        return new StaticShapes(shapes);
    }

    /** Some exporters write 0 or −1 for a dim that is not fixed. */
    private static ValueInfoProto open(ValueInfoProto input) {
        ValueInfoProto.Builder out = input.toBuilder();
        if (input.getType().getTensorType().hasShape()) {
            TensorShapeProto.Builder shape =
                    out.getTypeBuilder().getTensorTypeBuilder().getShapeBuilder();
            for (int i = 0; i < shape.getDimCount(); i++) {
                if (!InputShapes.isFixed(shape.getDim(i))) {
                    shape.setDim(i, TensorShapeProto.Dimension.getDefaultInstance());
                }
            }
        }
        return out.build();
    }

    /** A tensor's dims, −1 where they depend on the inputs; empty if not even their number is known. */
    public Optional<List<Long>> dims(String tensor) {
        return Optional.ofNullable(shapes.get(tensor)).map(TensorShape::dims).filter(dims -> !dims.isEmpty());
    }
}
