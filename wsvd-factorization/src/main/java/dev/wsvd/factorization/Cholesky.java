package dev.wsvd.factorization;

import dev.wsvd.domain.error.LinearAlgebraException;
import dev.wsvd.domain.linalg.LinearAlgebra;
import dev.wsvd.domain.linalg.Matrix;
import java.util.Arrays;

/**
 * A = L Lᵀ of a symmetric positive definite matrix, block by block so that most of the work is products, and solutions with
 * its leading blocks.
 */
final class Cholesky {
    private static final int BLOCK = 64;

    private final LinearAlgebra linearAlgebra;
    private final int n;
    /** L, row-major; zero above the diagonal. */
    private final double[] l;

    /**
     * @param a n × n; its lower triangle is used
     * @throws LinearAlgebraException if a pivot is not positive
     */
    Cholesky(LinearAlgebra linearAlgebra, Matrix a) {
        this.linearAlgebra = linearAlgebra;
        this.n = a.rows();
        this.l = a.data().clone();
        for (int from = 0; from < n; from += BLOCK) {
            int to = Math.min(n, from + BLOCK);
            factorColumns(a, from, to);
            if (to < n) {
                updateRest(from, to);
            }
        }
        for (int i = 0; i < n; i++) {
            Arrays.fill(l, i * n + i + 1, (i + 1) * n, 0);
        }
    }

    /** Columns from … to − 1 of L, all rows below. */
    private void factorColumns(Matrix a, int from, int to) {
        for (int j = from; j < to; j++) {
            double pivot = l[j * n + j] - dot(j, j, from, j);
            if (!(pivot > 0)) {
                throw new LinearAlgebraException(
                        "A " + a + " matrix is not positive definite: pivot " + j + " is " + pivot + ".");
            }
            double root = Math.sqrt(pivot);
            l[j * n + j] = root;
            for (int i = j + 1; i < n; i++) {
                l[i * n + j] = (l[i * n + j] - dot(i, j, from, j)) / root;
            }
        }
    }

    private double dot(int i, int j, int from, int to) {
        double sum = 0;
        for (int k = from; k < to; k++) {
            sum += l[i * n + k] * l[j * n + k];
        }
        return sum;
    }

    private void updateRest(int from, int to) {
        Matrix below = part(to, n, from, to);
        double[] product = linearAlgebra.multiply(below, below.transposed()).data();
        int size = n - to;
        for (int i = 0; i < size; i++) {
            for (int j = 0; j <= i; j++) {
                l[(to + i) * n + to + j] -= product[i * size + j];
            }
        }
    }

    /** L, n × n; not to be written to. */
    Matrix factor() {
        return new Matrix(n, n, l);
    }

    /** L⁻¹, n × n. */
    Matrix inverseFactor() {
        double[] inverse = new double[n * n];
        for (int from = 0; from < n; from += BLOCK) {
            int to = Math.min(n, from + BLOCK);
            if (from > 0) {
                Matrix done = block(inverse, 0, from, 0, from);
                double[] product =
                        linearAlgebra.multiply(part(from, to, 0, from), done).data();
                for (int i = from; i < to; i++) {
                    for (int j = 0; j < from; j++) {
                        inverse[i * n + j] = -product[(i - from) * from + j];
                    }
                }
            }
            for (int i = from; i < to; i++) {
                inverse[i * n + i] = 1;
                for (int k = from; k < i; k++) {
                    subtract(inverse, i, l[i * n + k], k, n);
                }
                scale(inverse, i, 1 / l[i * n + i], n);
            }
        }
        return new Matrix(n, n, inverse);
    }

    private Matrix part(int row, int toRow, int col, int toCol) {
        return block(l, row, toRow, col, toCol);
    }

    private Matrix block(double[] from, int row, int toRow, int col, int toCol) {
        double[] data = new double[(toRow - row) * (toCol - col)];
        for (int i = row; i < toRow; i++) {
            System.arraycopy(from, i * n + col, data, (i - row) * (toCol - col), toCol - col);
        }
        return new Matrix(toRow - row, toCol - col, data);
    }

    /**
     * L⁻¹ B.
     *
     * @param b n × q
     */
    Matrix solveLower(Matrix b) {
        int q = b.cols();
        double[] x = b.data().clone();
        for (int from = 0; from < n; from += BLOCK) {
            int to = Math.min(n, from + BLOCK);
            for (int i = from; i < to; i++) {
                for (int k = from; k < i; k++) {
                    subtract(x, i, l[i * n + k], k, q);
                }
                scale(x, i, 1 / l[i * n + i], q);
            }
            if (to < n) {
                Matrix solved = new Matrix(to - from, q, Arrays.copyOfRange(x, from * q, to * q));
                subtract(x, to * q, linearAlgebra.multiply(part(to, n, from, to), solved));
            }
        }
        return new Matrix(n, q, x);
    }

    /**
     * L_m⁻ᵀ B for the leading m × m block of L: the solution of L_m L_mᵀ X = B' from its first half, B = L_m⁻¹ B'.
     *
     * @param b m × q, m at most n
     */
    Matrix solveUpper(Matrix b) {
        int m = b.rows();
        int q = b.cols();
        double[] x = b.data().clone();
        for (int to = m; to > 0; ) {
            int from = (to - 1) / BLOCK * BLOCK;
            for (int i = to - 1; i >= from; i--) {
                for (int k = i + 1; k < to; k++) {
                    subtract(x, i, l[k * n + i], k, q);
                }
                scale(x, i, 1 / l[i * n + i], q);
            }
            if (from > 0) {
                Matrix solved = new Matrix(to - from, q, Arrays.copyOfRange(x, from * q, to * q));
                subtract(x, 0, linearAlgebra.multiply(part(from, to, 0, from).transposed(), solved));
            }
            to = from;
        }
        return new Matrix(m, q, x);
    }

    /**
     * A⁻¹ B.
     *
     * @param b n × q
     */
    Matrix solve(Matrix b) {
        return solveUpper(solveLower(b));
    }

    /** Row i −= factor · row k. */
    private static void subtract(double[] x, int i, double factor, int k, int q) {
        for (int j = 0; j < q; j++) {
            x[i * q + j] -= factor * x[k * q + j];
        }
    }

    private static void scale(double[] x, int i, double factor, int q) {
        for (int j = 0; j < q; j++) {
            x[i * q + j] *= factor;
        }
    }

    private static void subtract(double[] x, int offset, Matrix product) {
        for (int j = 0; j < product.data().length; j++) {
            x[offset + j] -= product.data()[j];
        }
    }
}
