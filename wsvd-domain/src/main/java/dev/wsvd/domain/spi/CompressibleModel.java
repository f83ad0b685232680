package dev.wsvd.domain.spi;

import dev.wsvd.domain.Layer;
import dev.wsvd.domain.LayerId;
import dev.wsvd.domain.ModelIdentity;
import dev.wsvd.domain.factor.FactorizedLayer;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;

/**
 * A model whose layers can be listed, read and split. Immutable: {@link #with} gives a new one, the original never changes.
 *
 * @param <M> what the format's users call a model
 */
public interface CompressibleModel<M> {
    /** Name and digest of the model's content. */
    ModelIdentity identity();

    /** Every Conv and Linear layer in graph order, splittable or not, with real output sizes. */
    List<Layer> layers();

    /**
     * A copy of a layer's weight as W[n][m/g][k…], row-major, whatever its order and type in the model.
     *
     * @throws dev.wsvd.domain.error.InvalidInputException if there is no such layer or its weight cannot be read
     */
    float[] weight(LayerId layer);

    /**
     * This model with some layers split. Both new layers carry names derived from the original's.
     *
     * @throws dev.wsvd.domain.error.InvalidInputException if a layer is not of this model or is not splittable
     */
    CompressibleModel<M> with(Collection<FactorizedLayer> splits);

    /** The model itself, to run, train or convert. */
    M model();

    /**
     * Writes the model, whole or not at all: to a temporary file beside the target, then moved.
     *
     * @throws dev.wsvd.domain.error.InvalidInputException if the path cannot be written or is the file this model was opened
     *     from
     * @throws dev.wsvd.domain.error.ModelFormatException if writing fails, for instance on a full disk
     */
    void save(Path file);
}
