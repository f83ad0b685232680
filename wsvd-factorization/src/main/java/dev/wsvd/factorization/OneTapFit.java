package dev.wsvd.factorization;

import dev.wsvd.domain.linalg.Cholesky;
import dev.wsvd.domain.linalg.FloatMatrix;
import dev.wsvd.domain.linalg.LinearAlgebra;
import dev.wsvd.domain.linalg.Matrix;
import dev.wsvd.domain.linalg.SymmetricEigen;
import dev.wsvd.domain.moments.PatchMoments;

/**
 * One group of a layer whose first stage reads the whole patch (J = 1), fitted to the covariance C of what it sees: the best of
 * all products of a rank, E‖(W − W') x‖² being the sum of the eigenvalues of W C Wᵀ that are left out.
 *
 * <ul>
 *   <li>n' ≤ D: with the leading eigenvectors U_r of W C Wᵀ, the first stage is U_rᵀ W and the second U_r.
 *   <li>n' &gt; D: with L Lᵀ = C, up to a ridge, and the leading eigenvectors U_r of Lᵀ Wᵀ W L, D × D, they are U_rᵀ L⁻¹ and W L U_r. W is
 *       read in pieces, so that nothing in float64 is as large as it.
 * </ul>
 */
final class OneTapFit implements FittedGroup {
    /** Share of the mean variance that is added: directions of the inputs with less are taken as not there. */
    static final double VANISHING = 1e-9;

    private final LinearAlgebra linearAlgebra;
    private final GroupRows weight;
    private final double[] mean;
    /** Of W C Wᵀ, all but those that are 0 if n' &gt; D, descending. */
    private final double[] eigenvalues;

    private final double[] missing;
    /** U_rᵀ W or U_rᵀ L⁻¹, r × D. */
    private final Matrix first;
    /** U_rᵀ, r × n', or (L U_r)ᵀ, r × D. */
    private final Matrix second;

    OneTapFit(LinearAlgebra linearAlgebra, GroupRows weight, PatchMoments moments, int maxRank) {
        this.linearAlgebra = linearAlgebra;
        this.weight = weight;
        this.mean = moments.mean();
        if (weight.isTall()) {
            Cholesky inputs = inputs(linearAlgebra, moments);
            SymmetricEigen eigen = linearAlgebra.eigenLeading(gram(linearAlgebra, weight, inputs), maxRank);
            this.eigenvalues = eigen.values();
            this.first = inputs.solveUpper(eigen.vectors().transposed()).transposed();
            this.second = linearAlgebra.multiply(eigen.vectors(), inputs.upper());
        } else {
            Matrix w = weight.matrix();
            SymmetricEigen eigen = linearAlgebra.eigenLeading(gram(linearAlgebra, w, moments), maxRank);
            this.eigenvalues = eigen.values();
            this.first = linearAlgebra.multiply(eigen.vectors(), w);
            this.second = eigen.vectors();
        }
        this.missing = missing(eigenvalues);
    }

    /** What each rank misses, from 0 on, without factors: eigenvalues alone, which take less time and memory. */
    static double[] missing(LinearAlgebra linearAlgebra, GroupRows weight, PatchMoments moments) {
        return missing(linearAlgebra.eigenvalues(
                weight.isTall()
                        ? gram(linearAlgebra, weight, inputs(linearAlgebra, moments))
                        : gram(linearAlgebra, weight.matrix(), moments)));
    }

    private static double[] missing(double[] eigenvalues) {
        double[] missing = new double[eigenvalues.length + 1];
        for (int r = eigenvalues.length - 1; r >= 0; r--) {
            missing[r] = missing[r + 1] + Math.max(0, eigenvalues[r]);
        }
        return missing;
    }

    @Override
    public double energy() {
        return missing[0];
    }

    @Override
    public double missing(int rank) {
        return missing[rank];
    }

    /** The fit of a rank is the best there is: nothing is left to refine. */
    @Override
    public double write(boolean refined, Room to) {
        int rank = to.rank();
        double[] scales = new double[rank];
        double[] projectedMean = new double[rank];
        for (int r = 0; r < rank; r++) {
            scales[r] = balance(r);
            for (int k = 0; scales[r] != 0 && k < first.cols(); k++) {
                to.first()[to.firstAt() + r * first.cols() + k] = (float) (first.get(r, k) * scales[r]);
                projectedMean[r] += first.get(r, k) * mean[k];
            }
        }
        Matrix leading = Matrices.leadingRows(second, rank);
        if (!weight.isTall()) {
            writeSecond(0, weight.read(0, weight.rows()), leading.transposed(), scales, projectedMean, to);
            return missing[rank];
        }
        for (int from = 0; from < weight.rows(); from += GroupRows.PIECE) {
            float[] w = weight.read(from, Math.min(weight.rows(), from + GroupRows.PIECE));
            Matrix rows = Matrices.rows(w, 0, w.length / weight.cols(), weight.cols());
            writeSecond(from, w, linearAlgebra.timesTransposed(rows, leading), scales, projectedMean, to);
        }
        return missing[rank];
    }

    /** What makes a row of the first stage and its column of the second equally long; 0 for a direction that gives nothing. */
    private double balance(int r) {
        int d = first.cols();
        double length = Math.sqrt(Matrices.energy(first.data(), r * d, (r + 1) * d));
        double other = weight.isTall() ? Math.sqrt(Math.max(0, eigenvalues[r])) : 1;
        return length == 0 ? 0 : Math.sqrt(other / length);
    }

    /** Some rows of the second stage, and of (W − W') μ. */
    private void writeSecond(int from, float[] w, Matrix b, double[] scales, double[] projectedMean, Room to) {
        for (int o = 0; o < b.rows(); o++) {
            int at = to.secondAt() + (from + o) * b.cols();
            double missed = 0;
            for (int k = 0; k < mean.length; k++) {
                missed += w[o * mean.length + k] * mean[k];
            }
            for (int r = 0; r < b.cols(); r++) {
                to.second()[at + r] = scales[r] == 0 ? 0 : (float) (b.get(o, r) / scales[r]);
                missed -= b.get(o, r) * projectedMean[r];
            }
            to.correction()[to.correctionAt() + from + o] = (float) missed;
        }
    }

    private static Cholesky inputs(LinearAlgebra linearAlgebra, PatchMoments moments) {
        return linearAlgebra.cholesky(Matrices.withRidge(Matrices.symmetric(moments.covariance()), VANISHING));
    }

    /** W C Wᵀ. */
    private static Matrix gram(LinearAlgebra linearAlgebra, Matrix weight, PatchMoments moments) {
        return Matrices.symmetric(
                linearAlgebra.timesTransposed(linearAlgebra.multiply(weight, moments.covariance()), weight));
    }

    /** Lᵀ Wᵀ W L. */
    private static Matrix gram(LinearAlgebra linearAlgebra, GroupRows weight, Cholesky inputs) {
        int d = weight.cols();
        double[] sum = Matrix.allocate(d, d);
        for (int from = 0; from < weight.rows(); from += GroupRows.PIECE) {
            int to = Math.min(weight.rows(), from + GroupRows.PIECE);
            linearAlgebra.addGram(new FloatMatrix(to - from, d, weight.read(from, to)).transposed(), sum);
        }
        for (int i = 0; i < d; i++) {
            for (int j = 0; j < i; j++) {
                sum[i * d + j] = sum[j * d + i];
            }
        }
        Matrix right = linearAlgebra.timesTransposed(new Matrix(d, d, sum), inputs.upper());
        return Matrices.symmetric(linearAlgebra.multiply(inputs.upper(), right));
    }
}
