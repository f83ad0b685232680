package dev.wsvd.adapter.djl.internal.block;

import ai.djl.nn.recurrent.GRU;
import ai.djl.nn.recurrent.LSTM;
import ai.djl.nn.recurrent.RNN;
import ai.djl.nn.recurrent.RecurrentBlock;
import java.lang.reflect.Field;
import java.util.List;

/**
 * Everything about a recurrent block but its weights.
 *
 * @param state H, the size of the state in one direction
 * @param layers in its stack
 * @param bothWays whether it reads the sequence in both directions
 * @param samplesFirst whether the first dim of its input counts the samples; else it counts the steps
 * @param returnState whether it gives its last state beside its output
 * @param dropRate of the dropout between the layers of a stack, in training
 */
record Recurrence(
        Kind kind,
        int state,
        int layers,
        boolean bothWays,
        boolean samplesFirst,
        boolean bias,
        boolean returnState,
        float dropRate) {

    /** What a block does with its gates. */
    enum Kind {
        LSTM("LSTM", 4, 2),
        GRU("GRU", 3, 1),
        RNN_TANH("RNN", 1, 1),
        RNN_RELU("RNN", 1, 1);

        private final String block;
        private final int gates;
        private final int states;

        Kind(String block, int gates, int states) {
            this.block = block;
            this.gates = gates;
            this.states = states;
        }

        /** The name of DJL's block. */
        String block() {
            return block;
        }

        int gates() {
            return gates;
        }

        /** How many arrays its state is. */
        int states() {
            return states;
        }
    }

    /** That of one of DJL's blocks, which have no methods that tell, or of one of wsvd's. */
    static Recurrence of(RecurrentBlock block) {
        if (block instanceof RecurrentCell cell) {
            return cell.recurrence();
        }
        if (block instanceof StagedRecurrent staged) {
            return staged.recurrence();
        }
        return new Recurrence(
                kind(block),
                ((Long) read(RecurrentBlock.class, block, "stateSize")).intValue(),
                (Integer) read(RecurrentBlock.class, block, "numLayers"),
                (Boolean) read(RecurrentBlock.class, block, "bidirectional"),
                (Boolean) read(RecurrentBlock.class, block, "batchFirst"),
                (Boolean) read(RecurrentBlock.class, block, "hasBiases"),
                (Boolean) read(RecurrentBlock.class, block, "returnState"),
                (Float) read(RecurrentBlock.class, block, "dropRate"));
    }

    private static Kind kind(RecurrentBlock block) {
        if (block instanceof LSTM) {
            return Kind.LSTM;
        }
        if (block instanceof GRU) {
            return Kind.GRU;
        }
        return read(RNN.class, block, "activation") == RNN.Activation.RELU ? Kind.RNN_RELU : Kind.RNN_TANH;
    }

    private static Object read(Class<?> type, RecurrentBlock block, String name) {
        try {
            Field field = type.getDeclaredField(name);
            field.setAccessible(true);
            return field.get(block);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("This version of DJL keeps no " + name + " in its " + type.getName(), e);
        }
    }

    /** Names of the directions, as in the names of DJL's parameters. */
    List<String> directions() {
        return bothWays ? List.of("l", "r") : List.of("l");
    }

    /** Rows of an input weight: all gates of all directions. */
    int rows() {
        return directions().size() * kind.gates() * state;
    }

    /** That of one layer of the stack. */
    Recurrence ofOneLayer() {
        return new Recurrence(kind, state, 1, bothWays, samplesFirst, bias, returnState, 0);
    }

    /** The same with biases or without. */
    Recurrence withBias(boolean newBias) {
        return new Recurrence(kind, state, layers, bothWays, samplesFirst, newBias, returnState, dropRate);
    }

    /** As DJL's blocks are told. */
    Settings settings() {
        return new Settings(this);
    }

    static final class Settings extends RecurrentBlock.BaseBuilder<Settings> {
        private Settings(Recurrence recurrence) {
            stateSize = recurrence.state();
            numLayers = recurrence.layers();
            bidirectional = recurrence.bothWays();
            batchFirst = recurrence.samplesFirst();
            hasBiases = recurrence.bias();
            returnState = recurrence.returnState();
            dropRate = recurrence.dropRate();
        }

        @Override
        protected Settings self() {
            return this;
        }
    }
}
