package dev.wsvd.adapter.onnx.internal.coupling;

import java.util.List;

/**
 * What a cut changes in the main graph besides the weights of the layers that write and read the units. Places are told by units: the
 * number of the unit that each belongs to, −1 for none of the coupling's.
 */
public sealed interface GraphEdit {
    /** Where whole numbers stand that count channels. */
    sealed interface Home permits Operand, Attribute {
        /** The node's place in the graph. */
        int node();
    }

    /** A stored operand of a node. */
    record Operand(int node, int input) implements Home {}

    /** An attribute that is a whole number or a list of them. */
    record Attribute(int node, String name) implements Home {}

    /**
     * A stored operand has a channel per unit along a dim; those of the units that go, go.
     *
     * @param axis as the node sees the operand
     * @param units by place along the dim
     */
    record Narrow(Operand operand, int axis, List<Integer> units) implements GraphEdit {}

    /**
     * A stored operand has a writer's output channels along a dim, as its bias has: it becomes what
     * {@link dev.wsvd.domain.plan.Cut#written} makes of it.
     *
     * @param writer number of the writer among the coupling's
     */
    record Write(Operand operand, int axis, int writer) implements GraphEdit {}

    /**
     * A number counts channels: its magnitude falls by one for each that goes.
     *
     * @param index which number of those stored there
     * @param units of the channels that it counts
     */
    record Count(Home home, int index, List<Integer> units) implements GraphEdit {}

    /**
     * A {@code Split} node's outputs have fewer channels.
     *
     * @param sizes of the outputs before
     * @param units by output: those of its channels
     */
    record Parts(int node, List<Integer> sizes, List<List<Integer>> units) implements GraphEdit {}

    /**
     * A computed list of sizes has a number at a place that counts channels: the operand gets that number, less one for each channel
     * that goes.
     *
     * @param length of the list
     * @param units of the channels that the number counts
     */
    record Recount(Operand operand, int length, int place, List<Integer> units) implements GraphEdit {}

    /**
     * A {@code Shape} node counts channels, and scales are computed from that: what it gives has at a place the number before.
     *
     * @param length of the list that it gives
     */
    record Remember(int node, int length, int place, int number) implements GraphEdit {}

    /** What the file declares of a tensor's shape does not hold any more. */
    record Undeclare(String tensor) implements GraphEdit {}
}
