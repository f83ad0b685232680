package dev.wsvd.domain.tensor;

import java.util.List;
import java.util.Map;

/** A model ready to run. Not for several threads at once; close it when done. */
public interface Predictor extends AutoCloseable {
    /** The inputs a call must give. */
    List<TensorInfo> inputs();

    /** The outputs a call returns. */
    List<TensorInfo> outputs();

    /**
     * Runs the model once; each sample of a batch is answered as if it were alone.
     *
     * @param inputs by name, batch first; nobody has converted them. An array of another element type than the model's input is
     *     converted, or else refused
     * @return every output by name
     * @throws dev.wsvd.domain.error.InvalidInputException if a name, type or shape does not fit the model
     * @throws dev.wsvd.domain.error.ModelFormatException if the engine fails
     */
    Map<String, Tensor> run(Map<String, Tensor> inputs);

    @Override
    void close();
}
