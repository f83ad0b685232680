package dev.wsvd.domain.spi;

import dev.wsvd.domain.cost.LatencyTable;
import java.util.Optional;

/** Where the times of a model's layers are kept for later runs. */
public interface TimingStore {
    /**
     * The times that are kept, of one model under one set of conditions.
     *
     * @throws dev.wsvd.domain.error.InvalidInputException if what is there are no times; the message names the place
     */
    Optional<LatencyTable> load();

    /**
     * Saves atomically, in the place of what was there.
     *
     * @throws dev.wsvd.domain.error.WsvdException if they cannot be saved
     */
    void save(LatencyTable times);
}
