package dev.wsvd.adapter.onnx.internal.shape;

import ai.onnx.proto.OnnxMl.TensorShapeProto.Dimension;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

/** The sizes that open dims have in samples. A dim of a name has its size wherever that name stands. */
final class SampleShapes {
    private final Map<String, List<Long>> byInput = new HashMap<>();
    private final Map<String, Long> bySymbol = new HashMap<>();

    /** @param shapes by input name, without the batch dim; what does not fit an input is not used */
    SampleShapes(List<ValueInfoProto> inputs, Map<String, List<Long>> shapes) {
        for (ValueInfoProto input : inputs) {
            List<Long> sample = shapes.get(inputs.size() == 1 && shapes.containsKey("") ? "" : input.getName());
            List<Dimension> dims = dims(input);
            if (sample != null && fits(dims, sample)) {
                byInput.put(input.getName(), sample);
                for (int i = 1; i < dims.size(); i++) {
                    bySymbol.putIfAbsent(dims.get(i).getDimParam(), sample.get(i - 1));
                }
            }
        }
        bySymbol.remove("");
    }

    /** The size of an open dim of an input; empty if the samples do not tell. */
    OptionalLong size(ValueInfoProto input, int axis) {
        Long named = bySymbol.get(dims(input).get(axis).getDimParam());
        List<Long> sample = byInput.get(input.getName());
        if (named != null) {
            return OptionalLong.of(named);
        }
        return sample == null || axis == 0 ? OptionalLong.empty() : OptionalLong.of(sample.get(axis - 1));
    }

    private static List<Dimension> dims(ValueInfoProto input) {
        return input.getType().getTensorType().getShape().getDimList();
    }

    private static boolean fits(List<Dimension> dims, List<Long> sample) {
        boolean fits = dims.size() == sample.size() + 1;
        for (int i = 1; fits && i < dims.size(); i++) {
            long size = sample.get(i - 1);
            fits = size > 0
                    && size <= Integer.MAX_VALUE
                    && (!InputShapes.isFixed(dims.get(i)) || dims.get(i).getDimValue() == size);
        }
        return fits;
    }
}
