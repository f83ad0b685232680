package dev.wsvd.factorization;

import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.linalg.LinearAlgebra;
import dev.wsvd.domain.linalg.Matrix;
import dev.wsvd.domain.linalg.SymmetricEigen;
import java.util.Arrays;

/** Small arithmetic on matrices. */
final class Matrices {
    private Matrices() {}

    /** A group's part of a layer's weight, n' × m'·K. */
    static Matrix ofGroup(Layer layer, float[] weight, int group) {
        int out = layer.outChannels() / layer.groups();
        return rows(weight, group * out, out, weight.length / layer.outChannels());
    }

    /** The first rows of a matrix. */
    static Matrix leadingRows(Matrix m, int rows) {
        return rows == m.rows() ? m : new Matrix(rows, m.cols(), Arrays.copyOf(m.data(), rows * m.cols()));
    }

    /** Rows from … to − 1 of a matrix, the first so many columns. */
    static Matrix block(Matrix m, int from, int to, int cols) {
        double[] data = new double[(to - from) * cols];
        for (int i = from; i < to; i++) {
            System.arraycopy(m.data(), i * m.cols(), data, (i - from) * cols, cols);
        }
        return new Matrix(to - from, cols, data);
    }

    /** Some rows of a row-major matrix. */
    static Matrix rows(float[] from, int first, int count, int width) {
        double[] rows = new double[Math.multiplyExact(count, width)];
        for (int i = 0; i < rows.length; i++) {
            rows[i] = from[first * width + i];
        }
        return new Matrix(count, width, rows);
    }

    /** The sum of squares of some elements. */
    static double energy(double[] data, int from, int to) {
        double sum = 0;
        for (int i = from; i < to; i++) {
            sum += data[i] * data[i];
        }
        return sum;
    }

    /** The sum of products, element by element. */
    static double dot(Matrix a, Matrix b) {
        double sum = 0;
        for (int i = 0; i < a.data().length; i++) {
            sum += a.data()[i] * b.data()[i];
        }
        return sum;
    }

    /** a + factor · b. */
    static Matrix plus(Matrix a, double factor, Matrix b) {
        double[] sum = a.data().clone();
        for (int i = 0; i < sum.length; i++) {
            sum[i] += factor * b.data()[i];
        }
        return new Matrix(a.rows(), a.cols(), sum);
    }

    static double trace(Matrix m) {
        double trace = 0;
        for (int i = 0; i < m.rows(); i++) {
            trace += Math.max(0, m.get(i, i));
        }
        return trace;
    }

    /** A symmetric matrix with something added to its diagonal, and a little more, so that zero has an inverse. */
    static Matrix withDiagonal(Matrix gram, double[] added) {
        int n = gram.rows();
        double[] data = gram.data().clone();
        for (int i = 0; i < n; i++) {
            data[i * n + i] += added[i] + Double.MIN_NORMAL;
        }
        return new Matrix(n, n, data);
    }

    /** The same with a share of the mean diagonal added everywhere. */
    static Matrix withRidge(Matrix gram, double share) {
        double[] added = new double[gram.rows()];
        Arrays.fill(added, share * trace(gram) / gram.rows());
        return withDiagonal(gram, added);
    }

    /** The same with a share of each element of the diagonal added to it, and a share of the mean. */
    static Matrix withRidge(Matrix gram, double ofOwn, double ofMean) {
        double[] added = new double[gram.rows()];
        double mean = trace(gram) / gram.rows();
        Arrays.setAll(added, i -> ofOwn * Math.max(0, gram.get(i, i)) + ofMean * mean);
        return withDiagonal(gram, added);
    }

    static Matrix scaledRows(Matrix m, double[] factors, boolean times) {
        double[] data = m.data().clone();
        for (int i = 0; i < data.length; i++) {
            double factor = factors[i / m.cols()];
            data[i] = times ? data[i] * factor : data[i] / factor;
        }
        return new Matrix(m.rows(), m.cols(), data);
    }

    /** Rows of length one; a zero row stays. */
    static Matrix unitRows(Matrix m) {
        double[] lengths = new double[m.rows()];
        for (int i = 0; i < lengths.length; i++) {
            double length = Math.sqrt(energy(m.data(), i * m.cols(), (i + 1) * m.cols()));
            lengths[i] = length == 0 ? 1 : length;
        }
        return scaledRows(m, lengths, false);
    }

    /** From n × q·J, with the columns in the order (q, tap), q × n·J. */
    static Matrix unfolded(Matrix m, int taps) {
        int n = m.rows();
        int q = m.cols() / taps;
        double[] data = new double[m.data().length];
        for (int o = 0; o < n; o++) {
            for (int k = 0; k < q; k++) {
                System.arraycopy(m.data(), (o * q + k) * taps, data, (k * n + o) * taps, taps);
            }
        }
        return new Matrix(q, n * taps, data);
    }

    /** The symmetric square root of a positive semidefinite matrix. */
    static Matrix root(LinearAlgebra linearAlgebra, Matrix m) {
        SymmetricEigen eigen = linearAlgebra.eigenSymmetric(m);
        double[] roots = Arrays.stream(eigen.values())
                .map(value -> Math.sqrt(Math.max(0, value)))
                .toArray();
        return linearAlgebra.transposedTimes(eigen.vectors(), scaledRows(eigen.vectors(), roots, true));
    }

    static Matrix symmetric(Matrix m) {
        int n = m.rows();
        double[] data = new double[n * n];
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < n; j++) {
                data[i * n + j] = 0.5 * (m.get(i, j) + m.get(j, i));
            }
        }
        return new Matrix(n, n, data);
    }
}
