package dev.wsvd.calibration;

/** Adds up what one layer sees, batch by batch. */
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

    /** The sums over what was added; nothing is added afterwards. */
    Sums sums();
}
