package dev.wsvd.adapter.onnx;

import static dev.wsvd.adapter.onnx.ModelBuilder.attribute;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import dev.wsvd.domain.layer.Affine;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.plan.Choice;
import dev.wsvd.domain.plan.Replacement;
import dev.wsvd.domain.plan.Stage;
import dev.wsvd.domain.spi.CompressibleModel;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;

/**
 * Makes recurrent nodes for tests.
 *
 * @param op {@code LSTM}, {@code GRU} or {@code RNN}
 */
record RecurrentNet(String op, String direction, boolean half) {
    static final int HIDDEN = 4;
    static final int INPUTS = 6;
    static final int STEPS = 5;
    static final int SAMPLES = 2;

    static RecurrentNet lstm() {
        return new RecurrentNet("LSTM", "forward", false);
    }

    int gates() {
        return switch (op) {
            case "LSTM" -> 4;
            case "GRU" -> 3;
            default -> 1;
        };
    }

    int directions() {
        return direction.equals("bidirectional") ? 2 : 1;
    }

    /** n of the input weight. */
    int outputs() {
        return directions() * gates() * HIDDEN;
    }

    int type() {
        return half ? DataType.FLOAT16_VALUE : DataType.FLOAT_VALUE;
    }

    /** Operands in ONNX's order, by name; what is not named is left out. */
    List<String> operands(String... optional) {
        List<String> all = List.of("b", "lens", "h0", "c0", "p");
        List<String> operands = new ArrayList<>(List.of("x", "w", "r"));
        for (String one : all) {
            operands.add(List.of(optional).contains(one) ? one : "");
        }
        while (operands.get(operands.size() - 1).isEmpty()) {
            operands.remove(operands.size() - 1);
        }
        return operands;
    }

    /** Everything that an operand may name. */
    ModelBuilder stored(ModelBuilder builder) {
        int d = directions();
        int rows = gates() * HIDDEN;
        add(builder, "w", d, rows, INPUTS);
        add(builder, "r", d, rows, HIDDEN);
        add(builder, "b", d, 2 * rows);
        add(builder, "h0", d, SAMPLES, HIDDEN);
        add(builder, "c0", d, SAMPLES, HIDDEN);
        add(builder, "p", d, 3 * HIDDEN);
        ByteBuffer lens = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
        lens.putInt(0, STEPS).putInt(4, STEPS - 2);
        return builder.stored(ModelBuilder.tensor("lens", DataType.INT32_VALUE, lens, SAMPLES));
    }

    private void add(ModelBuilder builder, String name, long... dims) {
        TensorProto random = builder.randomTensor(name, dims);
        float[] values = new float[random.getRawData().size() / Float.BYTES];
        random.getRawData()
                .asReadOnlyByteBuffer()
                .order(ByteOrder.LITTLE_ENDIAN)
                .asFloatBuffer()
                .get(values);
        builder.stored(half ? ModelBuilder.halves(name, values, dims) : random);
    }

    /** With a sequence that is turned so that its steps come first, as exporters do. */
    ModelBuilder builder() {
        return stored(new ModelBuilder().typedInput("sequence", type(), SAMPLES, STEPS, INPUTS))
                .node("Transpose", "", List.of("sequence"), "x", attribute("perm", List.of(1L, 0L, 2L)));
    }

    NodeProto node(List<String> operands, List<String> outputs, AttributeProto... attributes) {
        NodeProto.Builder node = NodeProto.newBuilder()
                .setOpType(op)
                .setName("cell")
                .addAllInput(operands)
                .addAllOutput(outputs)
                .addAttribute(attribute("direction", direction))
                .addAttribute(attribute("hidden_size", HIDDEN));
        List.of(attributes).forEach(node::addAttribute);
        return node.build();
    }

    /** With all that it gives as outputs. */
    ModelProto model(List<String> operands, AttributeProto... attributes) {
        List<String> outputs = op.equals("LSTM") ? List.of("y", "h", "c") : List.of("y", "h");
        return outputs(builder().node(node(operands, outputs, attributes)), outputs)
                .build();
    }

    /** What there is of these outputs. */
    ModelBuilder outputs(ModelBuilder builder, List<String> names) {
        for (String name : names) {
            Object[] dims = Collections.nCopies(name.equals("y") ? 4 : 3, "?").toArray();
            for (int i = 0; i < dims.length; i++) {
                dims[i] = name + i;
            }
            builder.output(name, type(), dims);
        }
        return builder;
    }

    /** At full rank, with a triangular matrix before the weight, which has no more inputs than outputs. */
    static Replacement exact(CompressibleModel<OnnxModel> model, Layer layer, Optional<float[]> correction) {
        int inputs = layer.inChannels();
        float[] first = new float[inputs * inputs];
        float[] second = model.weights(layer.id()).all().clone();
        for (int i = 0; i < inputs; i++) {
            first[i * inputs + i] = 1;
        }
        // The first of what is between is half of the last input more.
        first[inputs - 1] = 0.5f;
        for (int row = 0; row < layer.outChannels(); row++) {
            second[(row + 1) * inputs - 1] -= 0.5f * second[row * inputs];
        }
        Stage last = new Stage(Affine.of(layer.outChannels(), inputs), second);
        return Replacement.of(
                layer,
                Choice.of("by-hand", inputs),
                List.of(new Stage(Affine.of(inputs, inputs), first), new Stage(last.op(), last.weights(), correction)),
                0);
    }
}
