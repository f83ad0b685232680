package dev.wsvd.factorization;

import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.Weights;
import dev.wsvd.domain.linalg.Matrix;

/**
 * A group's part of a layer's weight, n' × m'·K, read in pieces as they are needed.
 *
 * @param weights of all groups
 * @param rows n'
 * @param cols m'·K
 */
record GroupRows(Weights weights, int group, int rows, int cols) {
    /** Outputs that are read at once. */
    static final int PIECE = 1024;

    static GroupRows of(Layer layer, Weights weights, int group) {
        int cols =
                Math.multiplyExact(layer.weight().inPerGroup(), layer.weight().kernelSize());
        return new GroupRows(weights, group, layer.outChannels() / layer.groups(), cols);
    }

    /** Whether outputs outnumber inputs. */
    boolean isTall() {
        return rows > cols;
    }

    float[] read(int from, int to) {
        return weights.rows(group * rows + from, group * rows + to);
    }

    Matrix matrix(int from, int to) {
        return Matrices.rows(read(from, to), 0, to - from, cols);
    }

    /** The whole. */
    Matrix matrix() {
        return matrix(0, rows);
    }
}
