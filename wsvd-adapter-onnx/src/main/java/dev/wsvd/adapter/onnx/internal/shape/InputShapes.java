package dev.wsvd.adapter.onnx.internal.shape;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorShapeProto.Dimension;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.spi.OpenDim;
import dev.wsvd.domain.spi.OpenDim.Origin;
import dev.wsvd.domain.spi.OpenOptions;
import dev.wsvd.domain.tensor.Tensor;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;

/**
 * The sizes at which a model's layers are measured: what the file fixes, what the options say, what samples have, and for the rest
 * a default: 1, but 224 for the two spatial dims of an image and 64 for the three of a volume.
 */
public final class InputShapes {
    private static final long IMAGE = 224;
    private static final long VOLUME = 64;
    private static final int MOST_COLORS = 4;

    private final Map<String, Optional<TensorShape>> shapes = new LinkedHashMap<>();
    private final Map<String, OpenDim> open = new LinkedHashMap<>();
    /** Inputs whose first dim is open. */
    private final Set<String> batched = new HashSet<>();

    /**
     * @throws InvalidInputException if the options name an input or a dim the model does not have, or contradict the file
     */
    public InputShapes(GraphProto graph, OpenOptions options) {
        Set<String> stored = new HashSet<>();
        graph.getInitializerList().stream().map(TensorProto::getName).forEach(stored::add);
        graph.getSparseInitializerList().forEach(s -> stored.add(s.getValues().getName()));
        List<ValueInfoProto> taken = graph.getInputList().stream()
                .filter(input -> !stored.contains(input.getName()))
                .toList();
        SampleShapes samples = new SampleShapes(taken, options.sampleShapes());
        Set<String> symbols = new TreeSet<>();
        for (ValueInfoProto input : taken) {
            input.getType().getTensorType().getShape().getDimList().stream()
                    .map(Dimension::getDimParam)
                    .filter(s -> !s.isEmpty())
                    .forEach(symbols::add);
            shapes.put(input.getName(), shape(input, options, samples));
        }
        options.inputShapes().keySet().stream().sorted().forEach(n -> requireOne("input", n, shapes.keySet()));
        options.dims().keySet().stream().sorted().forEach(n -> requireOne("dim", n, symbols));
        options.dims().forEach((name, value) -> requireSize("Dim '" + name + "'", value));
    }

    /** By name: what each input takes; empty where it is no tensor or of unknown rank. */
    Map<String, Optional<TensorShape>> shapes() {
        return shapes;
    }

    /** Zeros for all inputs; empty if there is one that none can be made up for. */
    public Optional<Map<String, Tensor>> zeros() {
        return zeros(shapes);
    }

    /** The same of so many samples where inputs take any number of them. */
    public Optional<Map<String, Tensor>> zeros(int samples) {
        Map<String, Optional<TensorShape>> sized = new LinkedHashMap<>(shapes);
        batched.forEach(name -> sized.computeIfPresent(name, (it, shape) -> shape.map(of -> of.withFirst(samples))));
        return zeros(sized);
    }

    private static Optional<Map<String, Tensor>> zeros(Map<String, Optional<TensorShape>> shapes) {
        Map<String, Tensor> zeros = new HashMap<>();
        shapes.forEach((name, shape) -> shape.flatMap(TensorShape::zeros).ifPresent(tensor -> zeros.put(name, tensor)));
        return zeros.size() == shapes.size() ? Optional.of(zeros) : Optional.empty();
    }

    /** The dims that the file leaves open, but for first dims, which are the batch. */
    public List<OpenDim> openDims() {
        return List.copyOf(open.values());
    }

    /** B, the number of samples one run has at these sizes: the first dim of the first input that has dims, else 1. */
    long batch() {
        return shapes.values().stream()
                .flatMap(Optional::stream)
                .filter(s -> !s.dims().isEmpty())
                .mapToLong(s -> s.dims().get(0))
                .filter(d -> d > 0)
                .findFirst()
                .orElse(1);
    }

    /** A shape as the file declares it, its first dim the batch if symbolic; other symbolic dims are unknown. */
    static TensorShape declared(TypeProto.Tensor type, long batch) {
        List<Long> dims = new ArrayList<>();
        for (Dimension dim : type.getShape().getDimList()) {
            long otherwise = dims.isEmpty() ? batch : -1;
            dims.add(isFixed(dim) ? dim.getDimValue() : otherwise);
        }
        return new TensorShape(type.getElemType(), dims);
    }

    private Optional<TensorShape> shape(ValueInfoProto input, OpenOptions options, SampleShapes samples) {
        TypeProto.Tensor type = input.getType().getTensorType();
        List<Long> given = options.inputShapes().get(input.getName());
        if (!input.getType().hasTensorType()) {
            return Optional.empty();
        }
        if (given != null) {
            given.forEach(d -> requireSize("A dim of input '" + input.getName() + "'", d));
        }
        if (!type.hasShape()) {
            return Optional.ofNullable(given).map(g -> new TensorShape(type.getElemType(), g));
        }
        List<Dimension> dims = type.getShape().getDimList();
        if (given != null && !agrees(dims, given)) {
            throw new InvalidInputException("Input '" + input.getName() + "' has shape " + text(dims)
                    + " in the model, " + given + " was asked for.");
        }
        List<Long> chosen = new ArrayList<>();
        for (int i = 0; i < dims.size(); i++) {
            Dimension dim = dims.get(i);
            if (isFixed(dim)) {
                chosen.add(dim.getDimValue());
                continue;
            }
            Long asked = given != null
                    ? given.get(i)
                    : dim.getDimParam().isEmpty() ? null : options.dims().get(dim.getDimParam());
            OpenDim size = openDim(input.getName(), dims, i, Optional.ofNullable(asked), samples.size(input, i));
            chosen.add(size.size());
            if (i == 0) {
                batched.add(input.getName());
            } else {
                open.putIfAbsent(size.name().isEmpty() ? input.getName() + " " + i : size.name(), size);
            }
        }
        return Optional.of(new TensorShape(type.getElemType(), chosen));
    }

    private static OpenDim openDim(
            String input, List<Dimension> dims, int axis, Optional<Long> asked, OptionalLong inSamples) {
        Origin origin = asked.isPresent() ? Origin.OPTION : inSamples.isPresent() ? Origin.SAMPLES : Origin.DEFAULT;
        long size = asked.orElseGet(() -> inSamples.orElseGet(() -> otherwise(dims, axis)));
        return new OpenDim(input, axis, dims.get(axis).getDimParam(), size, origin, inSamples);
    }

    private static boolean agrees(List<Dimension> dims, List<Long> given) {
        if (dims.size() != given.size()) {
            return false;
        }
        for (int i = 0; i < dims.size(); i++) {
            if (isFixed(dims.get(i)) && dims.get(i).getDimValue() != given.get(i)) {
                return false;
            }
        }
        return true;
    }

    private static long otherwise(List<Dimension> dims, int index) {
        int rank = dims.size();
        if (rank != 4 && rank != 5 || index == 0) {
            return 1;
        }
        Dimension last = dims.get(rank - 1);
        boolean channelsLast = isFixed(last) && last.getDimValue() <= MOST_COLORS && !isFixed(dims.get(1));
        int channel = channelsLast ? rank - 1 : 1;
        if (index == channel) {
            return 1;
        }
        return rank == 4 ? IMAGE : VOLUME;
    }

    /** Some exporters write 0 or −1 for a dim that is not fixed. */
    static boolean isFixed(Dimension dim) {
        return dim.hasDimValue() && dim.getDimValue() > 0;
    }

    private static String text(List<Dimension> dims) {
        return dims.stream()
                .map(d -> isFixed(d)
                        ? String.valueOf(d.getDimValue())
                        : d.getDimParam().isEmpty() ? "?" : d.getDimParam())
                .toList()
                .toString();
    }

    private static void requireOne(String kind, String name, Collection<String> known) {
        if (!known.contains(name)) {
            throw new InvalidInputException("The model has no " + kind + " '" + name + "'; "
                    + (known.isEmpty() ? "it has none." : "it has " + String.join(", ", known) + "."));
        }
    }

    private static void requireSize(String what, long value) {
        if (value < 1 || value > Integer.MAX_VALUE) {
            throw new InvalidInputException(
                    what + " must be at least 1 and at most " + Integer.MAX_VALUE + ", found " + value + ".");
        }
    }
}
