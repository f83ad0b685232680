package dev.wsvd.testkit;

import dev.wsvd.domain.linalg.FloatMatrix;
import dev.wsvd.domain.linalg.Matrix;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.function.IntToDoubleFunction;
import java.util.stream.Stream;

/**
 * The matrices that linear algebra is tried on, the same ones in every run.
 *
 * <p>Where a spectrum is known, it is so by construction: a diagonal matrix multiplied from both sides by Householder
 * reflections in float64, which needs no library to compare with.
 */
public final class MatrixGallery {
    private static final int REFLECTIONS = 12;

    private MatrixGallery() {}

    /**
     * A matrix as weights are.
     *
     * @param name unique in the gallery
     * @param singularValues all of them, descending, to about 1e-7 of the largest; empty if not known
     */
    public record Sample(String name, FloatMatrix matrix, Optional<double[]> singularValues) {
        @Override
        public String toString() {
            return name + " (" + matrix + ")";
        }
    }

    /**
     * A symmetric matrix.
     *
     * @param name unique in the gallery
     * @param eigenvalues all of them, descending, to about 1e-15 of the largest
     */
    public record SymmetricSample(String name, Matrix matrix, double[] eigenvalues) {
        @Override
        public String toString() {
            return name + " (" + matrix + ")";
        }
    }

    /** Matrices with at most as many rows as columns, the form a decomposition takes. */
    public static List<Sample> wide() {
        return Stream.concat(
                        Stream.of(
                                random(40, 97),
                                random(64, 64),
                                random(131, 300),
                                random(1, 50),
                                random(2, 2),
                                new Sample("one element", new FloatMatrix(1, 1, new float[] {-3}), known(3)),
                                new Sample("zero", new FloatMatrix(5, 9, new float[45]), Optional.of(new double[5])),
                                identity(),
                                oneElementOff(),
                                equalRows(),
                                denormal()),
                        knownSpectra().stream())
                .toList();
    }

    /** Those of {@link #wide} that were built from their spectrum. */
    public static List<Sample> knownSpectra() {
        return List.of(
                spectrum("even spectrum", 30, 45, i -> 30 - i),
                spectrum("geometric spectrum", 33, 70, i -> Math.pow(0.7, i)),
                spectrum("large geometric spectrum", 150, 200, i -> Math.pow(0.95, i)),
                spectrum("ill-conditioned", 24, 24, i -> Math.pow(10, -i / 2.0)),
                spectrum("repeated singular values", 40, 60, i -> i < 20 ? 2 : 1),
                spectrum("one singular value, all equal", 90, 110, i -> 5),
                spectrum("clustered singular values", 64, 80, i -> 1 + 1e-5 * (64 - i) + (i < 32 ? 1 : 0)),
                spectrum("one large singular value", 50, 51, i -> i == 0 ? 1000 : 1),
                spectrum("rank 3 of 20", 20, 35, i -> i < 3 ? 3 - i : 0),
                spectrum("rank 1 of 70", 70, 128, i -> i == 0 ? 7 : 0),
                spectrum("scale 1e18", 25, 40, i -> 1e18 / (1 + i)),
                spectrum("scale 1e-18", 25, 40, i -> 1e-18 / (1 + i)),
                spectrum("scale 1e37", 12, 15, i -> 1e37 / (1 + i)));
    }

    /** Matrices of that many rows and a few more columns, for ranks that are few of so many. */
    public static List<Sample> large(int rows) {
        return List.of(
                spectrum("large, harmonic", rows, rows + 10, i -> 1.0 / (1 + i)),
                spectrum("large, repeated singular values", rows, rows, i -> i < 8 ? 3 : i < 20 ? 2 : 0.1));
    }

    /** Columns and other matrices taller than wide. */
    public static List<Sample> tall() {
        return Stream.of(random(50, 1), random(97, 40), random(129, 3)).toList();
    }

    /** Symmetric matrices with known eigenvalues. */
    public static List<SymmetricSample> symmetric() {
        return List.of(
                diagonal("one by one", new double[] {-4}),
                diagonal("zero", new double[7]),
                diagonal("identity", filled(33, 1)),
                diagonal("ascending diagonal", ascending(100)),
                new SymmetricSample("two by two", new Matrix(2, 2, new double[] {2, 1, 1, 2}), new double[] {3, 1}),
                reflected("positive", 90, i -> 90 - i),
                reflected("both signs", 81, i -> 40 - i),
                reflected("negative", 20, i -> -1 - i),
                reflected("rank 2", 60, i -> i < 2 ? 2 - i : 0),
                reflected("two values, each repeated", 130, i -> i < 65 ? 3 : -3),
                reflected("one value and a cluster", 100, i -> i == 0 ? 1 : 1e-14 * (100 - i)),
                reflected("geometric", 120, i -> Math.pow(0.6, i)),
                reflected("clusters", 150, i -> 5 - i / 30 + 1e-13 * (150 - i)),
                reflected("scale 1e100", 40, i -> 1e100 * (40 - i)),
                reflected("scale 1e-100", 40, i -> 1e-100 * (40 - i)),
                secondDifference(200));
    }

    /** Matrices that must be refused: NaN, and infinities of both signs. */
    public static List<Sample> notFinite() {
        return Stream.of(Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY)
                .map(bad -> {
                    FloatMatrix m = random(4, 6).matrix();
                    m.data()[15] = bad;
                    return new Sample("holds " + bad, m, Optional.empty());
                })
                .toList();
    }

    /** Normally distributed elements, the same for the same size. */
    public static Sample random(int rows, int cols) {
        Random random = new Random(31L * rows + cols);
        float[] data = FloatMatrix.allocate(rows, cols);
        for (int i = 0; i < data.length; i++) {
            data[i] = (float) random.nextGaussian();
        }
        return new Sample("random", new FloatMatrix(rows, cols, data), Optional.empty());
    }

    /**
     * Q₁ diag(s) Q₂ᵀ with random orthogonal Q₁ and Q₂, rounded to float32.
     *
     * @param rows at most {@code cols}
     * @param singularValue s of an index from 0, not increasing, non-negative
     */
    public static Sample spectrum(String name, int rows, int cols, IntToDoubleFunction singularValue) {
        double[] values = values(rows, singularValue);
        double[] a = new double[rows * cols];
        for (int i = 0; i < rows; i++) {
            a[i * cols + i] = values[i];
        }
        Random random = new Random(name.hashCode());
        for (int i = 0; i < REFLECTIONS; i++) {
            reflectRows(a, rows, cols, unit(rows, random));
            reflectCols(a, rows, cols, unit(cols, random));
        }
        float[] data = FloatMatrix.allocate(rows, cols);
        for (int i = 0; i < data.length; i++) {
            data[i] = (float) a[i];
        }
        return new Sample(name, new FloatMatrix(rows, cols, data), Optional.of(values));
    }

    /**
     * Q diag(λ) Qᵀ with a random orthogonal Q.
     *
     * @param eigenvalue λ of an index from 0, not increasing
     */
    public static SymmetricSample reflected(String name, int n, IntToDoubleFunction eigenvalue) {
        double[] values = values(n, eigenvalue);
        double[] a = new double[n * n];
        for (int i = 0; i < n; i++) {
            a[i * n + i] = values[i];
        }
        Random random = new Random(name.hashCode());
        for (int i = 0; i < REFLECTIONS; i++) {
            double[] v = unit(n, random);
            reflectRows(a, n, n, v);
            reflectCols(a, n, n, v);
        }
        return new SymmetricSample(name, new Matrix(n, n, symmetrized(a, n)), values);
    }

    private static Sample identity() {
        float[] data = new float[16 * 20];
        for (int i = 0; i < 16; i++) {
            data[i * 20 + i] = 1;
        }
        return new Sample("identity", new FloatMatrix(16, 20, data), Optional.of(filled(16, 1)));
    }

    private static Sample oneElementOff() {
        float[] data = new float[6 * 8];
        data[29] = 2;
        double[] values = new double[6];
        values[0] = 2;
        return new Sample("zero but for one element", new FloatMatrix(6, 8, data), Optional.of(values));
    }

    private static Sample equalRows() {
        FloatMatrix row = random(1, 30).matrix();
        float[] data = new float[10 * 30];
        double energy = 0;
        for (int i = 0; i < data.length; i++) {
            data[i] = row.data()[i % 30];
            energy += (double) data[i] * data[i];
        }
        double[] values = new double[10];
        values[0] = Math.sqrt(energy);
        return new Sample("equal rows", new FloatMatrix(10, 30, data), Optional.of(values));
    }

    /** [[3, 4, 0], [4, −3, 0]] times the smallest float. */
    private static Sample denormal() {
        float unit = Float.MIN_VALUE;
        float[] data = {3 * unit, 4 * unit, 0, 4 * unit, -3 * unit, 0};
        return new Sample("denormal", new FloatMatrix(2, 3, data), known(5.0 * unit, 5.0 * unit));
    }

    /** The tridiagonal matrix of (−1, 2, −1), with λ = 2 − 2 cos(kπ / (n + 1)). */
    private static SymmetricSample secondDifference(int n) {
        double[] a = new double[n * n];
        double[] values = new double[n];
        for (int i = 0; i < n; i++) {
            a[i * n + i] = 2;
            if (i > 0) {
                a[i * n + i - 1] = -1;
                a[(i - 1) * n + i] = -1;
            }
            values[i] = 2 - 2 * Math.cos((n - i) * Math.PI / (n + 1));
        }
        return new SymmetricSample("second difference", new Matrix(n, n, a), values);
    }

    private static SymmetricSample diagonal(String name, double[] diagonal) {
        int n = diagonal.length;
        double[] a = new double[n * n];
        for (int i = 0; i < n; i++) {
            a[i * n + i] = diagonal[i];
        }
        double[] ascending = diagonal.clone();
        Arrays.sort(ascending);
        return new SymmetricSample(name, new Matrix(n, n, a), values(n, i -> ascending[n - 1 - i]));
    }

    private static Optional<double[]> known(double... values) {
        return Optional.of(values);
    }

    private static double[] values(int n, IntToDoubleFunction value) {
        double[] values = new double[n];
        Arrays.setAll(values, value);
        return values;
    }

    private static double[] filled(int n, double value) {
        return values(n, i -> value);
    }

    private static double[] ascending(int n) {
        return values(n, i -> i);
    }

    private static double[] unit(int n, Random random) {
        double[] v = values(n, i -> random.nextGaussian());
        double norm = Math.sqrt(Arrays.stream(v).map(x -> x * x).sum());
        return values(n, i -> v[i] / norm);
    }

    /** A ← (I − 2 v vᵀ) A. */
    private static void reflectRows(double[] a, int rows, int cols, double[] v) {
        for (int j = 0; j < cols; j++) {
            double dot = 0;
            for (int i = 0; i < rows; i++) {
                dot += v[i] * a[i * cols + j];
            }
            for (int i = 0; i < rows; i++) {
                a[i * cols + j] -= 2 * dot * v[i];
            }
        }
    }

    /** A ← A (I − 2 v vᵀ). */
    private static void reflectCols(double[] a, int rows, int cols, double[] v) {
        for (int i = 0; i < rows; i++) {
            double dot = 0;
            for (int j = 0; j < cols; j++) {
                dot += v[j] * a[i * cols + j];
            }
            for (int j = 0; j < cols; j++) {
                a[i * cols + j] -= 2 * dot * v[j];
            }
        }
    }

    private static double[] symmetrized(double[] a, int n) {
        double[] s = new double[n * n];
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < n; j++) {
                s[i * n + j] = 0.5 * (a[i * n + j] + a[j * n + i]);
            }
        }
        return s;
    }
}
