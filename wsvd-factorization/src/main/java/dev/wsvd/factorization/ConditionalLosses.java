package dev.wsvd.factorization;

import dev.wsvd.domain.linalg.LinearAlgebra;
import dev.wsvd.domain.linalg.Matrix;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Backward elimination: with P = (R + Λ)⁻¹, R the covariance of the units that are there, and the rows b of B the weights that fit them
 * to the outputs, the outputs lose ‖b_j‖² / P_jj with unit j; the others make up for the rest. With f = p_j / P_jj and M = B Bᵀ, that is
 * P ← P − f p_jᵀ and M ← M − f hᵀ − h fᵀ, h = m_j − M_jj f / 2. O(u³) for u units, however many weights read each, nearly all of it in
 * products of many updates at once.
 *
 * <p>B. Hassibi, D. Stork, "Second order derivatives for network pruning: optimal brain surgeon", NeurIPS 1992, for whole units.
 */
final class ConditionalLosses implements UnitLosses {
    /** Updates that wait until they are made together. */
    private static final int TOGETHER = 64;

    /** Of one unit that went, by place. */
    private record Update(double[] f, double[] p, double[] h) {}

    private final LinearAlgebra linearAlgebra;
    private final boolean[] gone;
    private final int[] placeOf;
    private final double[] variances;
    private final double[] squares;
    private final List<Update> waiting = new ArrayList<>();
    private int[] unitAt;
    /** By place, before the updates that wait. */
    private Matrix p;

    private Matrix m;

    /**
     * @param inverse P, u × u
     * @param products M, u × u
     */
    ConditionalLosses(LinearAlgebra linearAlgebra, Matrix inverse, Matrix products) {
        int units = inverse.rows();
        this.linearAlgebra = linearAlgebra;
        this.gone = new boolean[units];
        this.placeOf = new int[units];
        this.variances = new double[units];
        this.squares = new double[units];
        this.p = inverse;
        this.m = products;
        place(IntStream.range(0, units).toArray());
    }

    private void place(int[] units) {
        unitAt = units;
        for (int i = 0; i < units.length; i++) {
            placeOf[units[i]] = i;
            variances[units[i]] = p.get(i, i);
            squares[units[i]] = m.get(i, i);
        }
    }

    @Override
    public double of(int unit) {
        return Math.max(0, squares[unit]) / variances[unit];
    }

    @Override
    public void remove(int unit) {
        int place = placeOf[unit];
        double[] f = row(p, place);
        double[] h = row(m, place);
        for (Update update : waiting) {
            add(f, -update.f[place], update.p);
            add(h, -update.h[place], update.f);
            add(h, -update.f[place], update.h);
        }
        double[] column = f.clone();
        double half = h[place] / 2;
        for (int i = 0; i < f.length; i++) {
            f[i] /= column[place];
            h[i] -= half * f[i];
            variances[unitAt[i]] -= f[i] * column[i];
            squares[unitAt[i]] -= 2 * f[i] * h[i];
        }
        gone[unit] = true;
        waiting.add(new Update(f, column, h));
        if (waiting.size() == TOGETHER) {
            update();
        }
    }

    /** Makes all updates that wait, for the units that are left. */
    private void update() {
        int[] places =
                IntStream.range(0, unitAt.length).filter(i -> !gone[unitAt[i]]).toArray();
        if (places.length > 0) {
            Matrix f = stacked(waiting.stream().map(Update::f).toList(), places);
            Matrix h = stacked(waiting.stream().map(Update::h).toList(), places);
            Matrix columns = stacked(waiting.stream().map(Update::p).toList(), places);
            // One after the other, since each is as large as all that is there.
            p = less(kept(p, places), linearAlgebra.transposedTimes(f, columns));
            m = less(kept(m, places), linearAlgebra.transposedTimes(f, h));
            m = less(m, linearAlgebra.transposedTimes(h, f));
            place(IntStream.of(places).map(i -> unitAt[i]).toArray());
        }
        waiting.clear();
    }

    private static double[] row(Matrix of, int row) {
        double[] copy = new double[of.cols()];
        System.arraycopy(of.data(), row * of.cols(), copy, 0, copy.length);
        return copy;
    }

    private static Matrix stacked(List<double[]> rows, int[] places) {
        double[] data = new double[rows.size() * places.length];
        int at = 0;
        for (double[] row : rows) {
            for (int place : places) {
                data[at++] = row[place];
            }
        }
        return new Matrix(rows.size(), places.length, data);
    }

    private static Matrix kept(Matrix of, int[] places) {
        double[] data = new double[places.length * places.length];
        int at = 0;
        for (int row : places) {
            for (int col : places) {
                data[at++] = of.get(row, col);
            }
        }
        return new Matrix(places.length, places.length, data);
    }

    /** The first, in its own array. */
    private static Matrix less(Matrix from, Matrix what) {
        add(from.data(), -1, what.data());
        return from;
    }

    private static void add(double[] to, double factor, double[] what) {
        for (int i = 0; i < to.length; i++) {
            to[i] += factor * what[i];
        }
    }
}
