package dev.wsvd.backend.ejml;

import dev.wsvd.domain.linalg.Workers;

/**
 * Turns eigenvectors of T into those of A = Q T Qᵀ, a panel of them at a time.
 *
 * <p>A block of reflections is I − Vᵀ R V with R triangular, so that applying it is three matrix products. Source:
 * R. Schreiber, C. Van Loan, "A storage-efficient WY representation for products of Householder transformations", SIAM
 * Journal on Scientific and Statistical Computing, 1989.
 */
final class BackTransformation {
    private static final int BLOCK = 48;
    private static final int MAX_COLS = 256;

    private final int n;
    private final double[][] reflections;
    private final double[] tau;
    /** R of each block, row-major, BLOCK × BLOCK. */
    private final double[][] triangles;

    BackTransformation(Tridiagonalization tridiagonal) {
        this.reflections = tridiagonal.reflections();
        this.tau = tridiagonal.tau();
        this.n = reflections.length;
        this.triangles = new double[(n - 1 + BLOCK - 1) / BLOCK][];
        Workers.forEach(triangles.length, block -> triangles[block] = triangle(block * BLOCK));
    }

    /** Multiplies each row, an eigenvector of T, by Q. */
    void apply(double[][] vectors) {
        int count = vectors.length;
        int cols = Math.min(MAX_COLS, Math.max(32, (count / (2 * Workers.count()) + 15) / 16 * 16));
        Workers.forEach((count + cols - 1) / cols, t -> {
            int first = t * cols;
            applyTo(vectors, first, Math.min(cols, count - first));
        });
    }

    private void applyTo(double[][] vectors, int first, int cols) {
        // A few rows more than there are, which stay zero: the kernels take several at a time.
        double[][] z = new double[n + RowKernels.ROWS - 1][cols];
        transpose(vectors, first, cols, z);
        double[][] vz = new double[BLOCK][cols];
        double[][] rvz = new double[BLOCK][cols];
        double[] weights = new double[BLOCK * BLOCK];
        double[][] part = new double[BLOCK][];
        for (int block = triangles.length - 1; block >= 0; block--) {
            int from = block * BLOCK;
            int count = Math.min(BLOCK, n - 1 - from);
            Rows.clear(vz);
            Rows.clear(rvz);
            for (int row = from + 1; row < n; row += BLOCK) {
                int rows = part(z, row, part);
                for (int l = 0; l < BLOCK; l++) {
                    for (int i = 0; i < rows; i++) {
                        weights[l * rows + i] = l < count && row + i < n ? reflections[from + l][row + i] : 0;
                    }
                }
                RowKernels.addProduct(vz, BLOCK, weights, part, rows, 0, cols);
            }
            RowKernels.addProduct(rvz, BLOCK, triangles[block], vz, BLOCK, 0, cols);
            for (int row = from + 1; row < n; row += BLOCK) {
                int rows = part(z, row, part);
                for (int l = 0; l < BLOCK; l++) {
                    for (int i = 0; i < rows; i++) {
                        weights[i * BLOCK + l] = l < count && row + i < n ? -reflections[from + l][row + i] : 0;
                    }
                }
                RowKernels.addProduct(part, rows, weights, rvz, BLOCK, 0, cols);
            }
        }
        transposeBack(z, vectors, first, cols);
    }

    /** The next rows of z, at most BLOCK and a multiple of what the kernels take. */
    private int part(double[][] z, int row, double[][] part) {
        int rows = Math.min(BLOCK, (n - row + RowKernels.ROWS - 1) / RowKernels.ROWS * RowKernels.ROWS);
        System.arraycopy(z, row, part, 0, rows);
        return rows;
    }

    /** R of the reflections from … from + BLOCK − 1: H_from H_from+1 … = I − Vᵀ R V. */
    private double[] triangle(int from) {
        int count = Math.min(BLOCK, n - 1 - from);
        double[] r = new double[BLOCK * BLOCK];
        double[] vv = new double[BLOCK];
        for (int i = 0; i < count; i++) {
            double[] v = reflections[from + i];
            for (int l = 0; l < i; l++) {
                vv[l] = Rows.dot(reflections[from + l], v, from + i + 1, n);
            }
            for (int l = 0; l < i; l++) {
                double sum = 0;
                for (int m = l; m < i; m++) {
                    sum += r[l * BLOCK + m] * vv[m];
                }
                r[l * BLOCK + i] = -tau[from + i] * sum;
            }
            r[i * BLOCK + i] = tau[from + i];
        }
        return r;
    }

    private void transpose(double[][] vectors, int first, int cols, double[][] z) {
        for (int i0 = 0; i0 < n; i0 += 8) {
            int i1 = Math.min(n, i0 + 8);
            for (int j = 0; j < cols; j++) {
                double[] vector = vectors[first + j];
                for (int i = i0; i < i1; i++) {
                    z[i][j] = vector[i];
                }
            }
        }
    }

    private void transposeBack(double[][] z, double[][] vectors, int first, int cols) {
        for (int i0 = 0; i0 < n; i0 += 8) {
            int i1 = Math.min(n, i0 + 8);
            for (int j = 0; j < cols; j++) {
                double[] vector = vectors[first + j];
                for (int i = i0; i < i1; i++) {
                    vector[i] = z[i][j];
                }
            }
        }
    }
}
