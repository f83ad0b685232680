package dev.wsvd.domain.factor;

import dev.wsvd.domain.linalg.Cholesky;
import dev.wsvd.domain.linalg.LinearAlgebra;
import dev.wsvd.domain.linalg.Matrix;
import dev.wsvd.domain.linalg.SymmetricEigen;
import java.util.Arrays;

/**
 * One group of a layer, factored for what it sees: projectors P, and second factors B that fit the group's outputs best for
 * them, B = W C Tᵀ (T C Tᵀ)⁻¹ with T = P ⊗ I_J. The projectors of all ranks are nested, so one Cholesky decomposition gives
 * the fit and its error for every rank.
 *
 * <p>With one tap, P = U_rᵀ W with the leading eigenvectors U_r of W C Wᵀ, which is the optimum. With several, P whitens:
 * the leading directions of C_D^½ A, with C_D the mean covariance of a tap.
 */
final class GroupFit {
    /** Share of the mean eigenvalue below which a direction of the inputs is taken as not there. */
    private static final double VANISHING = 1e-9;

    private static final double RIDGE = 1e-9;

    private final int taps;
    private final Matrix projectors;
    private final Cholesky cholesky;
    /** L⁻¹ T C Wᵀ: what each added row explains of each output. */
    private final Matrix explained;

    private final double energy;
    private final double[] missing;
    private final double[] mean;
    private final Matrix weight;

    /** @param weight W, n' × D·J */
    GroupFit(LinearAlgebra linearAlgebra, Matrix weight, PatchMoments moments, int taps, int maxRank) {
        this.taps = taps;
        this.weight = weight;
        this.mean = moments.mean();
        Covariance covariance = new Covariance(linearAlgebra, moments);
        Matrix wc = covariance.times(weight);
        this.energy = Math.max(0, dot(wc.data(), weight.data()));
        this.projectors = unitRows(
                taps == 1
                        ? optimal(linearAlgebra, weight, wc, maxRank)
                        : whitening(linearAlgebra, weight, covariance.shared(taps), taps, maxRank));
        this.cholesky = new Cholesky(linearAlgebra, withRidge(covariance.projected(projectors, taps)));
        Matrix right = covariance.projected(wc, projectors, taps).transposed();
        this.explained = cholesky.solveLower(right);
        this.missing = missingByRank(maxRank);
    }

    /** E‖W x‖² of centred patches. */
    double energy() {
        return energy;
    }

    /** E‖(W − W') x‖² at a rank. */
    double missing(int rank) {
        return missing[rank];
    }

    /**
     * Writes the two weights of a rank, and what the bias must gain so that the mean output stays as it was.
     *
     * @param first r × D from {@code firstAt} on
     * @param second n' × r·J from {@code secondAt} on
     * @param shift n' from {@code shiftAt} on: (W − W') μ
     */
    void write(int rank, float[] first, int firstAt, float[] second, int secondAt, float[] shift, int shiftAt) {
        int d = projectors.cols();
        int n = explained.cols();
        int width = rank * taps;
        Matrix b = cholesky.solveUpper(new Matrix(width, n, Arrays.copyOf(explained.data(), width * n)));
        for (int r = 0; r < rank; r++) {
            double scale = balance(b, r);
            for (int k = 0; k < d; k++) {
                first[firstAt + r * d + k] = (float) (projectors.get(r, k) * scale);
            }
            for (int o = 0; o < n; o++) {
                for (int j = 0; j < taps; j++) {
                    second[secondAt + o * width + r * taps + j] = (float) (b.get(r * taps + j, o) / scale);
                }
            }
        }
        double[] projectedMean = Covariance.projectedMean(mean, projectors, rank, taps);
        for (int o = 0; o < n; o++) {
            double missed = 0;
            for (int i = 0; i < mean.length; i++) {
                missed += weight.get(o, i) * mean[i];
            }
            for (int i = 0; i < width; i++) {
                missed -= b.get(i, o) * projectedMean[i];
            }
            shift[shiftAt + o] = (float) missed;
        }
    }

    /** What makes a projector and its second weights equally long; projectors are of unit length. */
    private double balance(Matrix b, int r) {
        double length = Math.sqrt(energy(b.data(), r * taps * b.cols(), (r + 1) * taps * b.cols()));
        return length == 0 ? 1 : Math.sqrt(length);
    }

    private double[] missingByRank(int maxRank) {
        double[] left = new double[maxRank + 1];
        left[0] = energy;
        int perRank = taps * explained.cols();
        for (int r = 1; r <= maxRank; r++) {
            left[r] = Math.max(0, left[r - 1] - energy(explained.data(), (r - 1) * perRank, r * perRank));
        }
        return left;
    }

    /** U_rᵀ W with the leading eigenvectors of W C Wᵀ. */
    private static Matrix optimal(LinearAlgebra linearAlgebra, Matrix weight, Matrix wc, int rank) {
        Matrix outputs = linearAlgebra.multiply(wc, weight.transposed());
        return linearAlgebra.multiply(
                linearAlgebra.eigenLeading(symmetric(outputs), rank).vectors(), weight);
    }

    /** U_rᵀ C_D^-½ with the leading left singular vectors of C_D^½ A, in the basis of C_D's eigenvectors. */
    private static Matrix whitening(LinearAlgebra linearAlgebra, Matrix weight, Matrix shared, int taps, int rank) {
        SymmetricEigen inputs = linearAlgebra.eigenSymmetric(symmetric(shared));
        int d = shared.rows();
        double mean = Arrays.stream(inputs.values()).sum() / d;
        double[] roots = new double[d];
        Arrays.setAll(roots, i -> Math.sqrt(Math.max(inputs.values()[i], VANISHING * mean)));
        Matrix whitened = scaledRows(linearAlgebra.multiply(inputs.vectors(), unfolded(weight, taps)), roots, true);
        Matrix gram = linearAlgebra.multiply(whitened, whitened.transposed());
        Matrix directions = linearAlgebra.eigenLeading(symmetric(gram), rank).vectors();
        return linearAlgebra.multiply(directions, scaledRows(inputs.vectors(), roots, false));
    }

    /** A, D × n'·J. */
    private static Matrix unfolded(Matrix weight, int taps) {
        int d = weight.cols() / taps;
        int n = weight.rows();
        double[] a = new double[weight.data().length];
        for (int o = 0; o < n; o++) {
            for (int k = 0; k < d; k++) {
                System.arraycopy(weight.data(), (o * d + k) * taps, a, (k * n + o) * taps, taps);
            }
        }
        return new Matrix(d, n * taps, a);
    }

    private static Matrix scaledRows(Matrix m, double[] factors, boolean times) {
        double[] data = m.data().clone();
        for (int i = 0; i < data.length; i++) {
            double factor = factors[i / m.cols()];
            data[i] = times ? data[i] * factor : data[i] / factor;
        }
        return new Matrix(m.rows(), m.cols(), data);
    }

    private static Matrix unitRows(Matrix m) {
        double[] lengths = new double[m.rows()];
        for (int i = 0; i < lengths.length; i++) {
            double length = Math.sqrt(energy(m.data(), i * m.cols(), (i + 1) * m.cols()));
            lengths[i] = length == 0 ? 1 : length;
        }
        return scaledRows(m, lengths, false);
    }

    /** A little on the diagonal, so that directions the inputs do not have give nothing instead of noise. */
    private static Matrix withRidge(Matrix gram) {
        int n = gram.rows();
        double trace = 0;
        for (int i = 0; i < n; i++) {
            trace += gram.get(i, i);
        }
        double[] data = gram.data().clone();
        for (int i = 0; i < n; i++) {
            data[i * n + i] += RIDGE * (Math.max(0, gram.get(i, i)) + trace / n) + Double.MIN_NORMAL;
        }
        return new Matrix(n, n, data);
    }

    private static Matrix symmetric(Matrix m) {
        int n = m.rows();
        double[] data = new double[n * n];
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < n; j++) {
                data[i * n + j] = 0.5 * (m.get(i, j) + m.get(j, i));
            }
        }
        return new Matrix(n, n, data);
    }

    private static double energy(double[] data, int from, int to) {
        double sum = 0;
        for (int i = from; i < to; i++) {
            sum += data[i] * data[i];
        }
        return sum;
    }

    private static double dot(double[] a, double[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += a[i] * b[i];
        }
        return sum;
    }
}
