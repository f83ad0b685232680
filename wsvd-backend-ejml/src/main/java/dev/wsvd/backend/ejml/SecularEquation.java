package dev.wsvd.backend.ejml;

import dev.wsvd.domain.error.LinearAlgebraException;

/**
 * The eigenvalues of diag(d) + ρ z zᵀ: the roots of f(λ) = 1/ρ + Σ z_j² / (d_j − λ), one between each two neighbours of d
 * and one above the last.
 *
 * <p>A root is held as its distance to the nearer neighbour, so that every d_j − λ is accurate to the last bits. The step is
 * the "middle way" of R.-C. Li, "Solving secular equations stably and efficiently", LAPACK Working Note 89, 1993, within a
 * bracket that each step narrows.
 */
final class SecularEquation {
    private static final int MAX_STEPS = 200;
    private static final double EPSILON = 0x1p-53;

    private final int size;
    private final double[] d;
    private final double[] squares;
    private final double inverseRho;
    private final double rho;

    /**
     * @param d strictly ascending
     * @param z no element zero, Σ z² at most 1
     * @param rho positive
     */
    SecularEquation(double[] d, double[] z, double rho, int size) {
        this.size = size;
        this.d = d;
        this.squares = new double[size];
        for (int j = 0; j < size; j++) {
            squares[j] = z[j] * z[j];
        }
        this.rho = rho;
        this.inverseRho = 1 / rho;
    }

    /** One thread's working space. */
    static final class Work {
        private final double[] shifted;
        private final double[] distance;
        private final double[] term;
        private double value;
        private double slopeBelow;
        private double slopeAbove;
        private double magnitude;

        Work(int size) {
            shifted = new double[size];
            distance = new double[size];
            term = new double[size];
        }
    }

    /**
     * Finds root i.
     *
     * @param differences receives d_j − λ for every j
     * @return λ
     */
    double solve(int i, Work work, double[] differences) {
        if (size == 1) {
            double tau = rho * squares[0];
            differences[0] = -tau;
            return d[0] + tau;
        }
        boolean last = i == size - 1;
        int below = last ? i - 1 : i;
        double gap = d[below + 1] - d[below];
        double middle = last ? rho / 2 : gap / 2;
        shift(i, work);
        evaluate(middle, below, work);
        double atMiddle = work.value;
        int origin = i;
        double low = 0;
        double high = middle;
        if (last) {
            low = atMiddle < 0 ? middle : 0;
            high = atMiddle < 0 ? rho : middle;
        } else if (atMiddle < 0) {
            origin = i + 1;
            low = -middle;
            high = 0;
        }
        // What the poles other than the two next to the root add up to, taken as constant for the first guess.
        double rest = atMiddle - squares[below] / work.distance[below] - squares[below + 1] / work.distance[below + 1];
        shift(origin, work);
        double tau = guess(rest, below, work, low, high);
        tau = iterate(tau, low, high, below, work);
        for (int j = 0; j < size; j++) {
            differences[j] = work.shifted[j] - tau;
        }
        return d[origin] + tau;
    }

    private void shift(int origin, Work work) {
        double at = d[origin];
        double[] shifted = work.shifted;
        for (int j = 0; j < size; j++) {
            shifted[j] = d[j] - at;
        }
    }

    private double guess(double rest, int below, Work work, double low, double high) {
        double p = work.shifted[below];
        double q = work.shifted[below + 1];
        // rest + s/(p − τ) + t/(q − τ) = 0
        double s = squares[below];
        double t = squares[below + 1];
        return within(rest, rest * (p + q) + s + t, rest * p * q + s * q + t * p, 0, low, high);
    }

    private double iterate(double start, double low, double high, int below, Work work) {
        double tau = start;
        double before = Double.POSITIVE_INFINITY;
        for (int step = 0; step < MAX_STEPS; step++) {
            evaluate(tau, below, work);
            double w = work.value;
            double rounding = EPSILON
                    * (8 * work.magnitude + 2 * inverseRho + Math.abs(tau) * (work.slopeBelow + work.slopeAbove));
            if (Math.abs(w) <= rounding) {
                return tau;
            }
            if (w < 0) {
                low = tau;
            } else {
                high = tau;
            }
            double p = work.distance[below];
            double q = work.distance[below + 1];
            double c = w - p * work.slopeBelow - q * work.slopeAbove;
            double slope = work.slopeBelow + work.slopeAbove;
            boolean slow = Math.abs(w) > before / 2;
            before = Math.abs(w);
            double next = slow && step > 2
                    ? bisect(low, high)
                    : within(c, (p + q) * w - p * q * slope, p * q * w, tau, low, high);
            if (Math.abs(next - tau) <= 2 * EPSILON * Math.abs(tau)) {
                return next;
            }
            tau = next;
        }
        throw new LinearAlgebraException("A secular equation of size " + size + " did not converge in " + MAX_STEPS
                + " steps, between " + low + " and " + high + ".");
    }

    /** A solution x of c x² − a x + b = 0 for which offset + x is between the bounds, or else the bounds' middle. */
    private static double within(double c, double a, double b, double offset, double low, double high) {
        double discriminant = Math.sqrt(Math.max(0, a * a - 4 * b * c));
        double twice = a >= 0 ? a + discriminant : a - discriminant;
        double small = offset + 2 * b / twice;
        if (small > low && small < high) {
            return small;
        }
        double large = offset + twice / (2 * c);
        if (large > low && large < high) {
            return large;
        }
        return bisect(low, high);
    }

    /** Halves the bracket, or its order of magnitude where that is what is unknown. */
    private static double bisect(double low, double high) {
        double near = Math.min(Math.abs(low), Math.abs(high));
        double far = Math.max(Math.abs(low), Math.abs(high));
        if (near > 0 && far > 8 * near) {
            return Math.copySign(Math.sqrt(near) * Math.sqrt(far), low + high);
        }
        if (near == 0) {
            return (low + high) / 64;
        }
        return (low + high) / 2;
    }

    /** f at the origin + τ, and its slopes from the poles up to {@code below} and from those above. */
    private void evaluate(double tau, int below, Work work) {
        double[] shifted = work.shifted;
        double[] distance = work.distance;
        double[] term = work.term;
        for (int j = 0; j < size; j++) {
            distance[j] = shifted[j] - tau;
        }
        for (int j = 0; j < size; j++) {
            term[j] = squares[j] / distance[j];
        }
        double psi = sum(term, 0, below + 1);
        double phi = sum(term, below + 1, size);
        for (int j = 0; j < size; j++) {
            term[j] /= distance[j];
        }
        work.slopeBelow = sum(term, 0, below + 1);
        work.slopeAbove = sum(term, below + 1, size);
        work.value = inverseRho + psi + phi;
        work.magnitude = Math.abs(psi) + Math.abs(phi);
    }

    private static double sum(double[] x, int from, int to) {
        double s0 = 0;
        double s1 = 0;
        double s2 = 0;
        double s3 = 0;
        int j = from;
        for (; j + 3 < to; j += 4) {
            s0 += x[j];
            s1 += x[j + 1];
            s2 += x[j + 2];
            s3 += x[j + 3];
        }
        for (; j < to; j++) {
            s0 += x[j];
        }
        return (s0 + s1) + (s2 + s3);
    }
}
