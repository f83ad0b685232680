package dev.wsvd.domain.linalg;

import dev.wsvd.domain.error.LinearAlgebraException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Cholesky's decomposition block by block: those on the diagonal are factored and inverted, all else are products. */
final class BlockCholesky implements Cholesky {
    private static final int BLOCK = 64;
    /** Matrices beyond the processor's cache are gone through in larger blocks. */
    private static final int LARGE = 768;
    /** Rows that are updated together. */
    private static final int STRIP = 512;

    private final LinearAlgebra linearAlgebra;
    private final int n;
    private final int block;
    /** Lᵀ, row-major; zero below the diagonal. */
    private final double[] u;
    /** L⁻¹ of the blocks on the diagonal. */
    private final List<Matrix> inverses = new ArrayList<>();

    /**
     * @param a n × n; its upper triangle is used
     * @throws LinearAlgebraException if a pivot is not positive
     */
    BlockCholesky(LinearAlgebra linearAlgebra, Matrix a) {
        this.linearAlgebra = linearAlgebra;
        this.n = a.rows();
        this.block = n < LARGE ? BLOCK : 2 * BLOCK;
        this.u = a.data().clone();
        for (int from = 0; from < n; from += block) {
            int to = Math.min(n, from + block);
            factorBlock(a, from, to);
            inverses.add(inverted(from, to));
            if (to < n) {
                finishRows(from, to);
                updateRest(from, to);
            }
        }
        for (int i = 1; i < n; i++) {
            Arrays.fill(u, i * n, i * n + i, 0);
        }
    }

    /** U = Lᵀ of a block on the diagonal. */
    private void factorBlock(Matrix a, int from, int to) {
        for (int k = from; k < to; k++) {
            double pivot = u[k * n + k];
            if (!(pivot > 0)) {
                throw Checks.notPositive(a, k);
            }
            scale(u, k * n + k, 1 / Math.sqrt(pivot), to - k);
            for (int i = k + 1; i < to; i++) {
                subtract(u, i * n + i, u[k * n + i], k * n + i, to - i);
            }
        }
    }

    /** L⁻¹ of a block on the diagonal of U = Lᵀ. */
    private Matrix inverted(int from, int to) {
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
    private void finishRows(int from, int to) {
        Matrix rows = linearAlgebra.multiply(inverses.get(from / block), part(u, from, to, to, n));
        for (int i = from; i < to; i++) {
            System.arraycopy(rows.data(), (i - from) * rows.cols(), u, i * n + to, rows.cols());
        }
    }

    /** The upper triangle behind some rows, in strips. */
    private void updateRest(int from, int to) {
        for (int strip = to; strip < n; strip += STRIP) {
            int end = Math.min(n, strip + STRIP);
            double[] product = linearAlgebra
                    .transposedTimes(part(u, from, to, strip, end), part(u, from, to, strip, n))
                    .data();
            for (int i = strip; i < end; i++) {
                int at = (i - strip) * (n - strip) - strip;
                for (int j = i; j < n; j++) {
                    u[i * n + j] -= product[at + j];
                }
            }
        }
    }

    @Override
    public Matrix upper() {
        return new Matrix(n, n, u);
    }

    @Override
    public Matrix inverseFactor() {
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
                        .multiply(own, linearAlgebra.transposedTimes(part(u, 0, from, from, to), done))
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

    @Override
    public Matrix solveLower(Matrix b) {
        int q = b.cols();
        double[] x = b.data().clone();
        for (int from = 0; from < n; from += block) {
            int to = Math.min(n, from + block);
            Matrix solved = linearAlgebra.multiply(inverses.get(from / block), rows(x, from, to, q));
            System.arraycopy(solved.data(), 0, x, from * q, solved.data().length);
            if (to < n) {
                subtract(x, to * q, linearAlgebra.transposedTimes(part(u, from, to, to, n), solved));
            }
        }
        return new Matrix(n, q, x);
    }

    @Override
    public Matrix solveUpper(Matrix b) {
        int m = b.rows();
        int q = b.cols();
        double[] x = b.data().clone();
        for (int to = m; to > 0; ) {
            int from = (to - 1) / block * block;
            Matrix solved =
                    linearAlgebra.transposedTimes(leading(inverses.get(from / block), to - from), rows(x, from, to, q));
            System.arraycopy(solved.data(), 0, x, from * q, solved.data().length);
            if (from > 0) {
                subtract(x, 0, linearAlgebra.multiply(part(u, 0, from, from, to), solved));
            }
            to = from;
        }
        return new Matrix(m, q, x);
    }

    /** The inverse of a leading part is the leading part of the inverse. */
    private static Matrix leading(Matrix inverse, int size) {
        if (size == inverse.rows()) {
            return inverse;
        }
        double[] data = new double[size * size];
        for (int i = 0; i < size; i++) {
            System.arraycopy(inverse.data(), i * inverse.cols(), data, i * size, size);
        }
        return new Matrix(size, size, data);
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
