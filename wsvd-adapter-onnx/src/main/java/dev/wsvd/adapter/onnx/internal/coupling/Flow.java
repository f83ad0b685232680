package dev.wsvd.adapter.onnx.internal.coupling;

import dev.wsvd.adapter.onnx.internal.coupling.GraphEdit.Narrow;
import dev.wsvd.adapter.onnx.internal.coupling.GraphEdit.Operand;
import dev.wsvd.adapter.onnx.internal.coupling.GraphEdit.Undeclare;
import dev.wsvd.adapter.onnx.internal.coupling.Seen.Channels;
import dev.wsvd.adapter.onnx.internal.coupling.Seen.Spot;
import dev.wsvd.domain.layer.Coupling.Side;
import dev.wsvd.domain.layer.Layer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/** Where units go in a graph: what is known of its tensors, what layers do with units, and what a cut would change. */
final class Flow {
    /**
     * Something with a channel per unit that no cut may leave without one: a layer's side, or a part that a node takes out.
     *
     * @param layer if it is a layer's side
     */
    record Touch(Optional<Layer> layer, Side side, int[] units) {}

    /** A change to be, by units of the flow; {@code make} gets them as numbers of a coupling's units. */
    record Change(List<int[]> units, Function<List<List<Integer>>, GraphEdit> make) {}

    private final CouplingGraph graph;
    private final Units units = new Units();
    private final Map<String, Seen> tensors = new HashMap<>();
    private final List<Touch> touches = new ArrayList<>();
    private final List<Change> changes = new ArrayList<>();

    Flow(CouplingGraph graph) {
        this.graph = graph;
    }

    CouplingGraph graph() {
        return graph;
    }

    Units units() {
        return units;
    }

    List<Touch> touches() {
        return touches;
    }

    List<Change> changes() {
        return changes;
    }

    Optional<Seen> seen(String tensor) {
        return Optional.ofNullable(tensors.get(tensor));
    }

    void give(String tensor, Seen seen) {
        tensors.put(tensor, seen);
        if (seen instanceof Channels channels) {
            changes.add(new Change(List.of(channels.units()), of -> new Undeclare(tensor)));
        }
    }

    void touch(Layer layer, Side side, int[] of) {
        touches.add(new Touch(Optional.of(layer), side, of));
    }

    /** A part that must keep a channel. */
    void part(int[] of) {
        touches.add(new Touch(Optional.empty(), Side.PASSES, of));
    }

    void narrow(Operand operand, int axis, int[] of) {
        changes.add(new Change(List.of(of), by -> new Narrow(operand, axis, by.get(0))));
    }

    void count(Spot spot, int[] of) {
        changes.add(new Change(List.of(of), by -> new GraphEdit.Count(spot.home(), spot.index(), by.get(0))));
    }

    void parts(int node, List<Integer> sizes, List<int[]> of) {
        changes.add(new Change(of, by -> new GraphEdit.Parts(node, sizes, by)));
    }
}
