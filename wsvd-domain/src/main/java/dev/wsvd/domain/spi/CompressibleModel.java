package dev.wsvd.domain.spi;

import dev.wsvd.domain.ModelIdentity;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.file.FileIdentity;
import dev.wsvd.domain.file.UnfinishedFile;
import dev.wsvd.domain.file.WholeFile;
import dev.wsvd.domain.layer.Coupling;
import dev.wsvd.domain.layer.Coupling.Kind;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.layer.LostFusion;
import dev.wsvd.domain.layer.Siblings;
import dev.wsvd.domain.layer.Uncoupled;
import dev.wsvd.domain.layer.Weights;
import dev.wsvd.domain.plan.Replacement;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * A model whose layers can be listed, read and replaced. {@link #with} gives a new one, the original never changes.
 *
 * <p>A model may hold memory outside the Java heap. Whoever opened it, or got it from {@link #with} or {@link #forWorker}, closes
 * it; closing one leaves all others as they are.
 *
 * @param <M> what the format's users call a model
 */
public interface CompressibleModel<M> extends AutoCloseable {
    /** Name and digest of the model's content. */
    ModelIdentity identity();

    /** Every layer in graph order, supported or not, with real output sizes. */
    List<Layer> layers();

    /**
     * Units between layers that can be fewer on all sides at once, in graph order, each named after another layer. None by default.
     */
    default List<Coupling> couplings() {
        return List.of();
    }

    /**
     * How many of a layer's channels its engine computes at once on this machine: with a few less it is not faster, and may be slower. It
     * may ask the engine, when it is first asked for. 1, the default, if that does not matter or the format does not tell.
     */
    default int channelBlock(Layer layer) {
        return 1;
    }

    /**
     * What a layer's channels have to be a multiple of for its engine's fastest layout. 1, the default, if that does not matter or the
     * format does not tell.
     */
    default int channelAlignment(Layer layer) {
        return 1;
    }

    /**
     * Couplings of a kind whose cuts lose a fusion of the engine, timed with half of their units; no coupling twice. It may run the model,
     * when it is first asked for. None by default, and where nothing is fused less or the times cannot be had.
     */
    default List<LostFusion> lostFusions(Kind kind) {
        return List.of();
    }

    /** Layers that read one tensor in the same way, in graph order, no layer twice. None by default. */
    default List<Siblings> siblings() {
        return List.of();
    }

    /** Units that layers write and that are of no coupling, with the reason, in graph order. None by default. */
    default List<Uncoupled> uncoupled() {
        return List.of();
    }

    /**
     * How many parameters the model stores: the elements of all its weights, biases, normalisations and embeddings, also of those
     * that are of no layer. Each is counted once, however many layers use it. Empty, the default, if the format does not tell.
     */
    default OptionalLong parameters() {
        return OptionalLong.empty();
    }

    /**
     * Whether the format's engine holds all of the model while it runs. One that is too large for that runs too, but loads all of its
     * weights anew for each run. True by default.
     */
    default boolean runsWhole() {
        return true;
    }

    /** How many models of this size may run at once, as far as memory goes. 1, the default, if the format runs them one at a time. */
    default int workers() {
        return 1;
    }

    /**
     * This model for one of several workers at once: it, and all that is made of it, computes with so many threads, and where the engine is
     * in a process of its own, in one of the worker's own, which ends when this is closed. Weights are shared. By default a copy, as
     * {@link #with} makes one.
     *
     * @param number of the worker, from 0
     * @param threads at least 1
     */
    default CompressibleModel<M> forWorker(int number, int threads) {
        return with(List.of());
    }

    /**
     * The dims that the model's inputs leave open, but for the batch dim, and the sizes that {@link #layers} has for them. None by
     * default.
     */
    default List<OpenDim> openDims() {
        return List.of();
    }

    /** What people should know of how the model was opened, a sentence each. None by default. */
    default List<String> notices() {
        return List.of();
    }

    /**
     * A layer's weight as W[n][m/g][k…], whatever its order and type in the model. Nothing is read before it is asked for.
     *
     * @throws dev.wsvd.domain.error.InvalidInputException if there is no such layer or its weight cannot be read
     */
    Weights weights(LayerId layer);

    /**
     * A layer's bias, by output channel, where the layer and what follows it have one that can be read; empty, the default, else.
     *
     * @throws dev.wsvd.domain.error.InvalidInputException if there is no such layer
     */
    default Optional<float[]> bias(LayerId layer) {
        return Optional.empty();
    }

    /**
     * What of a layer's {@link #bias} is added behind the tensor that {@link Probe#outputs} names, by output channel; empty, the
     * default, where that tensor has it.
     *
     * @throws dev.wsvd.domain.error.InvalidInputException if there is no such layer
     */
    default Optional<float[]> biasBehind(LayerId layer) {
        return Optional.empty();
    }

    /**
     * This model with some layers replaced, always a new one that is closed by itself; with none, a copy wherever models can be
     * trained in place. New layers carry names derived from the original's. The stages' weights stay the caller's: they
     * are read before this returns, and not after.
     *
     * @throws dev.wsvd.domain.error.InvalidInputException if a layer is not of this model or is not supported
     */
    CompressibleModel<M> with(Collection<Replacement> replacements);

    /**
     * How this model's layers can compute in int8.
     *
     * @throws dev.wsvd.domain.error.InvalidInputException if the format has no int8, the default
     */
    default Quantizable<M> quantizable() {
        throw new InvalidInputException(
                "Models of this format are not quantised. Maybe convert the model to ONNX first.");
    }

    /**
     * What stands in the place of a layer of the model that this one was made from by {@link #with}, once or several times: the
     * layers of this model, in order, the last of which gives what the original gave.
     *
     * @param original a layer of the model that was opened, or of any in between
     * @return the layer itself if it was not replaced; empty if there never was such a layer
     */
    List<LayerId> stagesOf(LayerId original);

    /**
     * What this model was opened from: its file, those beside it that hold weights, or its folder. None for a model made in
     * memory.
     */
    List<Path> files();

    /**
     * Whether a save to a path may create, replace or delete a file. Nothing else is written there, and no file that is still
     * needed may be there.
     *
     * <p>That is the path itself, all that is inside, and temporary files beside it, unless the format says more: companions of
     * the model.
     *
     * @param path where the model would be saved
     * @param file there or yet to be made
     */
    default boolean saveTouches(Path path, Path file) {
        return FileIdentity.isInside(path, file) || UnfinishedFile.isBeside(path, file);
    }

    /**
     * Finds out before long work that a save would be refused after it; {@link #save} begins with this.
     *
     * <p>By default refuses what would touch {@link #files()}, and places where nothing can be written. A format adds what is in
     * the way of its own: a folder where its models are files, or a folder that holds other things.
     *
     * @throws dev.wsvd.domain.error.InvalidInputException if the path cannot be written or the save would touch one of {@link
     *     #files()}
     */
    default void requireSavable(Path path) {
        for (Path file : files()) {
            if (saveTouches(path, file)) {
                throw new InvalidInputException("'" + path + "' cannot be written: '" + file
                        + "' is what the model was opened from. Maybe choose another name.");
            }
        }
        WholeFile.requirePlaceFor(path);
    }

    /**
     * This model ready to be timed by the format's engine; the caller closes it.
     *
     * @return empty, the default, if the format has no engine that can be timed, or no input of the model can be made
     * @throws dev.wsvd.domain.error.ModelFormatException if the engine cannot load the model
     */
    default Optional<Stopwatch> stopwatch(TimingConditions conditions) {
        return Optional.empty();
    }

    /** The model itself, to run, train or convert. */
    M model();

    /**
     * This model, to be saved with all of its weights in one file, as for those who load models from an array of bytes. Without it a model
     * whose weights were in a second file has them in one again.
     *
     * @throws dev.wsvd.domain.error.InvalidInputException if it does not fit, or the format's models are no files, the default
     */
    default CompressibleModel<M> inOneFile() {
        throw new InvalidInputException("Models of this format are not saved as one file.");
    }

    /**
     * Writes the model atomically: whatever fails, and even if the process is killed, afterwards the path holds what it held
     * before or the new model. What a save that was killed left beside the path is deleted by the next.
     *
     * @param path a file, or a folder where the format's models are folders
     * @throws dev.wsvd.domain.error.InvalidInputException if the path cannot be written or the save would touch one of {@link
     *     #files()}
     * @throws dev.wsvd.domain.error.ModelFormatException if writing fails, for instance on a full disk
     */
    void save(Path path);

    /**
     * Frees what the model holds outside the heap; it cannot be used after that. Closing it again does nothing. Nothing to do by
     * default.
     */
    @Override
    default void close() {}
}
