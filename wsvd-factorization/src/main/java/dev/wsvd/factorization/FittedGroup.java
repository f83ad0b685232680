package dev.wsvd.factorization;

/** One group of a layer, factored for what it sees, for every rank up to a largest. */
interface FittedGroup {
    /** E‖W x‖² of centred patches. */
    double energy();

    /** E‖(W − W') x‖² at a rank. */
    double missing(int rank);

    /**
     * Writes the two weights of a rank, and what the bias must gain so that the mean output stays as it was.
     *
     * @param refined whether a rank may be fitted once more by itself
     * @param to where, and of which rank
     * @return what these weights miss, E‖(W − W') x‖²
     */
    double write(boolean refined, Room to);

    /**
     * Room for a group's weights among those of all.
     *
     * @param first r × D from {@code firstAt} on
     * @param second n' × r·J from {@code secondAt} on
     * @param correction n' from {@code correctionAt} on: (W − W') μ
     */
    record Room(
            int rank, float[] first, int firstAt, float[] second, int secondAt, float[] correction, int correctionAt) {}
}
