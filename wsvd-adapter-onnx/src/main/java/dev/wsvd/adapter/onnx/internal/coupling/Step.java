package dev.wsvd.adapter.onnx.internal.coupling;

import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import dev.wsvd.adapter.onnx.internal.coupling.GraphEdit.Attribute;
import dev.wsvd.adapter.onnx.internal.coupling.GraphEdit.Operand;
import dev.wsvd.adapter.onnx.internal.coupling.Seen.Channels;
import dev.wsvd.adapter.onnx.internal.coupling.Seen.Number;
import dev.wsvd.adapter.onnx.internal.coupling.Seen.Numbers;
import dev.wsvd.adapter.onnx.internal.coupling.Seen.Spot;
import dev.wsvd.adapter.onnx.internal.graph.Attributes;
import dev.wsvd.adapter.onnx.internal.graph.ConstantTensor;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;

/** One node on the way of units. */
final class Step {
    /** Longer lists are no sizes. */
    private static final int MOST_NUMBERS = 64;

    private final Flow flow;
    private final int index;
    private final NodeProto node;
    private final Set<Integer> understood = new HashSet<>();

    Step(Flow flow, int index) {
        this.flow = flow;
        this.index = index;
        this.node = flow.graph().nodes().get(index);
    }

    Flow flow() {
        return flow;
    }

    Units units() {
        return flow.units();
    }

    NodeProto node() {
        return node;
    }

    int index() {
        return index;
    }

    int inputs() {
        return node.getInputCount();
    }

    /** Name of an operand; empty if it is left out. */
    String input(int number) {
        return number < node.getInputCount() ? node.getInput(number) : "";
    }

    String output(int number) {
        return number < node.getOutputCount() ? node.getOutput(number) : "";
    }

    /** For people. */
    String name() {
        return node.getOpType() + " node '" + (node.getName().isBlank() ? output(0) : node.getName()) + "'";
    }

    Optional<Channels> channels(int number) {
        return flow.seen(input(number)).filter(Channels.class::isInstance).map(Channels.class::cast);
    }

    /** The operands with units, by number. */
    List<Integer> withUnits() {
        return IntStream.range(0, inputs())
                .filter(i -> channels(i).isPresent())
                .boxed()
                .toList();
    }

    Optional<ConstantTensor> stored(int number) {
        return flow.graph().stored(input(number));
    }

    Optional<List<Long>> dims(int number) {
        return flow.graph().dims(input(number));
    }

    /** An operand that holds sizes, computed from shapes or stored. */
    Optional<Numbers> numbers(int number) {
        return computed(number)
                .or(() -> stored(number)
                        .filter(tensor -> isInteger(tensor) && tensor.dims().size() <= 1)
                        .filter(tensor -> tensor.dims().stream().reduce(1L, (a, b) -> a * b) <= MOST_NUMBERS)
                        .map(tensor -> stored(
                                new Operand(index, number),
                                flow.graph().values(tensor).longs())));
    }

    /** An operand that holds sizes computed from shapes. */
    Optional<Numbers> computed(int number) {
        return flow.seen(input(number)).filter(Numbers.class::isInstance).map(Numbers.class::cast);
    }

    private static boolean isInteger(ConstantTensor tensor) {
        int stored = tensor.tensor().getDataType();
        return stored == DataType.INT64_VALUE || stored == DataType.INT32_VALUE;
    }

    private static Numbers stored(GraphEdit.Home home, long[] values) {
        List<Number> numbers = new ArrayList<>();
        for (int i = 0; i < values.length; i++) {
            numbers.add(new Number(Optional.of(values[i]), Optional.of(new Spot(home, i)), Optional.empty()));
        }
        return new Numbers(numbers);
    }

    /** Sizes that are an attribute, else an operand's; empty if they are neither, or not stored. */
    Optional<Numbers> numbers(String attribute, int number) {
        return Attributes.find(node, attribute)
                .map(found -> stored(
                        new Attribute(index, attribute),
                        found.getIntsList().stream().mapToLong(i -> i).toArray()))
                .or(() -> numbers(number));
    }

    /** The same if all of them are the same for every input. */
    Optional<List<Long>> fixed(String attribute, int number) {
        return numbers(attribute, number)
                .map(Numbers::numbers)
                .filter(all -> all.stream().allMatch(n -> n.value().isPresent()))
                .map(all -> all.stream().map(n -> n.value().orElseThrow()).toList());
    }

    /** The node knows what to do with the sizes in an operand, even if they count units. */
    void understands(int number) {
        understood.add(number);
    }

    /** Gives the same channels. */
    void pass(Channels channels) {
        flow.give(output(0), channels);
    }

    void give(Seen seen) {
        flow.give(output(0), seen);
    }

    /** Whatever units the operands have, or sizes that count some, stay for that reason. */
    void keepAll(String reason) {
        for (int i = 0; i < inputs(); i++) {
            channels(i).ifPresent(channels -> units().keep(channels.units(), reason));
        }
    }

    /** Units whose number the node sees and does not understand. */
    void keepCounted() {
        for (int i = 0; i < inputs(); i++) {
            if (!understood.contains(i)) {
                computed(i)
                        .ifPresent(numbers -> numbers.numbers()
                                .forEach(number -> number.units()
                                        .ifPresent(counted ->
                                                units().keep(counted, name() + " sees how many there are"))));
            }
        }
    }

    /** Whether a second output is wanted. */
    boolean hasMoreOutputs() {
        return node.getOutputList().stream().skip(1).anyMatch(name -> !name.isEmpty());
    }
}
