package dev.wsvd.domain.spi;

import dev.wsvd.domain.error.InvalidInputException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What a file does not say by itself, and how far it is trusted. A dim that the file leaves open is as {@link #inputShapes}
 * says, else as {@link #dims}, else as in the samples, else of a default size.
 *
 * @param inputShapes by input name: all dims, batch first, for inputs whose shape is dynamic
 * @param dims by symbolic name, such as {@code sequence_length}: its value
 * @param sampleShapes by input name: the dims of one sample, without the batch dim, of data that the model will be run on; the
 *     name may be empty for a model with one input. Those that do not fit an input are not used
 * @param isolation how the engine is kept apart from this process, for everything that is done with the model; empty if the
 *     engine runs in this process
 * @param weights a file of weights by name, whose values parameters of these names take instead of their own; empty for none
 */
public record OpenOptions(
        Map<String, List<Long>> inputShapes,
        Map<String, Long> dims,
        Map<String, List<Long>> sampleShapes,
        Optional<Isolation> isolation,
        Optional<Path> weights) {
    public static final OpenOptions DEFAULT =
            new OpenOptions(Map.of(), Map.of(), Map.of(), Optional.empty(), Optional.empty());

    public OpenOptions {
        inputShapes = Map.copyOf(inputShapes);
        dims = Map.copyOf(dims);
        sampleShapes = Map.copyOf(sampleShapes);
    }

    /** These options with one input's shape. */
    public OpenOptions withInputShape(String input, List<Long> shape) {
        Map<String, List<Long>> more = new TreeMap<>(inputShapes);
        more.put(input, List.copyOf(shape));
        return new OpenOptions(more, dims, sampleShapes, isolation, weights);
    }

    /** These options with one symbolic dim's value. */
    public OpenOptions withDim(String name, long value) {
        Map<String, Long> more = new TreeMap<>(dims);
        more.put(name, value);
        return new OpenOptions(inputShapes, more, sampleShapes, isolation, weights);
    }

    /** These options with the shapes of samples, such as {@code ArrayDataset.sampleShapes()}. */
    public OpenOptions withSamples(Map<String, List<Long>> shapes) {
        return new OpenOptions(inputShapes, dims, shapes, isolation, weights);
    }

    /** These options with the engine in a process of its own. Formats that cannot do that refuse to open the model. */
    public OpenOptions isolated(Isolation limits) {
        return new OpenOptions(inputShapes, dims, sampleShapes, Optional.of(limits), weights);
    }

    /** These options with the weights of a file: safetensors, or the index of several. Formats that cannot take them refuse to open the model. */
    public OpenOptions withWeights(Path file) {
        return new OpenOptions(inputShapes, dims, sampleShapes, isolation, Optional.of(file));
    }

    /**
     * What a format calls that cannot keep its engine apart.
     *
     * @throws InvalidInputException if isolation is asked for
     */
    public void requireSameProcess(String format) {
        if (isolation.isPresent()) {
            throw new InvalidInputException(
                    "Models of the format '" + format + "' cannot be isolated from this process."
                            + " Maybe leave isolation out, if you trust the model.");
        }
    }

    /**
     * What a format calls that does not know its weights by name.
     *
     * @throws InvalidInputException if weights are given
     */
    public void requireOwnWeights(String format) {
        if (weights.isPresent()) {
            throw new InvalidInputException("Models of the format '" + format + "' take no weights from another file.");
        }
    }
}
