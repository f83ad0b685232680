package dev.wsvd.calibration;

import dev.wsvd.domain.moments.LayerMoments;

/** Sums over what one layer sees, from which its moments follow. */
interface LayerSums {
    /**
     * The place of a batch among all.
     *
     * @param samples of the batch
     * @param all samples there are
     * @param number of the batch, from 0
     */
    record Share(long samples, long all, long number) {}

    /** Adds a batch, or some of it. */
    void add(SeenBatch seen, Share share);

    /** The moments of what was added, at least one input. */
    LayerMoments moments();
}
