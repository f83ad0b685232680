package dev.wsvd.domain.spi;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What a file does not say by itself.
 *
 * @param inputShapes by input name: all dims, batch first, for inputs whose shape is dynamic
 * @param dims by symbolic name, such as {@code sequence_length}: its value
 */
public record OpenOptions(Map<String, List<Long>> inputShapes, Map<String, Long> dims) {
    public static final OpenOptions DEFAULT = new OpenOptions(Map.of(), Map.of());

    public OpenOptions {
        inputShapes = Map.copyOf(inputShapes);
        dims = Map.copyOf(dims);
    }

    /** These options with one input's shape. */
    public OpenOptions withInputShape(String input, List<Long> shape) {
        Map<String, List<Long>> more = new TreeMap<>(inputShapes);
        more.put(input, List.copyOf(shape));
        return new OpenOptions(more, dims);
    }

    /** These options with one symbolic dim's value. */
    public OpenOptions withDim(String name, long value) {
        Map<String, Long> more = new TreeMap<>(dims);
        more.put(name, value);
        return new OpenOptions(inputShapes, more);
    }
}
