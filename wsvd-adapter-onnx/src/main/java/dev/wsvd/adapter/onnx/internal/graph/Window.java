package dev.wsvd.adapter.onnx.internal.graph;

import dev.wsvd.domain.layer.WeightShape;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** How a convolution's kernel moves, per spatial dim; padding is that before the first position, as {@code Convolution} has it. */
record Window(List<Integer> stride, List<Integer> dilation, List<Integer> padding) {
    /**
     * @param inputShape [1][C][spatial…]; empty if unknown
     * @param outputShape [1][C][spatial…]; empty if unknown
     */
    static Window of(LayerNode node, WeightShape weight, List<Long> inputShape, List<Long> outputShape) {
        List<Integer> stride = given(node, "strides", weight, 1);
        List<Integer> dilation = given(node, "dilations", weight, 1);
        List<Integer> padding = new ArrayList<>();
        boolean transposed = node.form() == LayerForm.CONV_TRANSPOSE;
        String auto = Attributes.text(node.node(), "auto_pad", "NOTSET");
        boolean fitted =
                transposed && !Attributes.integers(node.node(), "output_shape").isEmpty();
        List<Integer> pads = auto.equals("NOTSET") && !fitted ? given(node, "pads", weight, 0) : List.of();
        List<Integer> behind = given(node, "output_padding", weight, 0);
        int rank = weight.kernel().size() + 2;
        for (int d = 0; d < weight.kernel().size(); d++) {
            boolean sized = inputShape.size() == rank && outputShape.size() == rank && stride.get(d) > 0;
            if (d < pads.size()) {
                padding.add(pads.get(d));
            } else if (!sized || !fitted && !auto.startsWith("SAME")) {
                padding.add(0);
            } else {
                long in = inputShape.get(d + 2);
                long out = outputShape.get(d + 2);
                long reach = (weight.kernel().get(d) - 1L) * dilation.get(d) + 1;
                // Zeros around the input so that the kernel ends at the last output, or outputs too many for the size
                // wanted.
                padding.add(
                        transposed
                                ? before(
                                        (in - 1) * stride.get(d) + reach + behind.get(d) - out,
                                        !auto.equals("SAME_UPPER"))
                                : before((out - 1) * stride.get(d) + reach - in, auto.equals("SAME_LOWER")));
            }
        }
        return new Window(stride, dilation, padding);
    }

    /** Half of them; an odd one stands before if {@code lower}. */
    private static int before(long total, boolean lower) {
        long some = Math.max(0, total);
        return (int) Math.min(Integer.MAX_VALUE, lower ? some - some / 2 : some / 2);
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
