package com.example.tiny;

import dev.wsvd.domain.error.ModelFormatException;

/**
 * A layer: y = W x + b, then max(y, 0) if {@code relu}. A linear one takes all its input as one vector.
 *
 * @param weight W[out][in / groups][rows.kernel][columns.kernel], row-major
 * @param bias per output channel; empty for none
 */
public record Step(
        String name,
        Kind kind,
        int out,
        int in,
        int groups,
        Window rows,
        Window columns,
        boolean relu,
        float[] weight,
        float[] bias) {
    /** What the layer is in the file. */
    public enum Kind {
        CONV,
        LINEAR
    }

    /** How the kernel moves along one dim; as many zeros stand before the first position as after the last. */
    public record Window(int kernel, int stride, int padding, int dilation) {
        static final Window POINT = new Window(1, 1, 0, 1);

        int positions(int size) {
            return Math.floorDiv(size + 2 * padding - dilation * (kernel - 1) - 1, stride) + 1;
        }
    }

    /** What layers see and give of one sample, [channels][rows][columns]. */
    public record Size(int channels, int rows, int columns) {
        int elements() {
            return channels * rows * columns;
        }
    }

    /** The size that the layer sees of what the one before it gives. */
    Size seen(Size given) {
        return kind == Kind.CONV ? given : new Size(given.elements(), 1, 1);
    }

    /** The size that the layer gives. */
    Size given(Size seen) {
        Size given = new Size(out, rows.positions(seen.rows()), columns.positions(seen.columns()));
        if (seen.channels() != in || given.rows() < 1 || given.columns() < 1) {
            throw new ModelFormatException("layer '" + name + "' does not fit what it sees, " + seen + ".");
        }
        return given;
    }

    /** W x + b, [out][rows][columns]. */
    float[] run(float[] x, Size seen) {
        Size given = given(seen);
        float[] y = new float[given.elements()];
        for (int o = 0, at = 0; o < out; o++) {
            for (int row = 0; row < given.rows(); row++) {
                for (int column = 0; column < given.columns(); column++) {
                    double b = bias.length == 0 ? 0 : bias[o];
                    y[at++] = (float) (b + product(x, seen, o, row * rows.stride(), column * columns.stride()));
                }
            }
        }
        return y;
    }

    /** What the weights of an output channel make of the patch whose first element, but for the padding, is there. */
    private double product(float[] x, Size seen, int channel, int row, int column) {
        int inPerGroup = in / groups;
        int first = channel / (out / groups) * inPerGroup;
        int w = channel * inPerGroup * rows.kernel() * columns.kernel();
        double sum = 0;
        for (int i = first; i < first + inPerGroup; i++) {
            for (int kr = 0; kr < rows.kernel(); kr++) {
                int r = row + kr * rows.dilation() - rows.padding();
                for (int kc = 0; kc < columns.kernel(); kc++, w++) {
                    int c = column + kc * columns.dilation() - columns.padding();
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
