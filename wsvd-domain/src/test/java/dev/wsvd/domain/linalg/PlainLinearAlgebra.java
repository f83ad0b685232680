package dev.wsvd.domain.linalg;

import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.IntStream;

/** Linear algebra in plain loops. */
final class PlainLinearAlgebra implements LinearAlgebra {
    private static final int SWEEPS = 60;

    @Override
    public Matrix gram(FloatMatrix a) {
        double[] data = new double[a.data().length];
        Arrays.setAll(data, i -> a.data()[i]);
        Matrix wide = new Matrix(a.rows(), a.cols(), data);
        return multiply(wide, wide.transposed());
    }

    @Override
    public FloatMatrix multiply(Matrix a, FloatMatrix b) {
        throw new AssertionError("not needed");
    }

    @Override
    public Matrix multiply(Matrix a, Matrix b) {
        Checks.product(a, b);
        double[] c = new double[a.rows() * b.cols()];
        for (int i = 0; i < a.rows(); i++) {
            for (int k = 0; k < b.rows(); k++) {
                double x = a.get(i, k);
                for (int j = 0; j < b.cols(); j++) {
                    c[i * b.cols() + j] += x * b.get(k, j);
                }
            }
        }
        return new Matrix(a.rows(), b.cols(), c);
    }

    /** Jacobi's method. */
    @Override
    public SymmetricEigen eigenSymmetric(Matrix a) {
        Checks.eigen(a, a.rows());
        int n = a.rows();
        double[] s = a.data().clone();
        double[] q = new double[n * n];
        for (int i = 0; i < n; i++) {
            q[i * n + i] = 1;
        }
        boolean rotated = true;
        for (int sweep = 0; rotated && sweep < SWEEPS; sweep++) {
            rotated = false;
            for (int i = 0; i < n - 1; i++) {
                for (int j = i + 1; j < n; j++) {
                    rotated |= rotate(s, q, n, i, j);
                }
            }
        }
        int[] order = IntStream.range(0, n)
                .boxed()
                .sorted(Comparator.comparingDouble(i -> -s[i * n + i]))
                .mapToInt(i -> i)
                .toArray();
        double[] values = new double[n];
        double[] vectors = new double[n * n];
        for (int i = 0; i < n; i++) {
            values[i] = s[order[i] * n + order[i]];
            System.arraycopy(q, order[i] * n, vectors, i * n, n);
        }
        return new SymmetricEigen(values, new Matrix(n, n, vectors));
    }

    private static boolean rotate(double[] s, double[] q, int n, int i, int j) {
        double pivot = s[i * n + j];
        if (Math.abs(pivot) <= 1e-16 * Math.sqrt(Math.abs(s[i * n + i] * s[j * n + j]))) {
            return false;
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
        return true;
    }
}
