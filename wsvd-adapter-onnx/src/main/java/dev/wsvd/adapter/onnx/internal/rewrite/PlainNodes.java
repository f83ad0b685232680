package dev.wsvd.adapter.onnx.internal.rewrite;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import dev.wsvd.adapter.onnx.internal.graph.Attributes;
import dev.wsvd.adapter.onnx.internal.graph.ConstantTensor;
import dev.wsvd.adapter.onnx.internal.graph.StoredArray;
import java.util.ArrayList;
import java.util.List;

/** The nodes that take the place of one: what makes its operands, the operator itself, and what follows. */
final class PlainNodes {
    private final Names names;
    private final NodeProto original;
    private final String name;
    private final int type;
    private final List<NodeProto> before = new ArrayList<>();
    private final List<NodeProto.Builder> steps = new ArrayList<>();
    private final List<String> inputs;

    /** @param type of the numbers that are stored with them */
    PlainNodes(Names names, NodeProto original, String op, List<String> inputs, int type) {
        this.names = names;
        this.original = original;
        this.name = original.getName().isBlank() ? original.getOutput(0) : original.getName();
        this.inputs = new ArrayList<>(inputs);
        this.type = type;
        NodeProto.Builder plain =
                original.toBuilder().setName(name).setOpType(op).clearDomain().clearAttribute();
        original.getAttributeList().stream()
                .filter(attribute ->
                        !op.equals("MatMul") && !attribute.getName().startsWith("activation"))
                .forEach(plain::addAttribute);
        steps.add(plain);
    }

    /** Another node, whose first operand is what the one before gives. */
    void then(String op, List<String> operands, List<AttributeProto> attributes) {
        steps.add(NodeProto.newBuilder()
                .setOpType(op)
                .setName(names.take(name + "_" + op))
                .addInput("")
                .addAllInput(operands)
                .addAllAttribute(attributes));
    }

    /** A stored number. */
    String number(String what, float value) {
        String stored = names.take(name + "_" + what);
        before.add(ConstantTensor.node(StageTensor.of(stored, List.of(), new float[] {value}, type)));
        return stored;
    }

    /** Stored sizes. */
    String sizes(List<Long> sizes) {
        String stored = names.take(name + "_sizes");
        long[] numbers = sizes.stream().mapToLong(size -> size).toArray();
        before.add(ConstantTensor.node(
                StoredArray.of(List.of((long) numbers.length), numbers).tensor(stored)));
        return stored;
    }

    /** Takes another operand. */
    void operand(int input, String name) {
        inputs.set(input, name);
    }

    /** Gives an operand another type. */
    void cast(int input, int type) {
        String cast = names.take(inputs.get(input) + "_cast");
        before.add(NodeProto.newBuilder()
                .setOpType("Cast")
                .setName(cast)
                .addInput(inputs.get(input))
                .addOutput(cast)
                .addAttribute(Attributes.integer("to", type))
                .build());
        inputs.set(input, cast);
    }

    /** Gives an operand other sizes. */
    void reshape(int input, List<Long> sizes) {
        String reshaped = names.take(name + "_flat");
        String told = sizes(sizes);
        before.add(NodeProto.newBuilder()
                .setOpType("Reshape")
                .setName(reshaped)
                .addInput(inputs.get(input))
                .addInput(told)
                .addOutput(reshaped)
                .build());
        inputs.set(input, reshaped);
    }

    /** Transposes an operand. */
    void turn(int input, List<Long> order) {
        String turned = names.take(name + "_turned");
        before.add(NodeProto.newBuilder()
                .setOpType("Transpose")
                .setName(turned)
                .addInput(inputs.get(input))
                .addOutput(turned)
                .addAttribute(Attributes.integers("perm", order))
                .build());
        inputs.set(input, turned);
    }

    /** All of them, the last with the output of the one whose place they take. */
    List<NodeProto> nodes() {
        steps.get(0).clearInput().addAllInput(inputs);
        List<NodeProto> all = new ArrayList<>(before);
        for (int i = 0; i < steps.size(); i++) {
            NodeProto.Builder step = steps.get(i).clearOutput();
            boolean last = i == steps.size() - 1;
            String output = last ? original.getOutput(0) : names.take(original.getOutput(0) + "_plain");
            all.add(step.addOutput(output).build());
            if (!last) {
                steps.get(i + 1).setInput(0, output);
            }
        }
        return all;
    }
}
