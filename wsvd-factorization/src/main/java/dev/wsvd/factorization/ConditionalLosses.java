package dev.wsvd.factorization;

import dev.wsvd.domain.linalg.Matrix;
import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * Backward elimination: with P = (R + Λ)⁻¹, R the covariance of the units that are there, and B the weights that fit them to the
 * outputs, the outputs lose ‖b_j‖² / P_jj with unit j; the others make up for the rest, B ← B − b_j p_jᵀ / P_jj, P ← P − p_j p_jᵀ / P_jj.
 * O(u²(u + r)) for u units and r weights that read each.
 *
 * <p>B. Hassibi, D. Stork, "Second order derivatives for network pruning: optimal brain surgeon", NeurIPS 1992, for whole units.
 */
final class ConditionalLosses implements UnitLosses {
    /** Units that are there, at the front. */
    private final int[] unitAt;

    private final int[] placeOf;
    private int left;
    /** By place, the lower triangle. */
    private final double[][] p;
    /** By place. */
    private final double[][] b;

    private final double[] losses;

    /**
     * @param inverse P, u × u
     * @param weights Bᵀ, u × rows
     */
    ConditionalLosses(Matrix inverse, Matrix weights) {
        int units = inverse.rows();
        this.left = units;
        this.unitAt = IntStream.range(0, units).toArray();
        this.placeOf = unitAt.clone();
        this.p = new double[units][];
        this.b = new double[units][];
        this.losses = new double[units];
        for (int i = 0; i < units; i++) {
            p[i] = Arrays.copyOfRange(inverse.data(), i * units, i * units + i + 1);
            b[i] = Arrays.copyOfRange(weights.data(), i * weights.cols(), (i + 1) * weights.cols());
            losses[i] = loss(i);
        }
    }

    private double loss(int place) {
        return Matrices.energy(b[place], 0, b[place].length) / p[place][place];
    }

    @Override
    public double of(int unit) {
        return losses[unit];
    }

    @Override
    public void remove(int unit) {
        left--;
        double[] column = moveBehind(placeOf[unit]);
        double[] removed = b[left];
        for (int i = 0; i < left; i++) {
            double factor = column[i] / column[left];
            subtract(p[i], factor, column, i + 1);
            subtract(b[i], factor, removed, removed.length);
            losses[unitAt[i]] = loss(i);
        }
    }

    /** Exchanges a place with the last; returns the column of P that is then the last. */
    private double[] moveBehind(int place) {
        double[] column = new double[left + 1];
        for (int i = 0; i <= left; i++) {
            column[i] = i <= place ? p[place][i] : p[i][place];
        }
        if (place != left) {
            double[] last = p[left];
            System.arraycopy(last, 0, p[place], 0, place);
            p[place][place] = last[left];
            for (int i = place + 1; i < left; i++) {
                p[i][place] = last[i];
            }
            double variance = column[place];
            column[place] = column[left];
            column[left] = variance;
            double[] weights = b[place];
            b[place] = b[left];
            b[left] = weights;
            int moved = unitAt[left];
            unitAt[left] = unitAt[place];
            unitAt[place] = moved;
            placeOf[moved] = place;
        }
        return column;
    }

    private static void subtract(double[] from, double factor, double[] what, int count) {
        for (int i = 0; i < count; i++) {
            from[i] -= factor * what[i];
        }
    }
}
