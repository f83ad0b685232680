package dev.wsvd.adapter.onnx.internal.weights;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorShapeProto.Dimension;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The parameters of a graph that was exported without their values: inputs that have the name and shape of a tensor, or are the matrix of a
 * {@code MatMul} that was exported from a module which has one.
 *
 * @param inputs those that are none
 * @param parameters by the stored tensors that they become, without values
 * @param without names of inputs that seem to be parameters and have no tensor
 */
record OpenParameters(List<ValueInfoProto> inputs, Map<TensorProto, Given> parameters, List<String> without) {
    static OpenParameters of(GraphProto graph, TensorNames names) {
        Set<String> initialized = initialized(graph);
        Map<String, NodeProto> products = products(graph);
        List<ValueInfoProto> inputs = new ArrayList<>();
        Map<TensorProto, Given> parameters = new LinkedHashMap<>();
        List<String> without = new ArrayList<>();
        for (ValueInfoProto input : graph.getInputList()) {
            TensorProto open = stored(input);
            Optional<Given> given = initialized.contains(input.getName()) || !GivenWeights.takes(open)
                    ? Optional.empty()
                    : named(open, names).or(() -> ofModule(open, products.get(input.getName()), names));
            if (given.isPresent()) {
                parameters.put(open, given.get());
            } else {
                inputs.add(input);
                if (!initialized.contains(input.getName()) && seemsParameter(input.getName())) {
                    without.add(input.getName());
                }
            }
        }
        return new OpenParameters(List.copyOf(inputs), parameters, List.copyOf(without));
    }

    /** By which names each input that may be a parameter is looked for. */
    static List<List<String>> names(GraphProto graph) {
        Set<String> initialized = initialized(graph);
        Map<String, NodeProto> products = products(graph);
        return graph.getInputList().stream()
                .filter(input -> !initialized.contains(input.getName()) && GivenWeights.takes(stored(input)))
                .map(input -> Stream.concat(
                                Stream.of(input.getName()), ofProduct(products.get(input.getName())).stream())
                        .toList())
                .toList();
    }

    private static Set<String> initialized(GraphProto graph) {
        return graph.getInitializerList().stream().map(TensorProto::getName).collect(Collectors.toSet());
    }

    /** By the name of the matrix. */
    private static Map<String, NodeProto> products(GraphProto graph) {
        Map<String, NodeProto> products = new HashMap<>();
        graph.getNodeList().stream()
                .filter(node -> node.getOpType().equals("MatMul") && node.getInputCount() > 1)
                .forEach(node -> products.put(node.getInput(1), node));
        return products;
    }

    private static TensorProto stored(ValueInfoProto input) {
        return TensorProto.newBuilder()
                .setName(input.getName())
                .setDataType(input.getType().getTensorType().getElemType())
                .addAllDims(input.getType().getTensorType().getShape().getDimList().stream()
                        .map(Dimension::getDimValue)
                        .toList())
                .build();
    }

    private static Optional<Given> named(TensorProto open, TensorNames names) {
        return names.find(open.getName())
                .filter(tensor -> tensor.shape().equals(open.getDimsList()))
                .map(tensor -> new Given(tensor, false, false));
    }

    private static Optional<Given> ofModule(TensorProto open, NodeProto product, TensorNames names) {
        return ofProduct(product)
                .flatMap(names::find)
                .filter(tensor -> MatrixOrder.isTranspose(tensor, open))
                .map(tensor -> new Given(tensor, true, true));
    }

    private static Optional<String> ofProduct(NodeProto product) {
        return Optional.ofNullable(product).flatMap(ModulePath::of).map(module -> module + GivenWeights.WEIGHT);
    }

    private static boolean seemsParameter(String name) {
        return name.endsWith(GivenWeights.WEIGHT) || name.endsWith(".bias") || name.startsWith("onnx::");
    }
}
