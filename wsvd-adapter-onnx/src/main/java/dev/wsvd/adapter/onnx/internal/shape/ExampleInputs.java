package dev.wsvd.adapter.onnx.internal.shape;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.TensorShapeProto.Dimension;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.spi.OpenOptions;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Sizes of inputs that tell open dims apart from each other and from most that are fixed. */
final class ExampleInputs {
    private static final long POSITIONS = 7;
    private static final int IMAGE_RANK = 4;

    private final GraphProto graph;
    private final InputShapes inputs;
    private final long samples;
    private final Map<String, Long> named = new HashMap<>();

    private ExampleInputs(GraphProto graph, InputShapes inputs, long samples) {
        this.graph = graph;
        this.inputs = inputs;
        this.samples = samples;
        for (ValueInfoProto input : graph.getInputList()) {
            List<Long> sizes = given(input);
            for (int i = 0; i < sizes.size(); i++) {
                if (isFree(input, i)) {
                    named.putIfAbsent(dim(input, i).getDimParam(), size(i));
                }
            }
        }
        named.remove("");
    }

    /**
     * Dims that are open get sizes of their own, those of one name the same; of images only those of one element.
     *
     * @param samples size of first dims
     * @return empty if no inputs can have such sizes
     */
    static Optional<InputShapes> of(GraphProto graph, InputShapes inputs, long samples) {
        try {
            return Optional.of(new InputShapes(graph, new ExampleInputs(graph, inputs, samples).options()));
        } catch (InvalidInputException e) {
            return Optional.empty();
        }
    }

    private OpenOptions options() {
        OpenOptions options = OpenOptions.DEFAULT;
        for (ValueInfoProto input : graph.getInputList()) {
            List<Long> sizes = new ArrayList<>(given(input));
            boolean declared = sizes.size() == dims(input).size();
            for (int i = 0; declared && i < sizes.size(); i++) {
                Dimension dim = dim(input, i);
                long otherwise = isFree(input, i) ? size(i) : sizes.get(i);
                sizes.set(
                        i, InputShapes.isFixed(dim) ? sizes.get(i) : named.getOrDefault(dim.getDimParam(), otherwise));
            }
            options = sizes.isEmpty() ? options : options.withInputShape(input.getName(), sizes);
        }
        return options;
    }

    private List<Long> given(ValueInfoProto input) {
        return inputs.shapes()
                .getOrDefault(input.getName(), Optional.empty())
                .map(TensorShape::dims)
                .orElse(List.of());
    }

    private static List<Dimension> dims(ValueInfoProto input) {
        return input.getType().getTensorType().getShape().getDimList();
    }

    private static Dimension dim(ValueInfoProto input, int axis) {
        List<Dimension> dims = dims(input);
        return axis < dims.size() ? dims.get(axis) : Dimension.getDefaultInstance();
    }

    private boolean isFree(ValueInfoProto input, int axis) {
        List<Long> sizes = given(input);
        return !InputShapes.isFixed(dim(input, axis)) && (sizes.size() < IMAGE_RANK || sizes.get(axis) == 1);
    }

    private long size(int axis) {
        return axis == 0 ? samples : POSITIONS;
    }
}
