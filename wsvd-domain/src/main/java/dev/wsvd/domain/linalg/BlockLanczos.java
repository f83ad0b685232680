package dev.wsvd.domain.linalg;

import java.util.Arrays;
import java.util.Optional;
import java.util.Random;

/**
 * The leading eigenpairs of a large positive semidefinite matrix, where few of them are wanted: cheaper than all of them by
 * about the share of the space that the search has to span.
 *
 * <p>From a block X of random rows, the rows of X, XG, XG² … are made orthonormal one block after the other; eigenpairs of G
 * restricted to their span approach the leading ones of G. Every eigenpair is checked by its residual before any is returned.
 * That shows that it is one of G's; that none is missed is as good as certain, since a block always has more rows than
 * eigenpairs are wanted, random ones where XG has fewer directions.
 *
 * <p>Sources: G. Golub, R. Underwood, "The block Lanczos method for computing eigenvalues", Mathematical Software III, 1977;
 * C. Musco, C. Musco, "Randomized block Krylov methods for stronger and faster approximate singular value decomposition",
 * NIPS, 2015; orthonormal blocks by A. Stathopoulos, K. Wu, "A block orthogonalization procedure with constant
 * synchronization requirements", SIAM Journal on Scientific Computing, 2002.
 */
final class BlockLanczos {
    /** Matrices up to this size are decomposed whole. */
    private static final int LARGE = 2_000;
    /** At most one in this many eigenpairs is few. */
    private static final int FEW = 32;
    /** The span may grow to one in this many dims. Beyond it, all eigenpairs at once are cheaper. */
    private static final int LARGEST_SPAN = 3;
    /** The span grows by this factor from one look at its eigenpairs to the next. */
    private static final double GROWTH = 1.25;

    private static final double SINGULAR_VALUE = 1e-6;
    /** Directions of a block shorter than this share of the longest are not told from rounding. */
    private static final double SHORT = 1e-7;
    /** Nor are those shorter than this share of the longest row of G's products so far. */
    private static final double VANISHED = 1e-14;
    /** Residuals fall faster towards the end than they did so far, by about this factor. */
    private static final double ACCELERATION = 2;

    private final LinearAlgebra linearAlgebra;
    private final Matrix g;
    private final int n;
    private final int count;
    private final int block;
    private final int capacity;
    private final Random random;

    /** Orthonormal rows Q. */
    private Matrix basis;
    /** Q G Qᵀ. */
    private double[][] projected = {};

    private double longest;

    private BlockLanczos(LinearAlgebra linearAlgebra, Matrix g, int count) {
        this.linearAlgebra = linearAlgebra;
        this.g = g;
        this.n = g.rows();
        this.count = count;
        this.block = count + Math.max(8, count / 8);
        this.capacity = n / LARGEST_SPAN;
        this.random = new Random(count);
    }

    /** Whether a search for that many leading eigenpairs of an n × n matrix is worth a try. */
    static boolean worthwhile(int n, int count) {
        return n > LARGE && count <= n / FEW;
    }

    /**
     * The {@code count} largest eigenvalues, their square roots to 1e-6 of the largest, and their eigenvectors.
     *
     * @param g n × n, symmetric, positive semidefinite
     * @return empty if they were not found in a span that is small enough to pay
     */
    static Optional<SymmetricEigen> leading(LinearAlgebra linearAlgebra, Matrix g, int count) {
        return new BlockLanczos(linearAlgebra, g, count).search();
    }

    private Optional<SymmetricEigen> search() {
        Matrix next = orthonormal(randomRows(block), 0).orElseThrow();
        int look = 2 * block;
        int sizeBefore = 0;
        double excessBefore = Double.POSITIVE_INFINITY;
        while (size() + next.rows() <= capacity) {
            Matrix outside = extend(next);
            Optional<Matrix> found = orthonormal(outside, VANISHED * longest)
                    .map(this::outsideBasis)
                    .flatMap(rows -> orthonormal(rows, 0));
            boolean exhausted = found.isEmpty() || found.get().rows() < block;
            next = exhausted ? refilled(found) : found.get();
            if (size() < look && !exhausted && size() + next.rows() <= capacity) {
                continue;
            }
            SymmetricEigen leading = leadingOfBasis();
            double excess = excess(leading);
            if (excess <= 1) {
                return Optional.of(leading);
            }
            if (size() < look) {
                continue;
            }
            double perRow = Math.log(excessBefore / excess) / (size() - sizeBefore);
            if (Math.log(excess) > ACCELERATION * perRow * (capacity - size())) {
                return Optional.empty();
            }
            sizeBefore = size();
            excessBefore = excess;
            look = (int) Math.ceil(size() * GROWTH);
        }
        return Optional.empty();
    }

    private int size() {
        return projected.length;
    }

    private Matrix randomRows(int count) {
        double[] rows = new double[count * n];
        Arrays.setAll(rows, i -> random.nextGaussian());
        return new Matrix(count, n, rows);
    }

    /** A whole block: the directions that were found, and random ones. */
    private Matrix refilled(Optional<Matrix> found) {
        double[] rows = found.map(Matrix::data).orElse(new double[0]);
        double[] all = Arrays.copyOf(rows, block * n);
        Matrix fill = randomRows(block - rows.length / n);
        System.arraycopy(fill.data(), 0, all, rows.length, fill.data().length);
        Matrix first = orthonormal(outsideBasis(new Matrix(block, n, all)), 0).orElseThrow();
        return orthonormal(outsideBasis(first), 0).orElseThrow();
    }

    /** Adds rows X to the basis; gives the part of X G that is outside of it. */
    private Matrix extend(Matrix x) {
        int before = size();
        int after = before + x.rows();
        double[] rows = before == 0 ? new double[0] : basis.data();
        double[] all = Arrays.copyOf(rows, after * n);
        System.arraycopy(x.data(), 0, all, rows.length, x.data().length);
        basis = new Matrix(after, n, all);
        Matrix xg = linearAlgebra.multiply(x, g);
        Matrix within = withinBasis(xg);
        double[][] larger = new double[after][after];
        for (int i = 0; i < before; i++) {
            System.arraycopy(projected[i], 0, larger[i], 0, before);
        }
        for (int i = 0; i < x.rows(); i++) {
            longest = Math.max(longest, length(xg, i));
            for (int j = 0; j < after; j++) {
                larger[before + i][j] = within.get(i, j);
                larger[j][before + i] = within.get(i, j);
            }
        }
        projected = larger;
        return outsideBasis(difference(xg, linearAlgebra.multiply(within, basis)));
    }

    /** X Qᵀ, by Q Xᵀ: X is the smaller one to transpose. */
    private Matrix withinBasis(Matrix x) {
        return linearAlgebra.multiply(basis, x.transposed()).transposed();
    }

    private Matrix outsideBasis(Matrix x) {
        return difference(x, linearAlgebra.multiply(withinBasis(x), basis));
    }

    /**
     * Orthonormal rows that span what the given ones span.
     *
     * @param floor how long a direction must be to be more than rounding
     */
    private Optional<Matrix> orthonormal(Matrix x, double floor) {
        SymmetricEigen directions = linearAlgebra.eigenSymmetric(linearAlgebra.multiply(x, x.transposed()));
        int m = x.rows();
        double least = Math.max(SHORT * Math.sqrt(Math.max(0, directions.values()[0])), floor);
        int kept = 0;
        while (kept < m && Math.sqrt(Math.max(0, directions.values()[kept])) > least) {
            kept++;
        }
        if (kept == 0) {
            return Optional.empty();
        }
        double[] combinations = Arrays.copyOf(directions.vectors().data(), kept * m);
        for (int i = 0; i < combinations.length; i++) {
            combinations[i] /= Math.sqrt(directions.values()[i / m]);
        }
        return Optional.of(linearAlgebra.multiply(new Matrix(kept, m, combinations), x));
    }

    private SymmetricEigen leadingOfBasis() {
        int size = size();
        double[] restricted = new double[size * size];
        for (int i = 0; i < size; i++) {
            System.arraycopy(projected[i], 0, restricted, i * size, size);
        }
        SymmetricEigen eigen = linearAlgebra.eigenLeading(new Matrix(size, size, restricted), count);
        return new SymmetricEigen(Arrays.copyOf(eigen.values(), count), linearAlgebra.multiply(eigen.vectors(), basis));
    }

    /**
     * The largest residual r = ‖u G − θ u‖ in units of what is allowed. An eigenvalue lies within r of θ, and so its square
     * root within r / √θ, and within √r, of √θ.
     */
    private double excess(SymmetricEigen found) {
        Matrix ug = linearAlgebra.multiply(found.vectors(), g);
        double largest = found.values()[0];
        double excess = 0;
        for (int i = 0; i < count; i++) {
            double theta = found.values()[i];
            double energy = 0;
            for (int j = 0; j < n; j++) {
                double residual = ug.get(i, j) - theta * found.vectors().get(i, j);
                energy += residual * residual;
            }
            double allowed =
                    SINGULAR_VALUE * Math.max(Math.sqrt(Math.max(0, theta) * largest), SINGULAR_VALUE * largest);
            excess = Math.max(excess, energy == 0 ? 0 : Math.sqrt(energy) / allowed);
        }
        return excess;
    }

    private static Matrix difference(Matrix a, Matrix b) {
        double[] data = new double[a.data().length];
        Arrays.setAll(data, i -> a.data()[i] - b.data()[i]);
        return new Matrix(a.rows(), a.cols(), data);
    }

    private static double length(Matrix m, int row) {
        double energy = 0;
        for (int j = 0; j < m.cols(); j++) {
            energy += m.get(row, j) * m.get(row, j);
        }
        return Math.sqrt(energy);
    }
}
