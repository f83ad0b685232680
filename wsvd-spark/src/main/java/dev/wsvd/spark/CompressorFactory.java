package dev.wsvd.spark;

import dev.wsvd.pipeline.ModelCompressor;
import java.io.Serializable;
import java.nio.file.Path;
import java.util.function.Consumer;

/**
 * Makes on an executor the compressor that the driver has: of the same model, with the same evaluator, parameters and calibration inputs.
 * Whatever it holds is sent to executors, so it should be little more than names of files.
 *
 * @param <M> what the format's users call a model
 */
@FunctionalInterface
public interface CompressorFactory<M> extends Serializable {
    /**
     * The compressor, without a store for scores.
     *
     * @param files the folder of the {@link SharedFiles}
     * @param closed takes what has to be closed when the executor has no more to do for this run, such as the opened model
     * @throws Exception if it cannot be made, which ends the run
     */
    ModelCompressor<M> open(Path files, Consumer<AutoCloseable> closed) throws Exception;
}
