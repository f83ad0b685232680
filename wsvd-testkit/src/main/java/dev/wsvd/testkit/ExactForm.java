package dev.wsvd.testkit;

import dev.wsvd.domain.layer.Convolution;
import dev.wsvd.domain.layer.Layer;
import java.util.List;
import java.util.stream.Stream;

/** How {@link ExactFactors} make a layer's weight into stages: one, two or three of them. */
public enum ExactForm {
    /** One stage: the layer itself. */
    WHOLE("whole"),
    /** 1×1, then the kernel. */
    INPUT_CHANNEL("input-channel"),
    /** The kernel, then 1×1. */
    OUTPUT_CHANNEL("output-channel"),
    /** The rows of the kernel, then its columns; for kernels of two dims. */
    SPATIAL("spatial"),
    /** 1×1, the kernel, 1×1. */
    TUCKER_2("tucker-2");

    private final String id;

    ExactForm(String id) {
        this.id = id;
    }

    /** Whether there are such stages for a layer. */
    public boolean appliesTo(Layer layer) {
        List<Integer> kernel = layer.weight().kernel();
        return this != SPATIAL
                || layer.op() instanceof Convolution
                        && kernel.size() == 2
                        && kernel.stream().allMatch(k -> k > 1);
    }

    /** Those that apply to a layer. */
    public static List<ExactForm> of(Layer layer) {
        return Stream.of(values()).filter(form -> form.appliesTo(layer)).toList();
    }

    /** Whether the first of two stages has this dim of the kernel. */
    boolean inFirst(int dim) {
        return this == OUTPUT_CHANNEL || this == SPATIAL && dim == 0;
    }

    @Override
    public String toString() {
        return id;
    }
}
