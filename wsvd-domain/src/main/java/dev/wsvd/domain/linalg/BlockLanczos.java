package dev.wsvd.domain.linalg;

import java.util.Arrays;
import java.util.Optional;
import java.util.Random;

/**
 * The leading eigenpairs of a large positive semidefinite matrix, where few of them are wanted: cheaper than all of them by
 * about the share of the space that the search has to span.
 *
 * <p>From a block X of random rows, the rows of X, XG, XG² … are made orthonormal one block after the other; eigenpairs of G
 * restricted to their span approach the leading ones of G. A block has more rows than eigenpairs are wanted, so that none of
 * a repeated eigenvalue is missed. Every eigenpair is checked by its residual before any is returned.
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
    /** Nor are those shorter than this share of the longest that was ever seen. */
    private static final double VANISHED = 1e-12;

    private final LinearAlgebra linearAlgebra;
    private final Matrix g;
    private final int n;
    private final int count;
    private final int block;
    private final int capacity;
    /** Orthonormal rows Q in the first {@link #size} rows of n, with room for {@link #capacity}. */
    private final double[] rows;
    /** Q G Qᵀ, in rows of {@link #capacity}. */
    private final double[] projected;

    private int size;
    /** Q, size × n. */
    private Matrix basis;

    private double longest;

    private BlockLanczos(LinearAlgebra linearAlgebra, Matrix g, int count) {
        this.linearAlgebra = linearAlgebra;
        this.g = g;
        this.n = g.rows();
        this.count = count;
        this.block = count + Math.max(8, count / 8);
        this.capacity = n / LARGEST_SPAN;
        this.rows = new double[capacity * n];
        this.projected = new double[capacity * capacity];
    }

    /** Whether a search for that many leading eigenpairs of an n × n matrix is worth a try. */
    static boolean worthwhile(int n, int count) {
        return n > LARGE && count <= n / FEW;
    }

    /**
     * The {@code count} largest eigenvalues, whose square roots are right to 1e-6 of the largest, and their eigenvectors.
     *
     * @param g n × n, symmetric, positive semidefinite
     * @return empty if they were not found in a span that is small enough to pay
     */
    static Optional<SymmetricEigen> leading(LinearAlgebra linearAlgebra, Matrix g, int count) {
        return new BlockLanczos(linearAlgebra, g, count).search();
    }

    private Optional<SymmetricEigen> search() {
        Optional<Matrix> next = orthonormal(random());
        int look = 2 * block;
        double excess = Double.POSITIVE_INFINITY;
        while (next.isPresent() && size + next.get().rows() <= capacity) {
            Matrix outside = extend(next.get());
            next = orthonormal(outside).map(this::outsideBasis).flatMap(this::orthonormal);
            if (size >= look || next.isEmpty()) {
                SymmetricEigen found = leadingOfBasis();
                double before = excess;
                excess = excess(found);
                if (excess <= 1) {
                    return Optional.of(found);
                }
                if (hopeless(before, excess)) {
                    return Optional.empty();
                }
                look = (int) Math.ceil(size * GROWTH);
            }
        }
        return Optional.empty();
    }

    /** Whether residuals that fall at this rate, by the same factor with every look, are still too large in the last. */
    private boolean hopeless(double before, double now) {
        double looks = Math.log((double) capacity / size) / Math.log(GROWTH);
        double perLook = Math.log(before / now);
        return Math.log(now) > 2 * looks * perLook;
    }

    private Matrix random() {
        Random random = new Random(count);
        double[] rows = new double[block * n];
        Arrays.setAll(rows, i -> random.nextGaussian());
        return new Matrix(block, n, rows);
    }

    /** Adds rows X to the basis; gives the part of X G that is outside of it. */
    private Matrix extend(Matrix x) {
        int first = size;
        append(x);
        Matrix xg = linearAlgebra.multiply(x, g);
        Matrix within = withinBasis(xg);
        for (int i = 0; i < x.rows(); i++) {
            longest = Math.max(longest, length(xg, i));
            for (int j = 0; j < size; j++) {
                projected[(first + i) * capacity + j] = within.get(i, j);
                projected[j * capacity + first + i] = within.get(i, j);
            }
        }
        return outsideBasis(difference(xg, linearAlgebra.multiply(within, basis)));
    }

    private void append(Matrix x) {
        System.arraycopy(x.data(), 0, rows, size * n, x.data().length);
        size += x.rows();
        basis = new Matrix(size, n, Arrays.copyOf(rows, size * n));
    }

    /** X Qᵀ, by Q Xᵀ: X is the smaller one to transpose. */
    private Matrix withinBasis(Matrix x) {
        return linearAlgebra.multiply(basis, x.transposed()).transposed();
    }

    private Matrix outsideBasis(Matrix x) {
        return difference(x, linearAlgebra.multiply(withinBasis(x), basis));
    }

    /** Orthonormal rows that span what the given ones span: none if that is no more than rounding. */
    private Optional<Matrix> orthonormal(Matrix x) {
        SymmetricEigen directions = linearAlgebra.eigenSymmetric(linearAlgebra.multiply(x, x.transposed()));
        int m = x.rows();
        double floor = Math.max(SHORT * Math.sqrt(Math.max(0, directions.values()[0])), VANISHED * longest);
        int kept = 0;
        while (kept < m && directions.values()[kept] > floor * floor) {
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
        double[] restricted = new double[size * size];
        for (int i = 0; i < size; i++) {
            System.arraycopy(projected, i * capacity, restricted, i * size, size);
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
