package dev.wsvd.adapter.djl;

import ai.djl.nn.recurrent.GRU;
import ai.djl.nn.recurrent.LSTM;
import ai.djl.nn.recurrent.RNN;
import ai.djl.nn.recurrent.RecurrentBlock;
import java.util.ArrayList;
import java.util.List;

/** A recurrent block by its settings. */
record RecurrentNet(String kind, int layers, boolean bothWays, boolean bias, boolean samplesFirst, boolean states) {
    static final int HIDDEN = 5;

    /** All settings that DJL runs with PyTorch: biases in both directions are not among them. */
    static List<RecurrentNet> all() {
        List<RecurrentNet> all = new ArrayList<>();
        for (String kind : List.of("LSTM", "GRU", "tanh RNN", "ReLU RNN")) {
            for (int layers = 1; layers <= 3; layers++) {
                for (int some = 0; some < 16; some++) {
                    RecurrentNet net =
                            new RecurrentNet(kind, layers, bit(some, 0), bit(some, 1), bit(some, 2), bit(some, 3));
                    if (!(net.bothWays && net.bias)) {
                        all.add(net);
                    }
                }
            }
        }
        return all;
    }

    private static boolean bit(int bits, int which) {
        return (bits >> which & 1) == 1;
    }

    RecurrentBlock block() {
        return switch (kind) {
            case "LSTM" -> settings(LSTM.builder()).build();
            case "GRU" -> settings(GRU.builder()).build();
            case "tanh RNN" ->
                settings(RNN.builder()).setActivation(RNN.Activation.TANH).build();
            default ->
                settings(RNN.builder()).setActivation(RNN.Activation.RELU).build();
        };
    }

    private <B extends RecurrentBlock.BaseBuilder<B>> B settings(B builder) {
        return builder.setNumLayers(layers)
                .setStateSize(HIDDEN)
                .optBidirectional(bothWays)
                .optHasBiases(bias)
                .optBatchFirst(samplesFirst)
                .optReturnState(states);
    }

    int stateArrays() {
        return kind.equals("LSTM") ? 2 : 1;
    }

    int directions() {
        return bothWays ? 2 : 1;
    }

    int gates() {
        return kind.equals("LSTM") ? 4 : kind.equals("GRU") ? 3 : 1;
    }
}
