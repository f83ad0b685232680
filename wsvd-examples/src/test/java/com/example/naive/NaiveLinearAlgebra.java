package com.example.naive;

import dev.wsvd.domain.error.LinearAlgebraException;
import dev.wsvd.domain.linalg.Checks;
import dev.wsvd.domain.linalg.FloatMatrix;
import dev.wsvd.domain.linalg.LinearAlgebra;
import dev.wsvd.domain.linalg.Matrix;
import dev.wsvd.domain.linalg.RoundedProduct;
import dev.wsvd.domain.linalg.SymmetricEigen;
import java.util.Comparator;
import java.util.stream.IntStream;

/** Linear algebra in plain loops. Stateless, so that threads can share one. */
final class NaiveLinearAlgebra implements LinearAlgebra {
    private static final int MOST_SWEEPS = 60;

    @Override
    public Matrix gram(FloatMatrix a) {
        a.requireFinite();
        int p = a.rows();
        int q = a.cols();
        double[] g = Matrix.allocate(p, p);
        for (int i = 0; i < p; i++) {
            for (int j = 0; j <= i; j++) {
                double sum = 0;
                for (int k = 0; k < q; k++) {
                    sum += (double) a.data()[i * q + k] * a.data()[j * q + k];
                }
                g[i * p + j] = sum;
                g[j * p + i] = sum;
            }
        }
        return new Matrix(p, p, g);
    }

    /** Jacobi's method: rotations that make one pair of off-diagonal elements zero at a time. */
    @Override
    public SymmetricEigen eigenSymmetric(Matrix a) {
        Checks.eigen(a, a.rows());
        int n = a.rows();
        double[] s = a.data().clone();
        double[] q = new double[n * n];
        for (int i = 0; i < n; i++) {
            q[i * n + i] = 1;
        }
        for (int sweep = 0; !isDiagonal(s, n); sweep++) {
            if (sweep == MOST_SWEEPS) {
                throw new LinearAlgebraException(
                        "The eigendecomposition of a " + a + " matrix did not converge in " + MOST_SWEEPS + " sweeps.");
            }
            for (int i = 0; i < n - 1; i++) {
                for (int j = i + 1; j < n; j++) {
                    rotate(s, q, n, i, j);
                }
            }
        }
        return sorted(s, q, n);
    }

    private static boolean isDiagonal(double[] s, int n) {
        double largest = 0;
        double off = 0;
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < n; j++) {
                double element = Math.abs(s[i * n + j]);
                largest = Math.max(largest, element);
                off = i == j ? off : Math.max(off, element);
            }
        }
        return off <= largest * Math.ulp(1.0);
    }

    private static void rotate(double[] s, double[] q, int n, int i, int j) {
        double pivot = s[i * n + j];
        if (pivot == 0) {
            return;
        }
        double theta = (s[j * n + j] - s[i * n + i]) / (2 * pivot);
        double tan = Math.copySign(1, theta) / (Math.abs(theta) + Math.hypot(theta, 1));
        double cos = 1 / Math.hypot(tan, 1);
        double sin = tan * cos;
        for (int k = 0; k < n; k++) {
            double left = s[k * n + i];
            double right = s[k * n + j];
            s[k * n + i] = cos * left - sin * right;
            s[k * n + j] = sin * left + cos * right;
        }
        for (int k = 0; k < n; k++) {
            double upper = s[i * n + k];
            double lower = s[j * n + k];
            s[i * n + k] = cos * upper - sin * lower;
            s[j * n + k] = sin * upper + cos * lower;
            double first = q[i * n + k];
            double second = q[j * n + k];
            q[i * n + k] = cos * first - sin * second;
            q[j * n + k] = sin * first + cos * second;
        }
        s[i * n + j] = 0;
        s[j * n + i] = 0;
    }

    private static SymmetricEigen sorted(double[] s, double[] q, int n) {
        int[] order = IntStream.range(0, n)
                .boxed()
                .sorted(Comparator.comparingDouble(i -> -s[i * n + i]))
                .mapToInt(Integer::intValue)
                .toArray();
        double[] values = new double[n];
        double[] vectors = new double[n * n];
        for (int i = 0; i < n; i++) {
            values[i] = s[order[i] * n + order[i]];
            System.arraycopy(q, order[i] * n, vectors, i * n, n);
        }
        return new SymmetricEigen(values, new Matrix(n, n, vectors));
    }

    @Override
    public FloatMatrix multiply(Matrix a, FloatMatrix b) {
        Checks.product(a, b);
        RoundedProduct product = new RoundedProduct(a, b);
        for (int i = 0; i < a.rows(); i++) {
            double[] row = new double[b.cols()];
            for (int k = 0; k < b.rows(); k++) {
                for (int j = 0; j < b.cols(); j++) {
                    row[j] += a.get(i, k) * b.data()[k * b.cols() + j];
                }
            }
            product.put(i, 0, row, 0, b.cols());
        }
        return product.matrix();
    }

    @Override
    public Matrix multiply(Matrix a, Matrix b) {
        Checks.product(a, b);
        double[] c = Matrix.allocate(a.rows(), b.cols());
        for (int i = 0; i < a.rows(); i++) {
            for (int k = 0; k < b.rows(); k++) {
                for (int j = 0; j < b.cols(); j++) {
                    c[i * b.cols() + j] += a.get(i, k) * b.get(k, j);
                }
            }
        }
        return new Matrix(a.rows(), b.cols(), c);
    }
}
