package dev.wsvd.factorization;

import dev.wsvd.domain.linalg.Matrix;
import java.util.Arrays;

/**
 * What the stages before the last give: row ρ of B is b_ρ ⊗ c_ρ.
 *
 * @param channels C_m^½ b_ρ as rows, r × m
 * @param kernels c_ρ as rows, r × K
 */
record PolyadicTerms(Matrix channels, Matrix kernels) {
    int rank() {
        return channels.rows();
    }

    PolyadicTerms leading(int rank) {
        return new PolyadicTerms(Matrices.leadingRows(channels, rank), Matrices.leadingRows(kernels, rank));
    }

    PolyadicTerms followedBy(PolyadicTerms others) {
        return new PolyadicTerms(stacked(channels, others.channels), stacked(kernels, others.kernels));
    }

    private static Matrix stacked(Matrix a, Matrix b) {
        double[] data = Arrays.copyOf(a.data(), a.data().length + b.data().length);
        System.arraycopy(b.data(), 0, data, a.data().length, b.data().length);
        return new Matrix(a.rows() + b.rows(), a.cols(), data);
    }

    /** All numbers, one after the other. */
    double[] flat() {
        double[] all = Arrays.copyOf(channels.data(), channels.data().length + kernels.data().length);
        System.arraycopy(kernels.data(), 0, all, channels.data().length, kernels.data().length);
        return all;
    }

    /** Terms of the same shapes. */
    PolyadicTerms of(double[] flat) {
        int first = channels.data().length;
        return new PolyadicTerms(
                new Matrix(rank(), channels.cols(), Arrays.copyOf(flat, first)),
                new Matrix(rank(), kernels.cols(), Arrays.copyOfRange(flat, first, flat.length)));
    }
}
