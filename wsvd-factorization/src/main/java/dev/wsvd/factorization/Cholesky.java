package dev.wsvd.factorization;

import dev.wsvd.domain.error.LinearAlgebraException;
import dev.wsvd.domain.linalg.LinearAlgebra;
import dev.wsvd.domain.linalg.Matrix;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A = L Lᵀ of a symmetric positive definite matrix, and solutions with its leading blocks. Block by block: those on the diagonal are
 * factored and inverted, all else are products.
 */
final class Cholesky {
    private static final int BLOCK = 64;
    /** Matrices beyond the processor's cache are gone through in larger blocks. */
    private static final int LARGE = 768;
    /** Rows that are updated together. */
    private static final int STRIP = 512;

    private final LinearAlgebra linearAlgebra;
    private final int n;
    private final int block;
    /** L, row-major; zero above the diagonal. */
    private final double[] l;
    /** L⁻¹ of the blocks on the diagonal. */
    private final List<Matrix> inverses = new ArrayList<>();

    /**
     * @param a n × n; its upper triangle is used
     * @throws LinearAlgebraException if a pivot is not positive
     */
    Cholesky(LinearAlgebra linearAlgebra, Matrix a) {
        this.linearAlgebra = linearAlgebra;
        this.n = a.rows();
        this.block = n < LARGE ? BLOCK : 2 * BLOCK;
        double[] u = a.data().clone();
        for (int from = 0; from < n; from += block) {
            int to = Math.min(n, from + block);
            factorBlock(a, u, from, to);
            inverses.add(inverted(u, from, to));
            if (to < n) {
                finishRows(u, from, to);
                updateRest(u, from, to);
            }
        }
        this.l = lower(u, n);
    }

    /** U = Lᵀ of a block on the diagonal. */
    private static void factorBlock(Matrix a, double[] u, int from, int to) {
        int n = a.rows();
        for (int k = from; k < to; k++) {
            double pivot = u[k * n + k];
            if (!(pivot > 0)) {
                throw new LinearAlgebraException(
                        "A " + a + " matrix is not positive definite: pivot " + k + " is " + pivot + ".");
            }
            scale(u, k * n + k, 1 / Math.sqrt(pivot), to - k);
            for (int i = k + 1; i < to; i++) {
                subtract(u, i * n + i, u[k * n + i], k * n + i, to - i);
            }
        }
    }

    /** L⁻¹ of a block on the diagonal of U = Lᵀ. */
    private Matrix inverted(double[] u, int from, int to) {
        int size = to - from;
        double[] inverse = new double[size * size];
        for (int i = 0; i < size; i++) {
            inverse[i * size + i] = 1;
            for (int k = 0; k < i; k++) {
                subtract(inverse, i * size, u[(from + k) * n + from + i], k * size, k + 1);
            }
            scale(inverse, i * size, 1 / u[(from + i) * n + from + i], i + 1);
        }
        return new Matrix(size, size, inverse);
    }

    /** Rows of U behind a block on the diagonal. */
    private void finishRows(double[] u, int from, int to) {
        Matrix rows = linearAlgebra.multiply(inverses.get(from / block), part(u, from, to, to, n));
        for (int i = from; i < to; i++) {
            System.arraycopy(rows.data(), (i - from) * rows.cols(), u, i * n + to, rows.cols());
        }
    }

    /** The upper triangle behind some rows, in strips. */
    private void updateRest(double[] u, int from, int to) {
        for (int strip = to; strip < n; strip += STRIP) {
            int end = Math.min(n, strip + STRIP);
            Matrix rows = part(u, from, to, strip, end).transposed();
            double[] product =
                    linearAlgebra.multiply(rows, part(u, from, to, strip, n)).data();
            for (int i = strip; i < end; i++) {
                int at = (i - strip) * (n - strip) - strip;
                for (int j = i; j < n; j++) {
                    u[i * n + j] -= product[at + j];
                }
            }
        }
    }

    /** U transposed, with zeros above the diagonal. */
    private static double[] lower(double[] u, int n) {
        double[] lower = new double[n * n];
        for (int i0 = 0; i0 < n; i0 += BLOCK) {
            for (int j0 = 0; j0 <= i0; j0 += BLOCK) {
                for (int i = i0; i < Math.min(n, i0 + BLOCK); i++) {
                    for (int j = j0; j < Math.min(i + 1, j0 + BLOCK); j++) {
                        lower[i * n + j] = u[j * n + i];
                    }
                }
            }
        }
        return lower;
    }

    /** L, n × n; not to be written to. */
    Matrix factor() {
        return new Matrix(n, n, l);
    }

    /** L⁻¹, n × n. */
    Matrix inverseFactor() {
        double[] inverse = new double[n * n];
        for (int from = 0; from < n; from += block) {
            int to = Math.min(n, from + block);
            Matrix own = inverses.get(from / block);
            for (int i = from; i < to; i++) {
                System.arraycopy(own.data(), (i - from) * own.cols(), inverse, i * n + from, own.cols());
            }
            if (from > 0) {
                Matrix done = part(inverse, 0, from, 0, from);
                double[] product = linearAlgebra
                        .multiply(own, linearAlgebra.multiply(part(l, from, to, 0, from), done))
                        .data();
                for (int i = from; i < to; i++) {
                    for (int j = 0; j < from; j++) {
                        inverse[i * n + j] = -product[(i - from) * from + j];
                    }
                }
            }
        }
        return new Matrix(n, n, inverse);
    }

    /** Some rows and columns of an n × n matrix. */
    private Matrix part(double[] of, int row, int toRow, int col, int toCol) {
        double[] data = new double[(toRow - row) * (toCol - col)];
        for (int i = row; i < toRow; i++) {
            System.arraycopy(of, i * n + col, data, (i - row) * (toCol - col), toCol - col);
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
        for (int from = 0; from < n; from += block) {
            int to = Math.min(n, from + block);
            Matrix solved = linearAlgebra.multiply(inverses.get(from / block), rows(x, from, to, q));
            System.arraycopy(solved.data(), 0, x, from * q, solved.data().length);
            if (to < n) {
                subtract(x, to * q, linearAlgebra.multiply(part(l, to, n, from, to), solved));
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
            int from = (to - 1) / block * block;
            // The inverse of a leading part is the leading part of the inverse.
            Matrix inverse = Matrices.block(inverses.get(from / block), 0, to - from, to - from);
            Matrix solved = linearAlgebra.multiply(inverse.transposed(), rows(x, from, to, q));
            System.arraycopy(solved.data(), 0, x, from * q, solved.data().length);
            if (from > 0) {
                subtract(x, 0, linearAlgebra.multiply(part(l, from, to, 0, from).transposed(), solved));
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

    private static Matrix rows(double[] x, int from, int to, int q) {
        return new Matrix(to - from, q, Arrays.copyOfRange(x, from * q, to * q));
    }

    /** Elements from {@code at} on −= factor · those from {@code other} on. */
    private static void subtract(double[] x, int at, double factor, int other, int count) {
        for (int j = 0; j < count; j++) {
            x[at + j] -= factor * x[other + j];
        }
    }

    private static void scale(double[] x, int at, double factor, int count) {
        for (int j = 0; j < count; j++) {
            x[at + j] *= factor;
        }
    }

    private static void subtract(double[] x, int offset, Matrix product) {
        for (int j = 0; j < product.data().length; j++) {
            x[offset + j] -= product.data()[j];
        }
    }
}
