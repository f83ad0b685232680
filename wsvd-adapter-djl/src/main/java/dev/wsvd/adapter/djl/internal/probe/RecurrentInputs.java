package dev.wsvd.adapter.djl.internal.probe;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.nn.Parameter;
import ai.djl.nn.core.Linear;
import dev.wsvd.adapter.djl.internal.block.RecurrentWeight;

/** What the input weight of a recurrent block makes of a sequence, which the block keeps to itself: W x + b for each step. */
public final class RecurrentInputs {
    private RecurrentInputs() {}

    /**
     * The gates of all directions, [samples][steps][directions·gates·H].
     *
     * @param sequence [samples][steps][m]
     */
    public static NDArray gates(NDArray sequence, RecurrentWeight weight) {
        NDList directions = new NDList();
        for (int i = 0; i < weight.parts().size(); i++) {
            NDArray bias = weight.biases().stream()
                    .skip(i)
                    .findFirst()
                    .map(Parameter::getArray)
                    .orElse(null);
            directions.addAll(Linear.linear(sequence, weight.arrays().get(i), bias));
        }
        return NDArrays.concat(directions, -1);
    }
}
