package dev.wsvd.adapter.onnx.internal.rewrite;

import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import dev.wsvd.adapter.onnx.internal.graph.ConstantTensor;
import dev.wsvd.adapter.onnx.internal.graph.EinsumEquation;
import dev.wsvd.adapter.onnx.internal.graph.Scope;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * {@code Einsum} of an activation and a stored tensor that {@linkplain EinsumEquation#isProduct is a product}, as MatMul. A stored tensor
 * of more than two dims is stored anew as a matrix, once for all nodes.
 */
final class PlainEinsum {
    /** A stored tensor by its name, and the sizes it has as a matrix. */
    private record Key(String stored, List<Long> dims) {}

    private final Names names;
    private final Map<Scope, Map<Key, TensorProto>> matrices = new HashMap<>();
    private final Set<String> maybeUnused = new HashSet<>();

    PlainEinsum(Names names) {
        this.names = names;
    }

    /** The matrices to be stored in a graph. */
    List<TensorProto> matrices(Scope scope) {
        return List.copyOf(matrices.getOrDefault(scope, Map.of()).values());
    }

    /** Names of what may not be used any more. */
    Set<String> maybeUnused() {
        return maybeUnused;
    }

    /**
     * The nodes that take its place; empty if it stays.
     *
     * @param weight which operand is stored
     * @param rank dims of the other operand, if known
     */
    Optional<PlainNodes> apart(NodeProto node, int weight, ConstantTensor tensor, Optional<Integer> rank) {
        EinsumEquation equation = EinsumEquation.of(node, weight)
                .filter(EinsumEquation::isProduct)
                .orElse(null);
        if (equation == null || equation.stored().length() != tensor.dims().size()) {
            return Optional.empty();
        }
        boolean matrix = tensor.dims().size() == 2;
        Optional<Integer> positions = equation.positions(rank);
        return matrix || isInOrder(tensor) && positions.isPresent()
                ? Optional.of(product(node, weight, equation, tensor, positions.orElse(0)))
                : Optional.empty();
    }

    private static boolean isInOrder(ConstantTensor tensor) {
        List<Integer> order = tensor.permutation();
        return order.equals(IntStream.range(0, order.size()).boxed().toList());
    }

    private PlainNodes product(
            NodeProto node, int weight, EinsumEquation equation, ConstantTensor tensor, int positions) {
        List<Long> dims = tensor.dims();
        int summed = equation.summed().length();
        int made = equation.made().length();
        int first = equation.isTransposed() ? made : summed;
        List<Long> rows = dims.subList(0, first);
        List<Long> columns = dims.subList(first, dims.size());
        List<String> operands = List.of(node.getInput(1 - weight), node.getInput(weight));
        PlainNodes apart = new PlainNodes(names, node, "MatMul", operands, tensor.type());
        if (dims.size() > 2) {
            apart.operand(1, matrix(tensor, List.of(all(rows), all(columns))));
            if (tensor.type() != tensor.tensor().getDataType()) {
                apart.cast(1, tensor.type());
            }
        }
        if (summed > 1) {
            apart.reshape(0, sizes(positions, List.of(all(equation.isTransposed() ? columns : rows))));
        }
        if (equation.isTransposed()) {
            apart.turn(1, List.of(1L, 0L));
        }
        if (made > 1) {
            List<Long> sizes = sizes(positions, equation.isTransposed() ? rows : columns);
            apart.then("Reshape", List.of(apart.sizes(sizes)), List.of());
        }
        return apart;
    }

    private String matrix(ConstantTensor tensor, List<Long> dims) {
        tensor.links().forEach(link -> maybeUnused.add(link.name()));
        String stored = tensor.links().get(tensor.links().size() - 1).name();
        return matrices.computeIfAbsent(tensor.holder(), scope -> new LinkedHashMap<>())
                .computeIfAbsent(
                        new Key(stored, dims),
                        key -> tensor.tensor().toBuilder()
                                .setName(names.take(stored + "_matrix"))
                                .clearDims()
                                .addAllDims(dims)
                                .build())
                .getName();
    }

    private static long all(List<Long> dims) {
        return dims.stream().reduce(1L, (a, b) -> a * b);
    }

    /** Positions as they are, 0 in a Reshape, and then these. */
    private static List<Long> sizes(int positions, List<Long> last) {
        List<Long> sizes = new ArrayList<>(Collections.nCopies(positions, 0L));
        sizes.addAll(last);
        return sizes;
    }
}
