package dev.wsvd.backend.ejml;

import dev.wsvd.domain.linalg.Workers;
import java.util.Arrays;

/**
 * A = Q T Qᵀ with T tridiagonal and Q a product of Householder reflections, of a symmetric n × n matrix.
 *
 * <p>Panels of reflections are computed against the matrix as it was before the panel; then the whole panel is applied at
 * once, as a matrix product. Source: J. Dongarra, D. Sorensen, S. Hammarling, "Block reduction of matrices to condensed
 * forms for eigenvalue computations", Journal of Computational and Applied Mathematics, 1989 (LAPACK's dsytrd).
 */
final class Tridiagonalization {
    private static final int PANEL = 24;
    /** Rows of a tile of the trailing update; with 48 rows of 256 columns it stays in the L2 cache. */
    private static final int TILE_ROWS = 96;

    private static final int TILE_COLS = 256;
    /** Below this a matrix-vector product ends before another thread has woken up. */
    private static final int PARALLEL_SIZE = 640;

    private final int n;
    private final double[][] a;
    private final double[] diagonal;
    private final double[] offDiagonal;
    private final double[] tau;
    private final double[][] w;

    /** @param a all elements, symmetric; overwritten with the reflections */
    Tridiagonalization(double[][] a) {
        this.n = a.length;
        this.a = a;
        this.diagonal = new double[n];
        this.offDiagonal = new double[Math.max(0, n - 1)];
        this.tau = new double[Math.max(0, n - 1)];
        this.w = Rows.allocate(PANEL, n);
        for (int from = 0; from < n - 1; from += PANEL) {
            int to = Math.min(n - 1, from + PANEL);
            for (int k = from; k < to; k++) {
                reduceRow(from, k);
            }
            updateTrailing(from, to);
        }
        diagonal[n - 1] = a[n - 1][n - 1];
    }

    /** T's diagonal, n elements. */
    double[] diagonal() {
        return diagonal;
    }

    /** T's off-diagonal, n − 1 elements. */
    double[] offDiagonal() {
        return offDiagonal;
    }

    /**
     * The reflections: H_k = I − τ_k v_k v_kᵀ with Q = H_0 H_1 …; row k holds v_k, which is zero up to column k and 1 at
     * column k + 1.
     */
    double[][] reflections() {
        return a;
    }

    double[] tau() {
        return tau;
    }

    /** Brings row k up to date with the panel that began at row {@code panel}, reflects it, and computes its w. */
    private void reduceRow(int panel, int k) {
        double[] row = a[k];
        for (int l = panel; l < k; l++) {
            Rows.add(row, -a[l][k], w[l - panel], k, n);
            Rows.add(row, -w[l - panel][k], a[l], k, n);
        }
        diagonal[k] = row[k];
        reflect(row, k);
        double[] p = w[k - panel];
        Arrays.fill(p, 0);
        if (tau[k] == 0) {
            return;
        }
        multiplyTrailing(row, p, k + 1);
        for (int l = panel; l < k; l++) {
            double wv = Rows.dot(w[l - panel], row, k + 1, n);
            double vv = Rows.dot(a[l], row, k + 1, n);
            Rows.add(p, -wv, a[l], k + 1, n);
            Rows.add(p, -vv, w[l - panel], k + 1, n);
        }
        Rows.scale(p, tau[k], k + 1, n);
        Rows.add(p, -0.5 * tau[k] * Rows.dot(p, row, k + 1, n), row, k + 1, n);
    }

    /** Replaces row k right of the diagonal by its reflection vector. */
    private void reflect(double[] row, int k) {
        double alpha = row[k + 1];
        double tail = Math.sqrt(Rows.dot(row, row, k + 2, n));
        Arrays.fill(row, 0, k + 1, 0);
        if (tail == 0) {
            tau[k] = 0;
            offDiagonal[k] = alpha;
            Arrays.fill(row, k + 1, n, 0);
        } else {
            double beta = -Math.copySign(Math.hypot(alpha, tail), alpha);
            tau[k] = (beta - alpha) / beta;
            offDiagonal[k] = beta;
            Rows.scale(row, 1 / (alpha - beta), k + 2, n);
        }
        row[k + 1] = 1;
    }

    /** p = A v over the rows and columns from {@code from} on; each element of p is one thread's alone. */
    private void multiplyTrailing(double[] v, double[] p, int from) {
        int size = n - from;
        int chunks = size < PARALLEL_SIZE ? 1 : Workers.count();
        int width = (size / chunks + 8) / 8 * 8;
        Workers.forEach(chunks, t -> {
            int start = from + t * width;
            int end = Math.min(n, start + width);
            if (start >= end) {
                return;
            }
            int i = from;
            for (; i + RowKernels.MANY <= n; i += RowKernels.MANY) {
                RowKernels.addRows(p, v, a, i, start, end);
            }
            for (; i < n; i++) {
                Rows.add(p, v[i], a[i], start, end);
            }
        });
    }

    /** A −= Vᵀ W + Wᵀ V over the rows and columns from {@code to} on. */
    private void updateTrailing(int from, int to) {
        int depth = 2 * PANEL;
        double[][] b = new double[depth][];
        double[] zero = new double[w[0].length];
        for (int l = 0; l < PANEL; l++) {
            boolean used = from + l < to;
            b[2 * l] = used ? w[l] : zero;
            b[2 * l + 1] = used ? a[from + l] : zero;
        }
        int size = n - to;
        int down = (size + TILE_ROWS - 1) / TILE_ROWS;
        int across = (size + TILE_COLS - 1) / TILE_COLS;
        Workers.forEach(down * across, t -> {
            int row = to + t / across * TILE_ROWS;
            int rows = Math.min(TILE_ROWS, n - row);
            int padded = (rows + 2) / 3 * 3;
            int col = to + t % across * TILE_COLS;
            double[][] c = new double[padded][];
            double[] weights = new double[padded * depth];
            for (int i = 0; i < padded; i++) {
                if (i >= rows) {
                    c[i] = new double[n];
                    continue;
                }
                c[i] = a[row + i];
                for (int l = 0; l < depth; l++) {
                    // The partner of w is v, and the other way round.
                    weights[i * depth + l] = -b[l ^ 1][row + i];
                }
            }
            RowKernels.addProduct(c, padded, weights, b, depth, col, Math.min(n, col + TILE_COLS));
        });
    }
}
