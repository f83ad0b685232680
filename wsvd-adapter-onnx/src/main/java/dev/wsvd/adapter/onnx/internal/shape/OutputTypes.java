package dev.wsvd.adapter.onnx.internal.shape;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import dev.wsvd.adapter.onnx.internal.engine.Engine;
import dev.wsvd.adapter.onnx.internal.file.ElementTypes;
import dev.wsvd.adapter.onnx.internal.file.ExternalData;
import dev.wsvd.adapter.onnx.internal.file.ModelTensors;
import dev.wsvd.adapter.onnx.internal.graph.OperatorSet;
import dev.wsvd.domain.error.ModelFormatException;
import dev.wsvd.domain.tensor.TensorInfo;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** What a model gives, told by the engine from its graph without large weights. */
public final class OutputTypes {
    private OutputTypes() {}

    /**
     * The outputs that are tensors of numbers, in the model's order.
     *
     * @throws ModelFormatException if the engine does not take the graph
     */
    public static List<TensorInfo> of(Engine engine, ModelProto model, ExternalData external) {
        GraphProto graph = model.getGraph();
        Set<String> stored =
                graph.getInitializerList().stream().map(TensorProto::getName).collect(Collectors.toSet());
        GraphProto.Builder weightless = new WeightlessGraph(OperatorSet.version(model)).strip(graph);
        graph.getInputList().stream()
                .filter(input -> !stored.contains(input.getName()))
                .forEach(weightless::addInput);
        weightless.addAllOutput(graph.getOutputList());
        Inference inference =
                Inference.of(engine, ModelTensors.map(WeightlessGraph.model(model, weightless), external::inlined));
        if (!inference.problem().isEmpty()) {
            throw new ModelFormatException("ONNX Runtime cannot load the model: " + inference.problem() + ".");
        }
        return graph.getOutputList().stream()
                .map(ValueInfoProto::getName)
                .filter(inference.shapes()::containsKey)
                .flatMap(name -> {
                    TensorShape shape = inference.shapes().get(name);
                    return ElementTypes.of(shape.type()).map(type -> new TensorInfo(name, type, shape.dims())).stream();
                })
                .toList();
    }
}
