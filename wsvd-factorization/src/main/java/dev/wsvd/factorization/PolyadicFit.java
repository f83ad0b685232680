package dev.wsvd.factorization;

import java.util.stream.IntStream;

/**
 * Terms for every rank up to a largest one. They are fitted at some ranks, each from the terms of the one before and the leading parts of
 * what those miss; ranks between have the fitted terms of the rank below and as many of these parts as are left. So what they miss falls
 * with the rank, and one fit serves every rank. A rank's own fit goes on from there.
 */
final class PolyadicFit {
    private static final int STEPS = 16;
    private static final int ITERATIONS = 12;
    private static final int OWN_ITERATIONS = 60;

    private final PolyadicLoss loss;
    private final double[] missing;
    /** At each of the fitted ranks below the largest, and at last up to that. */
    private final PolyadicTerms[] fitted;
    /** By rank: which of these terms its own begin. */
    private final int[] source;

    /**
     * @param full the rank of as many weights as the layer has
     * @param largest the largest rank
     */
    PolyadicFit(PolyadicLoss loss, int full, int largest) {
        this.loss = loss;
        this.missing = new double[largest + 1];
        this.source = new int[largest + 1];
        this.missing[0] = loss.energy();
        int[] ranks = ranks(full).toArray();
        // Twice as many: those before and those after the fit.
        this.fitted = new PolyadicTerms[2 * ranks.length];
        PolyadicTerms terms = null;
        for (int i = 0; i < ranks.length && rank(terms) < largest; i++) {
            int before = rank(terms);
            int to = Math.min(ranks[i], largest);
            PolyadicTerms added = loss.next(terms, to - before);
            PolyadicTerms start = terms == null ? added : terms.followedBy(added);
            keep(2 * i, start, before + 1, to);
            terms = start;
            if (to == ranks[i]) {
                terms = loss.fitted(start, ITERATIONS);
                keep(2 * i + 1, terms, to, to);
            }
        }
    }

    /** The fitted ranks: in even steps up to that of as many weights as the layer has. */
    static IntStream ranks(int full) {
        return IntStream.rangeClosed(1, STEPS)
                .map(step -> (int) (((long) full * step + STEPS - 1) / STEPS))
                .distinct()
                .filter(rank -> rank > 0);
    }

    private static int rank(PolyadicTerms terms) {
        return terms == null ? 0 : terms.rank();
    }

    private void keep(int index, PolyadicTerms terms, int from, int to) {
        fitted[index] = terms;
        double[] byRank = loss.missingByRank(terms);
        for (int rank = from; rank <= to; rank++) {
            missing[rank] = byRank[rank];
            source[rank] = index;
        }
    }

    /** E‖(W − W') x‖² at a rank. */
    double missing(int rank) {
        return missing[rank];
    }

    PolyadicTerms nested(int rank) {
        return fitted[source[rank]].leading(rank);
    }

    /** A rank's own terms. */
    PolyadicTerms own(int rank) {
        return loss.fitted(nested(rank), OWN_ITERATIONS);
    }
}
