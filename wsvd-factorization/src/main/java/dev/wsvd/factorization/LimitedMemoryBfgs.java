package dev.wsvd.factorization;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;

/**
 * Minimises a smooth function by L-BFGS: search directions from the last {@value #REMEMBERED} steps, steps halved or fitted by a parabola
 * until they lower the function enough. The same bits for the same function.
 *
 * <p>D. C. Liu, J. Nocedal, "On the limited memory BFGS method for large scale optimization", Mathematical Programming 45, 1989.
 */
final class LimitedMemoryBfgs {
    private static final int REMEMBERED = 12;
    private static final int TRIALS = 12;
    /** Of what the slope promises, how much a step must gain. */
    private static final double ENOUGH = 1e-4;
    /** Two steps in a row that each lower the value by less than this share of it are the last. */
    private static final double WORTHWHILE = 1e-5;
    /** The length of the first step, relative to the point. */
    private static final double FIRST = 0.05;

    /** A function to minimise. */
    @FunctionalInterface
    interface Function {
        /** Its value at x; writes the gradient there. */
        double at(double[] x, double[] gradient);
    }

    /** s, how x changed, y, how the gradient did, and 1 / sᵀy. */
    private record Change(double[] x, double[] gradient, double curvature) {}

    private LimitedMemoryBfgs() {}

    /** A point that is no worse than the first, found in at most so many steps. */
    static double[] minimum(double[] start, Function function, int steps) {
        double[] x = start.clone();
        double[] gradient = new double[x.length];
        double value = function.at(x, gradient);
        Deque<Change> changes = new ArrayDeque<>();
        int small = 0;
        for (int step = 0; step < steps && small < 2; step++) {
            double[] direction = direction(gradient, changes);
            double slope = dot(direction, gradient);
            if (!(slope < 0)) {
                break;
            }
            double length = changes.isEmpty() ? FIRST * Math.sqrt(dot(x, x) / dot(direction, direction)) : 1;
            double[] next = new double[x.length];
            double[] nextGradient = new double[x.length];
            double nextValue = Double.POSITIVE_INFINITY;
            boolean lower = false;
            for (int trial = 0; trial < TRIALS && !lower; trial++) {
                for (int i = 0; i < x.length; i++) {
                    next[i] = x[i] + length * direction[i];
                }
                nextValue = function.at(next, nextGradient);
                lower = nextValue <= value + ENOUGH * length * slope;
                if (!lower) {
                    length *= shorter(length * slope, nextValue - value);
                }
            }
            if (!lower) {
                break;
            }
            remember(changes, minus(next, x), minus(nextGradient, gradient));
            small = nextValue > value * (1 - WORTHWHILE) ? small + 1 : 0;
            x = next;
            gradient = nextGradient;
            value = nextValue;
        }
        return x;
    }

    /** How much shorter the next trial is: where the parabola through both values is least, within bounds. */
    private static double shorter(double promised, double gained) {
        double least = -promised / (2 * (gained - promised));
        return least > 0.1 && least < 0.5 ? least : least <= 0.1 ? 0.1 : 0.5;
    }

    private static void remember(Deque<Change> changes, double[] s, double[] y) {
        double curvature = dot(s, y);
        if (curvature > 1e-12 * Math.sqrt(dot(s, s) * dot(y, y))) {
            changes.addFirst(new Change(s, y, 1 / curvature));
            if (changes.size() > REMEMBERED) {
                changes.removeLast();
            }
        }
    }

    /** −H g, with H the inverse curvature that the last steps show. */
    private static double[] direction(double[] gradient, Deque<Change> changes) {
        double[] q = gradient.clone();
        double[] shares = new double[changes.size()];
        int i = 0;
        for (Change change : changes) {
            shares[i] = change.curvature * dot(change.x, q);
            add(q, -shares[i++], change.gradient);
        }
        double scale = changes.isEmpty()
                ? 1
                : 1 / (changes.getFirst().curvature * dot(changes.getFirst().gradient, changes.getFirst().gradient));
        for (int j = 0; j < q.length; j++) {
            q[j] *= -scale;
        }
        for (Iterator<Change> oldest = changes.descendingIterator(); oldest.hasNext(); ) {
            Change change = oldest.next();
            double share = change.curvature * dot(change.gradient, q);
            add(q, -shares[--i] - share, change.x);
        }
        return q;
    }

    private static void add(double[] to, double factor, double[] what) {
        for (int i = 0; i < to.length; i++) {
            to[i] += factor * what[i];
        }
    }

    private static double[] minus(double[] a, double[] b) {
        double[] difference = a.clone();
        add(difference, -1, b);
        return difference;
    }

    private static double dot(double[] a, double[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += a[i] * b[i];
        }
        return sum;
    }
}
