package com.example.tiny;

import dev.wsvd.domain.error.ModelFormatException;
import dev.wsvd.domain.layer.Affine;
import dev.wsvd.domain.layer.Convolution;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.layer.Op;
import java.util.List;

/**
 * A layer: y = W x + b, then max(y, 0) if {@code relu}. A linear one takes all its input as one vector.
 *
 * @param op a convolution of two dims, or a matrix
 * @param weight of the op's shape, row-major
 * @param bias per output channel; empty for none
 */
public record Step(String name, Op op, boolean relu, float[] weight, float[] bias) {
    /** How the kernel moves along one dim; as many zeros stand before the first position as after the last. */
    private record Window(int kernel, int stride, int padding, int dilation) {
        int positions(int size) {
            return Math.floorDiv(size + 2 * padding - dilation * (kernel - 1) - 1, stride) + 1;
        }
    }

    /** What layers see and give of one sample, [channels][rows][columns]. */
    public record Size(int channels, int rows, int columns) {
        int elements() {
            return channels * rows * columns;
        }

        List<Long> shape(long samples) {
            return List.of(samples, (long) channels, (long) rows, (long) columns);
        }
    }

    LayerId id() {
        return new LayerId(name);
    }

    private Window along(int dim) {
        return op instanceof Convolution conv
                ? new Window(
                        conv.weight().kernel().get(dim),
                        conv.stride().get(dim),
                        conv.padding().get(dim),
                        conv.dilation().get(dim))
                : new Window(1, 1, 0, 1);
    }

    /** The size that the layer sees of what the one before it gives. */
    Size seen(Size given) {
        return op instanceof Affine ? new Size(given.elements(), 1, 1) : given;
    }

    /** The size that the layer gives. */
    Size given(Size seen) {
        int out = op.weight().out();
        Size given = new Size(out, along(0).positions(seen.rows()), along(1).positions(seen.columns()));
        int in = op.weight().inPerGroup() * op.groups();
        if (seen.channels() != in || given.rows() < 1 || given.columns() < 1) {
            throw new ModelFormatException("layer '" + name + "' does not fit what it sees, " + seen + ".");
        }
        return given;
    }

    /** The shape of what it sees or gives; a linear layer's is a vector. */
    List<Long> shape(long samples, Size size) {
        return op instanceof Affine ? List.of(samples, (long) size.channels()) : size.shape(samples);
    }

    /** W x + b, [out][rows][columns]. */
    float[] run(float[] x, Size seen) {
        Size given = given(seen);
        float[] y = new float[given.elements()];
        for (int o = 0, at = 0; o < given.channels(); o++) {
            for (int row = 0; row < given.rows(); row++) {
                for (int column = 0; column < given.columns(); column++) {
                    double b = bias.length == 0 ? 0 : bias[o];
                    y[at++] = (float) (b + product(x, seen, o, row, column));
                }
            }
        }
        return y;
    }

    /** What the weights of an output channel make of the patch at an output position. */
    private double product(float[] x, Size seen, int channel, int row, int column) {
        Window rows = along(0);
        Window columns = along(1);
        int inPerGroup = op.weight().inPerGroup();
        int first = channel / (op.weight().out() / op.groups()) * inPerGroup;
        int w = channel * inPerGroup * rows.kernel() * columns.kernel();
        double sum = 0;
        for (int i = first; i < first + inPerGroup; i++) {
            for (int kr = 0; kr < rows.kernel(); kr++) {
                int r = row * rows.stride() + kr * rows.dilation() - rows.padding();
                for (int kc = 0; kc < columns.kernel(); kc++, w++) {
                    int c = column * columns.stride() + kc * columns.dilation() - columns.padding();
                    if (r >= 0 && r < seen.rows() && c >= 0 && c < seen.columns()) {
                        sum += (double) weight[w] * x[(i * seen.rows() + r) * seen.columns() + c];
                    }
                }
            }
        }
        return sum;
    }

    /** max(y, 0) if there is an activation. */
    float[] activated(float[] y) {
        float[] activated = y.clone();
        for (int i = 0; relu && i < y.length; i++) {
            activated[i] = Math.max(y[i], 0);
        }
        return activated;
    }
}
