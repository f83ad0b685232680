package dev.wsvd.evaluation;

import dev.wsvd.domain.NearNames;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.error.ModelFormatException;
import dev.wsvd.domain.tensor.Predictor;
import dev.wsvd.domain.tensor.Tensor;
import dev.wsvd.domain.tensor.TensorInfo;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * A dataset's arrays bound to a model's inputs, run batch by batch. Where the model's batch dim is fixed, a batch that is not
 * full repeats its last sample, and what comes out for the repeats is dropped. Element types are left to the predictor.
 */
final class Feed {
    private final Predictor predictor;
    private final Map<String, SampleArray> bound;
    private final int batchSize;
    private final boolean fixed;

    private Feed(Predictor predictor, Map<String, SampleArray> bound, int batchSize, boolean fixed) {
        this.predictor = predictor;
        this.bound = bound;
        this.batchSize = batchSize;
        this.fixed = fixed;
    }

    /**
     * Binds arrays to inputs.
     *
     * @param batchSize number of samples per run, unless the model's batch dim is fixed
     * @throws InvalidInputException if names or shapes do not fit
     */
    static Feed of(ArrayDataset data, Predictor predictor, int batchSize) {
        return of(data, predictor, predictor.inputs(), batchSize);
    }

    /** The same, for some of the inputs. */
    static Feed of(ArrayDataset data, Predictor predictor, List<TensorInfo> inputs, int batchSize) {
        Map<String, SampleArray> bound = bind(data, inputs);
        List<Long> batches = inputs.stream()
                .filter(TensorInfo::ranked)
                .map(i -> i.shape().get(0))
                .filter(b -> b > 0)
                .distinct()
                .toList();
        if (batches.size() > 1) {
            throw new InvalidInputException("The model's inputs have different batch dims: " + described(inputs) + ".");
        }
        return batches.isEmpty()
                ? new Feed(predictor, bound, batchSize, false)
                : new Feed(predictor, bound, Math.toIntExact(batches.get(0)), true);
    }

    private static Map<String, SampleArray> bind(ArrayDataset data, List<TensorInfo> inputs) {
        Map<String, SampleArray> arrays = data.arrays();
        Map<String, SampleArray> bound = new LinkedHashMap<>();
        boolean unnamed = arrays.containsKey(ArrayDataset.UNNAMED);
        if (unnamed && inputs.size() == 1 && arrays.size() == 1) {
            bound.put(inputs.get(0).name(), arrays.get(ArrayDataset.UNNAMED));
        } else if (unnamed) {
            throw new InvalidInputException(data.source() + " holds one array without a name, the model takes "
                    + described(inputs) + ". Maybe save a .npz with an array of each name.");
        } else {
            bound.putAll(arrays);
        }
        List<String> names = inputs.stream().map(TensorInfo::name).sorted().toList();
        if (!names.equals(bound.keySet().stream().sorted().toList())) {
            throw new InvalidInputException(data.source() + " holds " + quoted(bound.keySet()) + ", the model takes "
                    + described(inputs) + "; there must be one array per input, of its name.");
        }
        inputs.forEach(
                input -> requireShape(data, input, bound.get(input.name()).shape()));
        return bound;
    }

    private static void requireShape(ArrayDataset data, TensorInfo input, List<Long> found) {
        if (!input.ranked()) {
            return;
        }
        if (!fits(input.shape(), found)) {
            throw new InvalidInputException(data.source() + " has shape " + shapeText(found) + ", input '"
                    + input.name() + "' takes " + shapeText(input.shape()) + " with the samples first."
                    + layoutHint(input.shape(), found));
        }
    }

    /** The usual mistakes: channels last where the model has them first, and the other way round. */
    private static String layoutHint(List<Long> wanted, List<Long> found) {
        int rank = found.size();
        if (rank < 3 || wanted.size() != rank) {
            return "";
        }
        List<Long> first = new ArrayList<>(found);
        first.add(1, first.remove(rank - 1));
        if (fits(wanted, first)) {
            if (rank == 3) {
                return " Maybe dims 1 and 2 are swapped; numpy.transpose(a, (0, 2, 1)) swaps them back.";
            }
            return " Maybe the channels stand last; move them to dim 1.";
        }
        List<Long> last = new ArrayList<>(found);
        last.add(last.remove(1));
        return fits(wanted, last) ? " Maybe the channels stand in dim 1; move them to the end." : "";
    }

    private static boolean fits(List<Long> wanted, List<Long> found) {
        boolean fits = wanted.size() == found.size();
        for (int d = 1; fits && d < found.size(); d++) {
            fits = wanted.get(d) < 0 || wanted.get(d).equals(found.get(d));
        }
        return fits;
    }

    /** The arrays by input. */
    Map<String, SampleArray> arrays() {
        return bound;
    }

    /** Number of samples per run. */
    int batchSize() {
        return batchSize;
    }

    /** The inputs of one run. */
    Map<String, Tensor> inputs(long from, long to) {
        Map<String, Tensor> inputs = new LinkedHashMap<>();
        bound.forEach((name, array) ->
                inputs.put(name, fixed && to - from < batchSize ? padded(array, from, to) : array.samples(from, to)));
        return inputs;
    }

    private Tensor padded(SampleArray array, long from, long to) {
        long available = Math.min(array.shape().get(0), from + batchSize);
        if (available - from == batchSize) {
            return array.samples(from, available);
        }
        Tensor some = array.samples(from, to);
        int sampleBytes = some.data().remaining() / (int) (to - from);
        ByteBuffer full = ByteBuffer.allocateDirect(Math.multiplyExact(sampleBytes, batchSize));
        full.put(some.data());
        while (full.hasRemaining()) {
            full.put(array.samples(to - 1, to).data());
        }
        List<Long> shape = new ArrayList<>(some.shape());
        shape.set(0, (long) batchSize);
        return new Tensor(some.type(), shape, full);
    }

    /**
     * Runs samples from … to, at most a batch.
     *
     * @param outputs names of the outputs wanted
     * @return outputs by name, the samples first
     * @throws InvalidInputException if the samples are not the first dim of an output
     */
    Map<String, Tensor> run(long from, long to, List<String> outputs) {
        Map<String, Tensor> results = predictor.run(inputs(from, to));
        long rows = fixed ? batchSize : to - from;
        Map<String, Tensor> wanted = new LinkedHashMap<>();
        for (String name : outputs) {
            Tensor output = results.get(name);
            if (output == null) {
                throw new ModelFormatException("Output '" + name + "' is missing.");
            }
            if (output.shape().isEmpty() || output.shape().get(0) != rows) {
                throw new InvalidInputException("Output '" + name + "' has shape " + output.shape() + " for " + rows
                        + " samples; its first dim must count the samples. Maybe another output does.");
            }
            wanted.put(name, output.samples(0, to - from));
        }
        return wanted;
    }

    /** The name of an output, refused if there is none such. */
    static String requireOutput(String name, List<TensorInfo> outputs) {
        List<String> names = outputs.stream().map(TensorInfo::name).toList();
        if (!names.contains(name)) {
            throw new InvalidInputException("The model has no output '" + name + "'." + NearNames.hint(name, names));
        }
        return name;
    }

    static int atLeastOne(String what, int found) {
        if (found < 1) {
            throw new InvalidInputException(what + " must be at least 1, found " + found + ".");
        }
        return found;
    }

    static String quoted(Collection<String> names) {
        return names.stream().map(name -> "'" + name + "'").collect(Collectors.joining(", "));
    }

    static String described(List<TensorInfo> infos) {
        return infos.stream()
                .map(i -> "'" + i.name() + "' (" + i.type() + " " + (i.ranked() ? shapeText(i.shape()) : "of any shape")
                        + ")")
                .collect(Collectors.joining(", "));
    }

    private static String shapeText(List<Long> shape) {
        return shape.stream().map(d -> d < 0 ? "?" : String.valueOf(d)).collect(Collectors.joining(", ", "[", "]"));
    }
}
