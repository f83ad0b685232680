package dev.wsvd.factorization;

import dev.wsvd.domain.linalg.Checks;
import dev.wsvd.domain.linalg.FloatMatrix;
import dev.wsvd.domain.linalg.LinearAlgebra;
import dev.wsvd.domain.linalg.Matrix;
import dev.wsvd.domain.linalg.RoundedProduct;
import dev.wsvd.domain.linalg.SymmetricEigen;
import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.IntStream;

/** Linear algebra in plain loops: the tests of backends need this module, so it cannot need a backend. */
final class PlainLinearAlgebra implements LinearAlgebra {
    private static final int SWEEPS = 60;

    @Override
    public Matrix gram(FloatMatrix a) {
        a.requireFinite();
        Matrix wide = new Matrix(a.rows(), a.cols(), doubles(a));
        return multiply(wide, wide.transposed());
    }

    @Override
    public FloatMatrix multiply(Matrix a, FloatMatrix b) {
        Matrix product = multiply(a, new Matrix(b.rows(), b.cols(), doubles(b)));
        RoundedProduct rounded = new RoundedProduct(a, b);
        rounded.put(0, 0, product.data(), 0, product.data().length);
        return rounded.matrix();
    }

    private static double[] doubles(FloatMatrix a) {
        return IntStream.range(0, a.data().length).mapToDouble(i -> a.data()[i]).toArray();
    }

    @Override
    public Matrix multiply(Matrix a, Matrix b) {
        Checks.product(a, b);
        double[] c = new double[a.rows() * b.cols()];
        for (int i = 0; i < a.rows(); i++) {
            for (int k = 0; k < b.rows(); k++) {
                for (int j = 0; j < b.cols(); j++) {
                    c[i * b.cols() + j] += a.get(i, k) * b.get(k, j);
                }
            }
        }
        return new Matrix(a.rows(), b.cols(), c);
    }

    /** Jacobi's method: rows and columns i and j of S, and rows i and j of Q, are turned until S is diagonal. */
    @Override
    public SymmetricEigen eigenSymmetric(Matrix a) {
        Checks.eigen(a, a.rows());
        int n = a.rows();
        double[] s = a.data().clone();
        double[] q = new double[n * n];
        for (int i = 0; i < n; i++) {
            q[i * n + i] = 1;
        }
        boolean turned = true;
        for (int sweep = 0; turned && sweep < SWEEPS; sweep++) {
            turned = false;
            for (int i = 0; i < n - 1; i++) {
                for (int j = i + 1; j < n; j++) {
                    double pivot = s[i * n + j];
                    if (Math.abs(pivot) > 1e-16 * Math.sqrt(Math.abs(s[i * n + i] * s[j * n + j]))) {
                        double theta = (s[j * n + j] - s[i * n + i]) / (2 * pivot);
                        double angle = Math.atan(Math.copySign(1, theta) / (Math.abs(theta) + Math.hypot(theta, 1)));
                        turn(s, i, j, n, n, angle);
                        turn(s, i * n, j * n, 1, n, angle);
                        turn(q, i * n, j * n, 1, n, angle);
                        turned = true;
                    }
                }
            }
        }
        int[] order = IntStream.range(0, n)
                .boxed()
                .sorted(Comparator.comparingDouble(i -> -s[i * n + i]))
                .mapToInt(i -> i)
                .toArray();
        double[] vectors = new double[n * n];
        for (int i = 0; i < n; i++) {
            System.arraycopy(q, order[i] * n, vectors, i * n, n);
        }
        return new SymmetricEigen(
                Arrays.stream(order).mapToDouble(i -> s[i * n + i]).toArray(), new Matrix(n, n, vectors));
    }

    /** Turns two vectors of n elements, {@code step} apart, in their plane. */
    private static void turn(double[] m, int first, int second, int step, int n, double angle) {
        double cos = Math.cos(angle);
        double sin = Math.sin(angle);
        for (int k = 0; k < n; k++) {
            double x = m[first + k * step];
            double y = m[second + k * step];
            m[first + k * step] = cos * x - sin * y;
            m[second + k * step] = sin * x + cos * y;
        }
    }
}
