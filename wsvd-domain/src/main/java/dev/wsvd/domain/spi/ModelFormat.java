package dev.wsvd.domain.spi;

import dev.wsvd.domain.tensor.Predictor;
import java.nio.file.Path;

/**
 * A family of models wsvd can open, rewrite, run and save.
 *
 * @param <M> what the format's users call a model
 */
public interface ModelFormat<M> {
    /** The provider's id, such as {@code onnx}. */
    String id();

    /** Whether a file looks like one of this format, by a cheap look at its name and first bytes; never throws for bad content. */
    boolean accepts(Path file);

    /**
     * Opens a model file.
     *
     * @throws dev.wsvd.domain.error.InvalidInputException if the file does not exist or is not of this format
     * @throws dev.wsvd.domain.error.ModelFormatException if the file is truncated, corrupt or hostile
     */
    CompressibleModel<M> open(Path file, OpenOptions options);

    /**
     * Makes a model ready to run.
     *
     * @throws dev.wsvd.domain.error.ModelFormatException if the engine cannot load it
     */
    Predictor predictor(M model);
}
