package dev.wsvd.backend.ejml;

import dev.wsvd.domain.linalg.Matrix;
import dev.wsvd.domain.linalg.SymmetricEigen;
import dev.wsvd.domain.linalg.Workers;
import java.util.Arrays;

/**
 * Eigenvalues and eigenvectors of a symmetric tridiagonal matrix: torn in two by a correction of rank one, each half solved
 * on its own, and merged.
 *
 * <p>Sources: J. Cuppen, "A divide and conquer method for the symmetric tridiagonal eigenproblem", Numerische Mathematik,
 * 1981; M. Gu, S. Eisenstat, "A divide-and-conquer algorithm for the symmetric tridiagonal eigenproblem", SIAM Journal on
 * Matrix Analysis and Applications, 1995.
 */
final class DivideAndConquer {
    private static final int LEAF = 32;
    /** Below this, halves are solved one after the other. */
    private static final int PARALLEL_SIZE = 96;

    private final double[] values;
    private final double[] offDiagonal;
    private final double[][] vectors;
    private final double[][] spare;

    /**
     * @param diagonal overwritten with the eigenvalues, ascending
     * @param vectors receives the eigenvectors as rows; zero
     * @param spare working space of the same size; zero
     */
    DivideAndConquer(double[] diagonal, double[] offDiagonal, double[][] vectors, double[][] spare) {
        this.values = diagonal;
        this.offDiagonal = offDiagonal;
        this.vectors = vectors;
        this.spare = spare;
        solve(0, diagonal.length);
    }

    private void solve(int from, int to) {
        if (to - from <= LEAF) {
            solveLeaf(from, to);
            return;
        }
        int middle = (from + to) >>> 1;
        double coupling = offDiagonal[middle - 1];
        values[middle - 1] -= Math.abs(coupling);
        values[middle] -= Math.abs(coupling);
        if (to - from < PARALLEL_SIZE) {
            solve(from, middle);
            solve(middle, to);
        } else {
            Workers.forEach(2, half -> solve(half == 0 ? from : middle, half == 0 ? middle : to));
        }
        new Merge(from, middle, to, coupling).run();
    }

    private void solveLeaf(int from, int to) {
        int size = to - from;
        double[] t = new double[size * size];
        for (int i = 0; i < size; i++) {
            t[i * size + i] = values[from + i];
            if (i > 0) {
                t[i * size + i - 1] = offDiagonal[from + i - 1];
                t[(i - 1) * size + i] = offDiagonal[from + i - 1];
            }
        }
        SymmetricEigen eigen = SmallEigen.decompose(new Matrix(size, size, t), size);
        for (int i = 0; i < size; i++) {
            int descending = size - 1 - i;
            values[from + i] = eigen.values()[descending];
            System.arraycopy(eigen.vectors().data(), descending * size, vectors[from + i], from, size);
        }
    }

    /**
     * Joins two solved halves: with their eigenvalues d and the vector z of their eigenvectors' elements next to the tear,
     * the whole has the eigenvalues of diag(d) + ρ z zᵀ.
     */
    private final class Merge {
        private static final int LEFT = 1;
        private static final int RIGHT = 2;
        /** Deflation tolerance in units of rounding, as LAPACK has it. */
        private static final double TOLERANCE = 8 * 0x1p-53;

        private final int from;
        private final int middle;
        private final int to;
        private final int size;
        private final double rho;
        private final double[] z;
        /** In which halves an eigenvector is not zero. */
        private final int[] sides;
        /** Positions, ascending by value, that take part in the secular equation. */
        private final int[] kept;

        private int keptCount;

        Merge(int from, int middle, int to, double coupling) {
            this.from = from;
            this.middle = middle;
            this.to = to;
            this.size = to - from;
            this.rho = 2 * Math.abs(coupling);
            this.z = new double[size];
            this.sides = new int[size];
            this.kept = new int[size];
            double sign = Math.signum(coupling);
            for (int i = 0; i < size; i++) {
                boolean left = from + i < middle;
                z[i] = Math.sqrt(0.5) * (left ? vectors[from + i][middle - 1] : sign * vectors[from + i][middle]);
                sides[i] = left ? LEFT : RIGHT;
            }
        }

        void run() {
            deflate();
            if (keptCount > 0) {
                double[][] coefficients = solveSecular();
                multiply(coefficients);
            }
            sort();
        }

        private double value(int i) {
            return values[from + i];
        }

        /** Sets aside eigenpairs of the halves that are, to rounding, eigenpairs of the whole. */
        private void deflate() {
            double largest = rho;
            for (int i = 0; i < size; i++) {
                largest = Math.max(largest, Math.abs(value(i)));
            }
            double tolerance = TOLERANCE * largest;
            int pending = -1;
            for (int next : ascending()) {
                if (rho * Math.abs(z[next]) <= tolerance) {
                    continue;
                }
                if (pending < 0) {
                    pending = next;
                    continue;
                }
                double length = Math.hypot(z[next], z[pending]);
                double c = z[next] / length;
                double s = -z[pending] / length;
                if (Math.abs((value(next) - value(pending)) * c * s) <= tolerance) {
                    rotate(pending, next, c, s);
                    z[next] = length;
                    z[pending] = 0;
                } else {
                    kept[keptCount++] = pending;
                }
                pending = next;
            }
            if (pending >= 0) {
                kept[keptCount++] = pending;
            }
        }

        /** Turns two eigenvectors with nearly the same eigenvalue so that the first no longer touches the tear. */
        private void rotate(int first, int second, double c, double s) {
            double[] p = vectors[from + first];
            double[] q = vectors[from + second];
            for (int j = from; j < to; j++) {
                double x = p[j];
                p[j] = c * x + s * q[j];
                q[j] = c * q[j] - s * x;
            }
            double a = value(first);
            double b = value(second);
            values[from + first] = a * c * c + b * s * s;
            values[from + second] = a * s * s + b * c * c;
            sides[first] |= sides[second];
            sides[second] = sides[first];
        }

        /** The positions in ascending order of value; each half is sorted already. */
        private int[] ascending() {
            int[] order = new int[size];
            int left = 0;
            int right = middle - from;
            for (int i = 0; i < size; i++) {
                boolean takeLeft = right == size || left < middle - from && value(left) <= value(right);
                order[i] = takeLeft ? left++ : right++;
            }
            return order;
        }

        /**
         * Solves for the new eigenvalues and gives their eigenvectors in the basis of the old ones, as rows. The z they are
         * made of is the one for which the computed eigenvalues are exact, so they are orthogonal however close the
         * eigenvalues lie.
         */
        private double[][] solveSecular() {
            int k = keptCount;
            double[] d = new double[k];
            double[] weights = new double[k];
            for (int i = 0; i < k; i++) {
                d[i] = value(kept[i]);
                weights[i] = z[kept[i]];
            }
            SecularEquation equation = new SecularEquation(d, weights, rho, k);
            double[][] differences = Rows.allocate(k, k);
            int chunk = Math.max(16, 8192 / k);
            int chunks = (k + chunk - 1) / chunk;
            double[] roots = new double[k];
            Workers.forEach(chunks, t -> {
                SecularEquation.Work work = new SecularEquation.Work(k);
                for (int i = t * chunk; i < Math.min(k, (t + 1) * chunk); i++) {
                    roots[i] = equation.solve(i, work, differences[i]);
                }
            });
            double[] exact = exactWeights(d, weights, differences);
            Workers.forEach(chunks, t -> {
                for (int i = t * chunk; i < Math.min(k, (t + 1) * chunk); i++) {
                    normalize(exact, differences[i], k);
                }
            });
            for (int i = 0; i < k; i++) {
                values[from + kept[i]] = roots[i];
            }
            return differences;
        }

        private double[] exactWeights(double[] d, double[] weights, double[][] differences) {
            int k = d.length;
            double[] exact = new double[k];
            Arrays.fill(exact, 1);
            int chunk = 256;
            Workers.forEach((k + chunk - 1) / chunk, t -> {
                int start = t * chunk;
                int end = Math.min(k, start + chunk);
                for (int i = 0; i < k; i++) {
                    double[] row = differences[i];
                    double at = d[i];
                    int before = Math.max(start, Math.min(i, end));
                    int after = Math.max(start, Math.min(i + 1, end));
                    multiplyRatios(exact, row, d, at, start, before);
                    multiplyRatios(exact, row, d, at, after, end);
                    if (before < after) {
                        exact[i] *= row[i];
                    }
                }
                for (int j = start; j < end; j++) {
                    exact[j] = Math.copySign(Math.sqrt(Math.abs(exact[j])), weights[j]);
                }
            });
            return exact;
        }

        private static void multiplyRatios(double[] product, double[] row, double[] d, double at, int start, int end) {
            for (int j = start; j < end; j++) {
                product[j] *= row[j] / (d[j] - at);
            }
        }

        private static void normalize(double[] weights, double[] row, int k) {
            for (int j = 0; j < k; j++) {
                row[j] = weights[j] / row[j];
            }
            Rows.scale(row, 1 / Math.sqrt(Rows.dot(row, row, 0, k)), 0, k);
        }

        /** New eigenvectors = coefficients × old ones, each half of the columns with the rows that are not zero there. */
        private void multiply(double[][] coefficients) {
            multiply(coefficients, LEFT, from, middle);
            multiply(coefficients, RIGHT, middle, to);
            for (int i = 0; i < keptCount; i++) {
                int at = from + kept[i];
                double[] old = vectors[at];
                vectors[at] = spare[from + i];
                spare[from + i] = old;
            }
        }

        private void multiply(double[][] coefficients, int side, int start, int end) {
            int[] used = new int[keptCount];
            int count = 0;
            for (int j = 0; j < keptCount; j++) {
                if ((sides[kept[j]] & side) != 0) {
                    used[count++] = j;
                }
            }
            Products.Left left = (row, rows, inner, depth, w, stride) -> {
                for (int i = 0; i < rows; i++) {
                    double[] line = coefficients[row + i];
                    for (int j = 0; j < depth; j++) {
                        w[i * stride + j] = line[used[inner + j]];
                    }
                }
            };
            Products.Right right = (inner, depth, col, cols, b) -> {
                for (int j = 0; j < depth; j++) {
                    System.arraycopy(vectors[from + kept[used[inner + j]]], start + col, b[j], 0, cols);
                }
            };
            Products.Sink sink = (row, rows, col, cols, c) -> {
                for (int i = 0; i < rows; i++) {
                    System.arraycopy(c[i], 0, spare[from + row + i], start + col, cols);
                }
            };
            Products.run(left, right, keptCount, count, end - start, sink);
        }

        private void sort() {
            Integer[] positions = new Integer[size];
            Arrays.setAll(positions, i -> i);
            Arrays.sort(positions, (a, b) -> Double.compare(value(a), value(b)));
            double[] sorted = new double[size];
            double[][] rows = new double[size][];
            for (int i = 0; i < size; i++) {
                sorted[i] = value(positions[i]);
                rows[i] = vectors[from + positions[i]];
            }
            System.arraycopy(sorted, 0, values, from, size);
            System.arraycopy(rows, 0, vectors, from, size);
        }
    }
}
