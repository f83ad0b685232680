package dev.wsvd.adapter.onnx.internal.graph;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;

/** Follows an operand back to the stored tensor it comes from. */
public final class ConstantResolver {
    /** Longer chains are not followed; also what ends a cyclic one. */
    private static final int MAX_LINKS = 64;

    private static final int MAX_DEPTH = 64;
    private static final Set<String> RANDOM = Set.of(
            "RandomNormal", "RandomUniform", "RandomNormalLike", "RandomUniformLike", "Multinomial", "Bernoulli");

    /**
     * What an operand is.
     *
     * @param tensor the stored tensor, if the operand is one
     * @param reason else why not
     * @param constant whether the operand has the same value in every run
     * @param quantized whether it comes from a {@code DequantizeLinear} node
     */
    public record Operand(Optional<ConstantTensor> tensor, String reason, boolean constant, boolean quantized) {
        static Operand of(ConstantTensor tensor) {
            return new Operand(Optional.of(tensor), "", true, false);
        }

        static Operand not(String reason, boolean constant) {
            return new Operand(Optional.empty(), reason, constant, false);
        }
    }

    private record Key(Scope scope, String name) {}

    private final Map<Key, Boolean> constants = new HashMap<>();

    /** What a name that a graph uses is. */
    public Operand resolve(Scope scope, String name) {
        List<ConstantTensor.Link> links = new ArrayList<>();
        List<List<Long>> transposes = new ArrayList<>();
        int castTo = 0;
        Scope at = scope;
        String wanted = name;
        while (links.size() < MAX_LINKS) {
            Scope.Definition definition = at.find(wanted).orElse(null);
            if (definition == null) {
                return Operand.not("'" + wanted + "' is not defined", false);
            }
            links.add(new ConstantTensor.Link(wanted, definition));
            if (definition instanceof Scope.Initializer stored) {
                return found(stored.scope(), stored.tensor(), transposes, castTo, links);
            }
            if (definition instanceof Scope.Sparse) {
                return Operand.not("it is stored sparse", true);
            }
            if (definition instanceof Scope.Formal formal) {
                boolean main = formal.scope().parent().isEmpty();
                return Operand.not(
                        main ? "it is an input of the model" : "it changes from run to run of a body", false);
            }
            Scope.Produced produced = (Scope.Produced) definition;
            NodeProto node = produced.node();
            if (node.getOpType().equals("Constant") && isStandard(node)) {
                Optional<TensorProto> value = Attributes.find(node, "value").map(AttributeProto::getT);
                return value.isPresent()
                        ? found(produced.scope(), value.get(), transposes, castTo, links)
                        : Operand.not("its Constant node holds no tensor", true);
            }
            boolean cast = node.getOpType().equals("Cast");
            if (!isStandard(node) || node.getInputCount() == 0 || (cast && castTo != 0) || !isLink(node)) {
                return computed(produced, wanted);
            }
            if (cast) {
                castTo = (int) Attributes.integer(node, "to", 0);
            }
            if (node.getOpType().equals("Transpose")) {
                transposes.add(Attributes.integers(node, "perm"));
            }
            at = produced.scope();
            wanted = node.getInput(0);
        }
        return Operand.not("more than " + MAX_LINKS + " nodes stand between it and its node", false);
    }

    /** Whether a node is one of ONNX's own operators. */
    public static boolean isStandard(NodeProto node) {
        return node.getDomain().isEmpty() || node.getDomain().equals("ai.onnx");
    }

    private static boolean isLink(NodeProto node) {
        return switch (node.getOpType()) {
            case "Identity", "Transpose", "Cast" -> true;
            default -> false;
        };
    }

    private Operand computed(Scope.Produced produced, String name) {
        NodeProto node = produced.node();
        boolean constant = isConstant(produced.scope(), name, 0);
        if (node.getOpType().equals("DequantizeLinear")) {
            return new Operand(Optional.empty(), "it is quantised", constant, true);
        }
        String where = node.getName().isBlank() ? "" : " node '" + node.getName() + "'";
        return Operand.not("it is computed by " + node.getOpType() + where, constant);
    }

    private static Operand found(
            Scope holder,
            TensorProto tensor,
            List<List<Long>> transposes,
            int castTo,
            List<ConstantTensor.Link> links) {
        int rank = tensor.getDimsCount();
        List<Integer> permutation = IntStream.range(0, rank).boxed().toList();
        for (List<Long> given : transposes) {
            List<Integer> perm = given.isEmpty()
                    ? IntStream.range(0, rank).mapToObj(i -> rank - 1 - i).toList()
                    : given.stream().map(Long::intValue).toList();
            if (perm.size() != rank
                    || perm.stream().distinct().filter(i -> i >= 0 && i < rank).count() != rank) {
                return Operand.not("a Transpose node with perm " + given + " does not fit its " + rank + " dims", true);
            }
            permutation = permutation.stream().map(perm::get).toList();
        }
        int type = castTo == 0 ? tensor.getDataType() : castTo;
        return Operand.of(new ConstantTensor(holder, tensor, permutation, type, List.copyOf(links)));
    }

    /** Whether a name has the same value in every run: everything it is computed from is stored. */
    private boolean isConstant(Scope scope, String name, int depth) {
        Scope.Definition definition = scope.find(name).orElse(null);
        if (definition instanceof Scope.Initializer || definition instanceof Scope.Sparse) {
            return true;
        }
        if (!(definition instanceof Scope.Produced produced) || depth > MAX_DEPTH) {
            return false;
        }
        Key key = new Key(produced.scope(), name);
        Boolean known = constants.get(key);
        if (known == null) {
            NodeProto node = produced.node();
            known = (node.getInputCount() > 0 || node.getOpType().equals("Constant"))
                    && !RANDOM.contains(node.getOpType())
                    && node.getAttributeList().stream().noneMatch(a -> a.hasG() || a.getGraphsCount() > 0)
                    && node.getInputList().stream()
                            .allMatch(i -> i.isEmpty() || isConstant(produced.scope(), i, depth + 1));
            constants.put(key, known);
        }
        return known;
    }
}
