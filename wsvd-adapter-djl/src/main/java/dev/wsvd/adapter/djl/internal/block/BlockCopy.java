package dev.wsvd.adapter.djl.internal.block;

import ai.djl.MalformedModelException;
import ai.djl.ndarray.NDManager;
import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import ai.djl.nn.ParameterList;
import ai.djl.util.Pair;
import dev.wsvd.domain.error.InvalidInputException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;

/** Gives a new block tree all that another one of the same making knows: parameters, their training state, input shapes. */
public final class BlockCopy {
    private static final int PER_PARAMETER = 256;
    /** What fits an array on every JVM. */
    private static final int LARGEST = Integer.MAX_VALUE - 8;

    private BlockCopy() {}

    /**
     * A copy of a tree, by what DJL writes when it saves.
     *
     * @param from with any layers replaced
     * @param made a tree without weights, as the other one was before any layer was replaced
     * @param manager what the copy's parameters belong to
     * @return the copy's root
     * @throws InvalidInputException if the trees are not of the same making
     */
    public static Block of(Block from, Block made, NDManager manager) {
        Block copy = LayerStages.like(from, made);
        copy(from, copy, manager);
        return copy;
    }

    private static void copy(Block from, Block to, NDManager manager) {
        ParameterList source = from.getParameters();
        if (!source.keys().equals(to.getParameters().keys())) {
            throw new InvalidInputException("The block factory makes another network than the model's: "
                    + difference(source.keys(), to.getParameters().keys()) + ".");
        }
        State state = new State(source);
        try (DataOutputStream out = new DataOutputStream(state)) {
            ParameterArrays.save(from, out);
            to.loadParameters(manager, state.input());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (MalformedModelException | RuntimeException e) {
            throw new InvalidInputException(
                    "The block factory makes another network than the model's: " + e.getMessage() + ".", e);
        }
        ParameterList target = to.getParameters();
        for (int i = 0; i < source.size(); i++) {
            Training.of(source.valueAt(i)).apply(target.valueAt(i));
        }
    }

    private static String difference(List<String> model, List<String> made) {
        for (int i = 0; i < Math.min(model.size(), made.size()); i++) {
            if (!model.get(i).equals(made.get(i))) {
                return "its parameter " + (i + 1) + " is '" + made.get(i) + "' where the model has '" + model.get(i)
                        + "'";
            }
        }
        return "it has " + made.size() + " parameters where the model has " + model.size();
    }

    /** What a block writes, read back without another copy. */
    private static final class State extends ByteArrayOutputStream {
        State(ParameterList parameters) {
            super(size(parameters));
        }

        DataInputStream input() {
            return new DataInputStream(new ByteArrayInputStream(buf, 0, count));
        }

        private static int size(ParameterList parameters) {
            long bytes = 0;
            for (Pair<String, Parameter> pair : parameters) {
                bytes += PER_PARAMETER
                        + pair.getValue().getArray().getShape().size()
                                * pair.getValue().getArray().getDataType().getNumOfBytes();
            }
            if (bytes > LARGEST) {
                throw new InvalidInputException("The model's parameters take " + bytes + " bytes; at most " + LARGEST
                        + " can be copied. Maybe export the network to ONNX, where wsvd has no such limit.");
            }
            return (int) bytes;
        }
    }
}
