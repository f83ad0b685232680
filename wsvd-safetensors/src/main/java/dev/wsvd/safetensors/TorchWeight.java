package dev.wsvd.safetensors;

import dev.wsvd.domain.layer.Affine;
import dev.wsvd.domain.layer.Convolution;
import dev.wsvd.domain.layer.Lookup;
import dev.wsvd.domain.layer.Op;
import dev.wsvd.domain.layer.WeightShape;
import java.util.ArrayList;
import java.util.List;

/**
 * A weight as the module of PyTorch that computes the same has it: {@code Linear} [n][m], {@code Embedding} [m][n], {@code Conv} [n][m/g][k…],
 * {@code ConvTranspose} [m][n/g][k…].
 */
record TorchWeight(List<Long> shape, float[] values) {
    /** @param weight W[n][m/g][k…] */
    static TorchWeight of(Op op, float[] weight) {
        WeightShape shape = op.weight();
        if (op instanceof Lookup) {
            return new TorchWeight(longs(List.of(shape.inPerGroup(), shape.out())), weight).transposed(shape.out());
        }
        return op instanceof Convolution conv && conv.transposed()
                ? inputsFirst(shape, conv.groups(), weight)
                : new TorchWeight(longs(shape.dims()), weight);
    }

    /** The shape of {@link #of}. */
    static List<Long> shape(Op op) {
        WeightShape shape = op.weight();
        List<Integer> dims = new ArrayList<>(shape.dims());
        if (op instanceof Lookup) {
            dims = List.of(shape.inPerGroup(), shape.out());
        } else if (op instanceof Convolution conv && conv.transposed()) {
            dims.set(0, shape.inPerGroup() * conv.groups());
            dims.set(1, shape.out() / conv.groups());
        }
        return longs(dims);
    }

    /** The matrix of a {@code Linear} as some modules keep it, [m][n]. */
    static TorchWeight turned(Affine op, float[] weight) {
        WeightShape shape = op.weight();
        return new TorchWeight(longs(List.of(shape.inPerGroup(), shape.out())), weight).transposed(shape.out());
    }

    /** These values, which are those of the transpose. */
    private TorchWeight transposed(int rows) {
        int cols = values.length / rows;
        float[] turned = new float[values.length];
        for (int row = 0; row < rows; row++) {
            for (int col = 0; col < cols; col++) {
                turned[col * rows + row] = values[row * cols + col];
            }
        }
        return new TorchWeight(shape, turned);
    }

    private static TorchWeight inputsFirst(WeightShape shape, int groups, float[] weight) {
        int in = shape.inPerGroup();
        int out = shape.out() / groups;
        int taps = shape.kernelSize();
        float[] turned = new float[weight.length];
        for (int group = 0; group < groups; group++) {
            for (int o = 0; o < out; o++) {
                for (int i = 0; i < in; i++) {
                    int from = ((group * out + o) * in + i) * taps;
                    System.arraycopy(weight, from, turned, ((group * in + i) * out + o) * taps, taps);
                }
            }
        }
        List<Integer> dims = new ArrayList<>(List.of(in * groups, out));
        dims.addAll(shape.kernel());
        return new TorchWeight(longs(dims), turned);
    }

    private static List<Long> longs(List<Integer> dims) {
        return dims.stream().map(Integer::longValue).toList();
    }
}
