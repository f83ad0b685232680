package dev.wsvd.adapter.onnx.internal.graph;

import dev.wsvd.domain.layer.WeightShape;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** How a convolution's kernel moves, per spatial dim; padding is that before the first position. */
record Window(List<Integer> stride, List<Integer> dilation, List<Integer> padding) {
    /** @param inputShape [1][C][spatial…]; empty if unknown */
    static Window of(LayerNode node, WeightShape weight, List<Long> inputShape) {
        List<Integer> stride = given(node, "strides", weight, 1);
        List<Integer> dilation = given(node, "dilations", weight, 1);
        List<Integer> padding = new ArrayList<>();
        String auto = Attributes.text(node.node(), "auto_pad", "NOTSET");
        List<Integer> pads = auto.equals("NOTSET") ? given(node, "pads", weight, 0) : List.of();
        for (int d = 0; d < weight.kernel().size(); d++) {
            boolean sized = inputShape.size() == weight.kernel().size() + 2 && stride.get(d) > 0;
            padding.add(
                    d < pads.size()
                            ? pads.get(d)
                            : !auto.startsWith("SAME") || !sized
                                    ? 0
                                    : same(
                                            inputShape.get(d + 2),
                                            weight.kernel().get(d),
                                            stride.get(d),
                                            dilation.get(d),
                                            auto.equals("SAME_LOWER")));
        }
        return new Window(stride, dilation, padding);
    }

    /** So many zeros that there are ⌈size / stride⌉ outputs; an odd one stands before if {@code lower}. */
    private static int same(long size, int kernel, int stride, int dilation, boolean lower) {
        long outputs = (size + stride - 1) / stride;
        long total = Math.max(0, (outputs - 1) * stride + (kernel - 1L) * dilation + 1 - size);
        return (int) Math.min(Integer.MAX_VALUE, lower ? total - total / 2 : total / 2);
    }

    private static List<Integer> given(LayerNode node, String attribute, WeightShape weight, int otherwise) {
        int dims = weight.kernel().size();
        List<Integer> values = Attributes.integers(node.node(), attribute).stream()
                .limit(dims)
                .map(v -> (int) Math.min(v, Integer.MAX_VALUE))
                .toList();
        return values.size() < dims ? Collections.nCopies(dims, otherwise) : values;
    }
}
