package dev.wsvd.domain.spi;

import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.tensor.Predictor;
import dev.wsvd.domain.tensor.TensorInfo;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Map;

/**
 * A family of models wsvd can open, rewrite, run and save.
 *
 * @param <M> what the format's users call a model
 */
public interface ModelFormat<M> {
    /** The provider's id, such as {@code onnx}. */
    String id();

    /**
     * Whether a path looks like a model of this format, by a cheap look at names and first bytes; never throws for bad
     * content.
     *
     * @param path a file, or a folder where the format's models are folders
     */
    boolean accepts(Path path);

    /**
     * Whether the format can keep its engine apart from this process. One that cannot refuses to open a model with
     * {@link OpenOptions#isolation}, by {@link OpenOptions#requireSameProcess}.
     */
    default boolean isolates() {
        return false;
    }

    /**
     * Whether a model can take weights from another file, {@link OpenOptions#weights}. A format that cannot refuses to open a model with
     * them, by {@link OpenOptions#requireOwnWeights}.
     */
    default boolean takesWeights() {
        return false;
    }

    /**
     * Opens a model.
     *
     * @throws dev.wsvd.domain.error.InvalidInputException if the path does not exist or is not of this format
     * @throws dev.wsvd.domain.error.ModelFormatException if what is there is truncated, corrupt or hostile
     */
    CompressibleModel<M> open(Path path, OpenOptions options);

    /**
     * Makes a model ready to run.
     *
     * @throws dev.wsvd.domain.error.ModelFormatException if the engine cannot load it
     */
    Predictor predictor(M model);

    /**
     * Makes a model ready to run so that it shows what layers see and give.
     *
     * @throws dev.wsvd.domain.error.InvalidInputException if the format cannot watch layers
     * @throws dev.wsvd.domain.error.ModelFormatException if the engine cannot load the model
     */
    default Probe probe(M model, Collection<LayerId> layers) {
        throw new InvalidInputException("Models of the format '" + id() + "' cannot show what their layers see, so"
                + " there is no calibration. Maybe leave the calibration data out.");
    }

    /**
     * The same of one layer, where what it gives may be left out, with what is {@linkplain Probe#alive alive} before it; from tensors
     * inside the model that are known, where the format can begin there.
     *
     * @param known by name: alive outputs of an earlier probe. The predictor takes those that it needs besides the model's inputs
     */
    default Probe probeBefore(M model, LayerId layer, Map<String, TensorInfo> known) {
        return probe(model, List.of(layer));
    }

    /** The same of some layers, with all that they give and what is {@linkplain Probe#alive alive} behind the last of them. */
    default Probe probeBehind(M model, Collection<LayerId> layers, Map<String, TensorInfo> known) {
        return probe(model, layers);
    }

    /**
     * The same with no layer watched: the model's own outputs.
     *
     * @param known without those that hold no floating-point numbers if sizes may be others now
     */
    default Probe probeRest(M model, Map<String, TensorInfo> known) {
        return new Probe(predictor(model), Map.of(), Map.of());
    }
}
