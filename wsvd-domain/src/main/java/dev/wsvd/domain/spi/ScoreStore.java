package dev.wsvd.domain.spi;

import dev.wsvd.domain.score.ScoreRecord;
import java.util.Optional;

/** Where scores survive a crash. */
public interface ScoreStore {
    /**
     * What was saved, if anything.
     *
     * @throws dev.wsvd.domain.error.InvalidInputException if something was saved that is not a score table; the message names
     *     the place, line and field
     */
    Optional<ScoreRecord> load();

    /** Saves atomically; called after every evaluation. */
    void save(ScoreRecord scores);
}
