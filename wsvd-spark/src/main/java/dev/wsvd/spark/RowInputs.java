package dev.wsvd.spark;

import dev.wsvd.domain.spi.Activations;
import java.io.Serializable;
import java.util.List;

/**
 * Makes a model's inputs of the rows of a partition.
 *
 * @param <T> a row
 * @param <M> what the format's users call a model
 */
@FunctionalInterface
public interface RowInputs<T, M> extends Serializable {
    /**
     * The rows as inputs, with an identity.
     *
     * @param rows at least one
     * @throws Exception if they cannot be made, which ends the run
     */
    Activations<M> of(List<T> rows) throws Exception;
}
