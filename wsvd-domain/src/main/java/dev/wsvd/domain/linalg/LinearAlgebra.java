package dev.wsvd.domain.linalg;

import dev.wsvd.domain.error.LinearAlgebraException;
import java.util.Arrays;
import java.util.Optional;

/**
 * What the factorizers need of linear algebra, and no more.
 *
 * <p>Matrices are row-major; weights are float32, arithmetic is float64 inside. Implementations are safe for use by several
 * threads at once, never keep or write to an argument but for sums, and give the same bits for the same input. NaN and infinite
 * elements are refused.
 *
 * <p>A provider implements four operations; the others are built on them and may be overridden by faster ones that keep the
 * contract.
 */
public interface LinearAlgebra {
    /**
     * G = A Aᵀ, p × p, symmetric, accumulated in float64.
     *
     * @param a p × q
     * @throws LinearAlgebraException if an element is NaN or infinite, or G would be too large
     */
    Matrix gram(FloatMatrix a);

    /**
     * A Bᵀ, p × r, accumulated in float64. A backend overrides this to leave the products of A and B with themselves undone.
     *
     * @param a p × q
     * @param b r × q
     * @throws LinearAlgebraException if the numbers of columns differ, an element is NaN or infinite, or A Bᵀ would be too large
     */
    default Matrix cross(FloatMatrix a, FloatMatrix b) {
        Checks.cross(a, b);
        int p = a.rows();
        int r = b.rows();
        float[] stacked = FloatMatrix.allocate(p + r, a.cols());
        System.arraycopy(a.data(), 0, stacked, 0, a.data().length);
        System.arraycopy(b.data(), 0, stacked, a.data().length, b.data().length);
        double[] all = gram(new FloatMatrix(p + r, a.cols(), stacked)).data();
        double[] cross = Matrix.allocate(p, r);
        for (int i = 0; i < p; i++) {
            System.arraycopy(all, i * (p + r) + p, cross, i * r, r);
        }
        return new Matrix(p, r, cross);
    }

    /**
     * Adds A Aᵀ to a sum, accumulated in float64. A backend overrides this to leave out the matrix in between.
     *
     * @param a p × q
     * @param upper p × p, row-major; what stands below its diagonal is not used, and may be anything afterwards
     * @throws LinearAlgebraException as {@link #gram}
     */
    default void addGram(FloatMatrix a, double[] upper) {
        add(gram(a), upper);
    }

    /**
     * Adds A Bᵀ to a sum, accumulated in float64.
     *
     * @param a p × q
     * @param b r × q
     * @param sum p × r, row-major
     * @throws LinearAlgebraException as {@link #cross}
     */
    default void addCross(FloatMatrix a, FloatMatrix b, double[] sum) {
        add(cross(a, b), sum);
    }

    private static void add(Matrix what, double[] to) {
        for (int i = 0; i < to.length; i++) {
            to[i] += what.data()[i];
        }
    }

    /**
     * All eigenvalues and eigenvectors of a symmetric matrix, descending.
     *
     * @param a n × n; only its symmetry up to rounding is used
     * @throws LinearAlgebraException if A is not square, an element is NaN or infinite, or the iteration does not converge;
     *     the message names the shape
     */
    SymmetricEigen eigenSymmetric(Matrix a);

    /**
     * All eigenvalues of a symmetric matrix, descending, and the eigenvectors of the {@code count} largest. A backend
     * overrides this where it can leave work undone.
     *
     * @param a n × n; only its symmetry up to rounding is used
     * @param count 1 … n
     * @return n values and {@code count} × n vectors
     * @throws LinearAlgebraException as {@link #eigenSymmetric}, or if the count is outside 1 … n
     */
    default SymmetricEigen eigenLeading(Matrix a, int count) {
        Checks.eigen(a, count);
        SymmetricEigen eigen = eigenSymmetric(a);
        int n = a.rows();
        double[] leading = Arrays.copyOf(eigen.vectors().data(), count * n);
        return new SymmetricEigen(eigen.values(), new Matrix(count, n, leading));
    }

    /**
     * All eigenvalues of a symmetric matrix, descending. A backend overrides this where it can leave the vectors undone.
     *
     * @param a n × n; only its symmetry up to rounding is used
     * @throws LinearAlgebraException as {@link #eigenSymmetric}
     */
    default double[] eigenvalues(Matrix a) {
        return eigenLeading(a, 1).values();
    }

    /**
     * A B, accumulated in float64 and rounded once.
     *
     * @param a k × p
     * @param b p × q
     * @return k × q
     * @throws LinearAlgebraException if the inner dims differ, an element is NaN or infinite, or an element of the product is
     *     beyond the largest float32
     */
    FloatMatrix multiply(Matrix a, FloatMatrix b);

    /**
     * A B, in float64.
     *
     * @param a k × p
     * @param b p × q
     * @return k × q
     * @throws LinearAlgebraException if the inner dims differ, an element is NaN or infinite, or A B would be too large
     */
    Matrix multiply(Matrix a, Matrix b);

    /**
     * A Bᵀ, in float64.
     *
     * @param a k × p
     * @param b q × p
     * @return k × q
     * @throws LinearAlgebraException as {@link #multiply(Matrix, Matrix)}
     */
    default Matrix timesTransposed(Matrix a, Matrix b) {
        Checks.timesTransposedSizes(a, b);
        b.requireFinite();
        return multiply(a, b.transposed());
    }

    /**
     * Aᵀ B, in float64.
     *
     * @param a p × k
     * @param b p × q
     * @return k × q
     * @throws LinearAlgebraException as {@link #multiply(Matrix, Matrix)}
     */
    default Matrix transposedTimes(Matrix a, Matrix b) {
        Checks.transposedTimesSizes(a, b);
        a.requireFinite();
        return multiply(a.transposed(), b);
    }

    /**
     * The Cholesky decomposition of a symmetric positive definite matrix.
     *
     * @param a n × n; its upper triangle is used
     * @throws LinearAlgebraException if A is not square, a pivot is not positive, or an element is NaN or infinite
     */
    default Cholesky cholesky(Matrix a) {
        Checks.cholesky(a);
        return new BlockCholesky(this, a);
    }

    /**
     * The leading directions of A = U S Vᵀ, by the eigenvectors U of A Aᵀ: no right singular vector is ever computed on its
     * own, S Vᵀ = Uᵀ A.
     *
     * <p>Promised: singular values to 1e-6 of the largest, ‖A − A_r‖_F to 1e-5 of ‖A‖_F. Not promised: relative accuracy of
     * singular values below about 1e-7 of the largest; those are zero directions here.
     *
     * <p>A small rank of a large matrix, at most p/32 with p above 2000, is found by block Lanczos, without the other
     * eigenvectors; where that does not converge soon, as a flat spectrum can prevent, all are computed after all.
     *
     * @param a p × q with p ≤ q
     * @param rank k, 1 … p
     * @throws LinearAlgebraException if p &gt; q, k is outside 1 … p, or an element is NaN or infinite
     */
    default TruncatedSvd svd(FloatMatrix a, int rank) {
        if (a.rows() > a.cols() || rank < 1 || rank > a.rows()) {
            throw new LinearAlgebraException(
                    "Rank " + rank + " of a " + a + " matrix: the rank must be 1 … rows, and rows at most columns.");
        }
        int p = a.rows();
        Matrix gram = gram(a);
        SymmetricEigen eigen = (BlockLanczos.worthwhile(p, rank)
                        ? BlockLanczos.leading(this, gram, rank)
                        : Optional.<SymmetricEigen>empty())
                .orElseGet(() -> eigenLeading(gram, rank));
        double[] values = new double[rank];
        for (int i = 0; i < rank; i++) {
            values[i] = Math.sqrt(Math.max(0, eigen.values()[i]));
        }
        Matrix ut = eigen.vectors();
        FloatMatrix svt = multiply(ut, a);
        // The Gram matrix squares the spectrum: below this the eigenvalues are rounding noise.
        double floor = values[0] * Math.sqrt(p * Math.ulp(1.0));
        for (int i = 0; i < rank; i++) {
            if (values[i] <= floor) {
                Arrays.fill(svt.data(), i * a.cols(), (i + 1) * a.cols(), 0f);
            }
        }
        return new TruncatedSvd(values, remainder(gram, eigen.values(), rank), ut, svt);
    }

    /**
     * All singular values of A, as the square roots of the eigenvalues of A Aᵀ: to 1e-6 of the largest, as those of {@link #svd}, for
     * less work.
     *
     * @param a p × q with p ≤ q
     * @throws LinearAlgebraException if p &gt; q, or an element is NaN or infinite
     */
    default Spectrum singularValues(FloatMatrix a) {
        if (a.rows() > a.cols()) {
            throw new LinearAlgebraException(
                    "Singular values of a " + a + " matrix: it must have at most as many rows as columns.");
        }
        double[] values = eigenvalues(gram(a));
        for (int i = 0; i < values.length; i++) {
            values[i] = Math.sqrt(Math.max(0, values[i]));
        }
        return new Spectrum(values, a.cols());
    }

    /** The sum of the eigenvalues after the first {@code rank}; from the trace where they are not known. */
    private static double remainder(Matrix a, double[] values, int rank) {
        double sum = 0;
        if (values.length == a.rows()) {
            for (int i = values.length - 1; i >= rank; i--) {
                sum += Math.max(0, values[i]);
            }
            return sum;
        }
        for (int i = 0; i < a.rows(); i++) {
            sum += a.get(i, i);
        }
        for (int i = 0; i < rank; i++) {
            sum -= values[i];
        }
        return Math.max(0, sum);
    }
}
