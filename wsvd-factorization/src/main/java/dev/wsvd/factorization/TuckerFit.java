package dev.wsvd.factorization;

import dev.wsvd.domain.linalg.LinearAlgebra;
import dev.wsvd.domain.linalg.Matrix;
import dev.wsvd.domain.moments.PatchMoments;

/**
 * One group of a convolution as Uᵀ · core · (P ⊗ I_K), with projectors P of the input channels and orthonormal directions U of the
 * output.
 *
 * <p>P is that of the input channels ({@link GroupFit}), nested over r₁. What P explains of the outputs, E = L⁻¹ T C Wᵀ, has its best
 * directions in the leading eigenvectors of EᵀE: they are U, nested too, so that one fit gives the error of every pair of ranks. A
 * pair's own P and U are found in turn, each the best for the other.
 */
final class TuckerFit {
    private static final int ALTERNATIONS = 3;

    /** One pair of ranks: P, r₁ × m'; core, r₂ × r₁·K; U, r₂ × n'; and what they miss. */
    record Solution(Matrix projectors, Matrix core, Matrix directions, double missing) {}

    private final LinearAlgebra linearAlgebra;
    private final PatchMoments moments;
    private final int taps;
    private final Matrix weight;
    private final Covariance covariance;
    private final Matrix wc;
    private final GroupFit inputSide;
    private final Matrix directions;
    /** Explained by the leading r₁ projectors and r₂ directions, in row r₁, column r₂. */
    private final double[][] explained;

    /**
     * @param weight W, n' × m'·K
     * @param taps K
     */
    TuckerFit(
            LinearAlgebra linearAlgebra, Matrix weight, PatchMoments moments, int taps, int inputRank, int outputRank) {
        this.linearAlgebra = linearAlgebra;
        this.moments = moments;
        this.weight = weight;
        this.covariance = new Covariance(linearAlgebra, moments);
        this.wc = covariance.times(weight);
        this.taps = taps;
        this.inputSide = new GroupFit(linearAlgebra, weight, moments, taps, inputRank);
        Matrix all = inputSide.nested().explained(inputRank);
        this.directions = leading(all, outputRank);
        this.explained = cumulated(linearAlgebra.timesTransposed(all, directions), taps);
    }

    double energy() {
        return inputSide.energy();
    }

    /** E‖(W − W') x‖² at two ranks, by the nested projectors and directions. */
    double missing(int inputRank, int outputRank) {
        return Math.max(0, energy() - explained[inputRank][outputRank]);
    }

    /** The nested solution. */
    Solution nested(int inputRank, int outputRank) {
        return solved(inputSide.nested(), inputRank, Matrices.leadingRows(directions, outputRank));
    }

    /** A pair's own solution, where it misses less. */
    Solution own(int inputRank, int outputRank) {
        Solution best = nested(inputRank, outputRank);
        ProjectedFit fit = inputSide.nested();
        for (int i = 0; i < ALTERNATIONS; i++) {
            Matrix u = leading(fit.explained(inputRank), outputRank);
            Solution solution = solved(fit, inputRank, u);
            boolean better = solution.missing < best.missing;
            best = better ? solution : best;
            if (i > 0 && !better) {
                break;
            }
            // The best input side for these output directions: that of a layer with r₂ outputs.
            Matrix seenByU = linearAlgebra.multiply(u, weight);
            Matrix projectors = new GroupFit(linearAlgebra, seenByU, moments, taps, inputRank)
                    .own(inputRank)
                    .projectors();
            fit = new ProjectedFit(linearAlgebra, covariance, wc, Matrices.leadingRows(projectors, inputRank), taps);
        }
        return best;
    }

    private Solution solved(ProjectedFit fit, int inputRank, Matrix u) {
        Matrix b = fit.second(inputRank).transposed();
        Matrix projected = linearAlgebra.timesTransposed(fit.explained(inputRank), u);
        double missing = Math.max(0, energy() - Matrices.dot(projected, projected));
        return new Solution(
                Matrices.leadingRows(fit.projectors(), inputRank), linearAlgebra.multiply(u, b), u, missing);
    }

    /** (W − W') μ: what the bias must gain so that the mean output stays as it was. */
    double[] missedMean(Solution solution) {
        double[] z = Covariance.projectedMean(moments.mean(), solution.projectors, solution.projectors.rows(), taps);
        double[] inner = new double[solution.core.rows()];
        for (int j = 0; j < inner.length; j++) {
            for (int i = 0; i < z.length; i++) {
                inner[j] += solution.core.get(j, i) * z[i];
            }
        }
        double[] missed = new double[weight.rows()];
        for (int o = 0; o < missed.length; o++) {
            for (int i = 0; i < weight.cols(); i++) {
                missed[o] += weight.get(o, i) * moments.mean()[i];
            }
            for (int j = 0; j < inner.length; j++) {
                missed[o] -= solution.directions.get(j, o) * inner[j];
            }
        }
        return missed;
    }

    /** The leading eigenvectors of EᵀE, as rows. */
    private Matrix leading(Matrix e, int rank) {
        Matrix gram = linearAlgebra.transposedTimes(e, e);
        return linearAlgebra.eigenLeading(Matrices.symmetric(gram), rank).vectors();
    }

    /** Sums of squares over leading blocks of E Uᵀ, whose rows are those of projectors, K each. */
    private static double[][] cumulated(Matrix eu, int taps) {
        double[][] sums = new double[eu.rows() / taps + 1][eu.cols() + 1];
        for (int r = 1; r < sums.length; r++) {
            double row = 0;
            for (int c = 1; c <= eu.cols(); c++) {
                for (int tap = 0; tap < taps; tap++) {
                    double value = eu.get((r - 1) * taps + tap, c - 1);
                    row += value * value;
                }
                sums[r][c] = sums[r - 1][c] + row;
            }
        }
        return sums;
    }
}
