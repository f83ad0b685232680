package dev.wsvd.adapter.djl.internal.block;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.internal.NDArrayEx;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import ai.djl.nn.recurrent.RNN;
import ai.djl.nn.recurrent.RecurrentBlock;
import ai.djl.training.ParameterStore;
import ai.djl.util.PairList;
import java.util.List;

/**
 * One layer of an {@code LSTM}, {@code GRU} or {@code RNN}, with parameters named as theirs. Unlike those it also runs with biases in
 * both directions: it gives PyTorch the parameters direction by direction, where DJL's blocks give all weights before all biases.
 */
final class RecurrentCell extends RecurrentBlock {
    private final Recurrence recurrence;

    RecurrentCell(Recurrence recurrence) {
        super(recurrence.settings());
        this.recurrence = recurrence;
        gates = recurrence.kind().gates();
    }

    Recurrence recurrence() {
        return recurrence;
    }

    /** A parameter of a direction, or null. */
    Parameter parameter(String direction, String matrix, Parameter.Type type) {
        return parameters.get(direction + "_0_" + matrix + "_" + type.name());
    }

    @Override
    protected NDList forwardInternal(
            ParameterStore store, NDList inputs, boolean training, PairList<String, Object> arguments) {
        NDArray input = inputs.head();
        NDList given = new NDList();
        for (String direction : recurrence.directions()) {
            for (Parameter.Type type : List.of(Parameter.Type.WEIGHT, Parameter.Type.BIAS)) {
                for (String matrix : List.of("i2h", "h2h")) {
                    Parameter parameter = parameter(direction, matrix, type);
                    if (parameter != null) {
                        given.add(store.getValue(parameter, input.getDevice(), training));
                    }
                }
            }
        }
        NDList outputs = run(input, states(inputs), given, training);
        if (returnState) {
            return outputs;
        }
        outputs.stream().skip(1).forEach(NDArray::close);
        return new NDList(outputs.head());
    }

    /** Those that come with the input; zeros for the others. */
    private NDList states(NDList inputs) {
        NDArray input = inputs.head();
        NDList states = new NDList();
        for (int i = 1; i <= recurrence.kind().states(); i++) {
            states.add(
                    i < inputs.size()
                            ? inputs.get(i)
                            : input.getManager()
                                    .zeros(
                                            new Shape(getNumDirections(), input.size(batchFirst ? 0 : 1), stateSize),
                                            input.getDataType()));
        }
        return states;
    }

    private NDList run(NDArray input, NDList states, NDList given, boolean training) {
        NDArrayEx engine = input.getNDArrayInternal();
        return switch (recurrence.kind()) {
            case LSTM -> engine.lstm(input, states, given, hasBiases, 1, 0, training, bidirectional, batchFirst);
            case GRU -> engine.gru(input, states.head(), given, hasBiases, 1, 0, training, bidirectional, batchFirst);
            case RNN_TANH -> rnn(engine, input, states, given, RNN.Activation.TANH, training);
            case RNN_RELU -> rnn(engine, input, states, given, RNN.Activation.RELU, training);
        };
    }

    private NDList rnn(
            NDArrayEx engine, NDArray input, NDList states, NDList given, RNN.Activation activation, boolean training) {
        return engine.rnn(
                input, states.head(), given, hasBiases, 1, activation, 0, training, bidirectional, batchFirst);
    }
}
