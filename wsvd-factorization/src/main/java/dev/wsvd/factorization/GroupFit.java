package dev.wsvd.factorization;

import dev.wsvd.domain.linalg.Cholesky;
import dev.wsvd.domain.linalg.LinearAlgebra;
import dev.wsvd.domain.linalg.Matrix;
import dev.wsvd.domain.moments.PatchMoments;

/**
 * One group of a layer, factored for what it sees: projectors P, and the second factors that fit the group's outputs best for
 * them ({@link ProjectedFit}). The projectors of all ranks are nested, so one fit serves them all.
 *
 * <p>With one tap, P = U_rᵀ W with the leading eigenvectors U_r of W C Wᵀ, which is the optimum ({@link OneTapFit} if C is whole). With several, P
 * whitens: the leading directions of Lᵀ A, with L Lᵀ = C_D the mean covariance of a tap; where the taps are correlated, a rank's own P is
 * better ({@link ProjectorSearch}).
 */
final class GroupFit implements FittedGroup {
    private final LinearAlgebra linearAlgebra;
    private final int taps;
    private final Covariance covariance;
    private final Matrix weight;
    private final Matrix wc;
    private final double energy;
    private final double[] mean;
    private final ProjectedFit nested;
    private final double[] missing;

    /** @param weight W, n' × D·J */
    GroupFit(LinearAlgebra linearAlgebra, Matrix weight, PatchMoments moments, int taps, int maxRank) {
        this.linearAlgebra = linearAlgebra;
        this.taps = taps;
        this.weight = weight;
        this.mean = moments.mean();
        this.covariance = new Covariance(linearAlgebra, moments);
        this.wc = covariance.times(weight);
        this.energy = Math.max(0, Matrices.dot(wc, weight));
        Matrix projectors = Matrices.unitRows(
                taps == 1
                        ? optimal(linearAlgebra, weight, wc, maxRank)
                        : whitening(linearAlgebra, weight, covariance.shared(taps), taps, maxRank));
        this.nested = new ProjectedFit(linearAlgebra, covariance, wc, projectors, taps);
        this.missing = nested.missingByRank(energy);
    }

    @Override
    public double energy() {
        return energy;
    }

    /** By the nested projectors. */
    @Override
    public double missing(int rank) {
        return missing[rank];
    }

    /** The fit of a rank by the nested projectors. */
    ProjectedFit nested() {
        return nested;
    }

    /** The fit of a rank by projectors of its own, where they miss less. */
    ProjectedFit own(int rank) {
        if (taps == 1 || covariance.isChannelOnly()) {
            return nested;
        }
        return new ProjectorSearch(linearAlgebra, covariance, wc, energy, taps).better(nested, rank);
    }

    @Override
    public double write(boolean refined, Room to) {
        int rank = to.rank();
        ProjectedFit fit = refined ? own(rank) : nested;
        Matrix projectors = fit.projectors();
        Matrix b = fit.second(rank);
        int d = projectors.cols();
        int n = weight.rows();
        int width = rank * taps;
        for (int r = 0; r < rank; r++) {
            double scale = balance(b, r);
            for (int k = 0; k < d; k++) {
                to.first()[to.firstAt() + r * d + k] = (float) (projectors.get(r, k) * scale);
            }
            for (int o = 0; o < n; o++) {
                for (int j = 0; j < taps; j++) {
                    to.second()[to.secondAt() + o * width + r * taps + j] = (float) (b.get(r * taps + j, o) / scale);
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
            to.correction()[to.correctionAt() + o] = (float) missed;
        }
        return fit.missingByRank(energy)[rank];
    }

    /** What makes a projector and its second weights equally long; projectors are of unit length. */
    private double balance(Matrix b, int r) {
        double length = Math.sqrt(Matrices.energy(b.data(), r * taps * b.cols(), (r + 1) * taps * b.cols()));
        return length == 0 ? 1 : Math.sqrt(length);
    }

    /** U_rᵀ W with the leading eigenvectors of W C Wᵀ. */
    private static Matrix optimal(LinearAlgebra linearAlgebra, Matrix weight, Matrix wc, int rank) {
        Matrix outputs = linearAlgebra.timesTransposed(wc, weight);
        return linearAlgebra.multiply(leading(linearAlgebra, outputs, rank), weight);
    }

    /**
     * U_rᵀ L⁻¹ with L Lᵀ = C_D and the leading left singular vectors U_r of Lᵀ A: those of a factor serve as well as those of the
     * root. With the right ones V_r, from the smaller side, that is V_rᵀ Aᵀ up to the rows' lengths.
     */
    private static Matrix whitening(LinearAlgebra linearAlgebra, Matrix weight, Matrix shared, int taps, int rank) {
        Matrix a = Matrices.unfolded(weight, taps);
        Matrix at = a.transposed();
        if (at.rows() <= a.rows()) {
            Matrix outputs = linearAlgebra.multiply(linearAlgebra.multiply(at, shared), a);
            return linearAlgebra.multiply(leading(linearAlgebra, outputs, rank), at);
        }
        Cholesky inputs = linearAlgebra.cholesky(Matrices.withRidge(Matrices.symmetric(shared), OneTapFit.VANISHING));
        Matrix whitened = linearAlgebra.multiply(inputs.upper(), a);
        Matrix directions = leading(linearAlgebra, linearAlgebra.timesTransposed(whitened, whitened), rank);
        return inputs.solveUpper(directions.transposed()).transposed();
    }

    private static Matrix leading(LinearAlgebra linearAlgebra, Matrix gram, int rank) {
        return linearAlgebra.eigenLeading(Matrices.symmetric(gram), rank).vectors();
    }
}
