package dev.wsvd.adapter.onnx.internal.coupling;

import ai.onnx.proto.OnnxMl.NodeProto;
import dev.wsvd.adapter.onnx.internal.coupling.GraphEdit.Home;
import dev.wsvd.adapter.onnx.internal.coupling.GraphEdit.Operand;
import dev.wsvd.adapter.onnx.internal.graph.Scope;
import java.util.List;
import java.util.Optional;

/**
 * A number of a list of sizes.
 *
 * @param value if it is stored
 * @param home where: the list itself, or what a Concat node puts beside others
 * @param index which number there
 * @param shared whether other nodes take the list that is put together there
 */
record SizeEntry(Optional<Long> value, Optional<Home> home, int index, boolean shared) {
    /** The number at a place of a node's operand. */
    static SizeEntry of(CouplingGraph graph, int node, int input, int place) {
        String sizes = graph.nodes().get(node).getInput(input);
        Optional<long[]> stored = graph.integers(sizes);
        if (stored.isPresent()) {
            return new SizeEntry(Optional.of(stored.get()[place]), Optional.of(new Operand(node, input)), place, false);
        }
        if (graph.root().find(sizes).orElse(null) instanceof Scope.Produced made
                && made.node().getOpType().equals("Concat")) {
            return part(graph, made, place).orElseGet(() -> unknown(place));
        }
        return unknown(place);
    }

    private static SizeEntry unknown(int place) {
        return new SizeEntry(Optional.empty(), Optional.empty(), place, false);
    }

    private static Optional<SizeEntry> part(CouplingGraph graph, Scope.Produced made, int place) {
        NodeProto concat = made.node();
        int left = place;
        for (int i = 0; i < concat.getInputCount(); i++) {
            List<Long> dims = graph.example(concat.getInput(i)).orElse(List.of());
            if (dims.size() != 1) {
                return Optional.empty();
            }
            if (left < dims.get(0)) {
                int at = left;
                boolean shared = graph.uses(concat.getOutput(0)) > 1;
                Home home = new Operand(made.index(), i);
                return graph.integers(concat.getInput(i))
                        .map(all -> new SizeEntry(Optional.of(all[at]), Optional.of(home), at, shared));
            }
            left -= Math.toIntExact(dims.get(0));
        }
        return Optional.empty();
    }

    /** Where it is stored, if it can be changed there for one node alone. */
    Optional<Home> own() {
        return home.filter(h -> !shared);
    }

    boolean is(long number) {
        return value.filter(own -> own == number).isPresent();
    }
}
