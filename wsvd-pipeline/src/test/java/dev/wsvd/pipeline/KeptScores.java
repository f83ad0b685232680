package dev.wsvd.pipeline;

import dev.wsvd.domain.score.ScoreRecord;
import dev.wsvd.domain.spi.ScoreStore;
import java.util.Optional;

/** Scores in memory. */
final class KeptScores implements ScoreStore {
    Optional<ScoreRecord> kept = Optional.empty();

    @Override
    public Optional<ScoreRecord> load() {
        return kept;
    }

    @Override
    public void save(ScoreRecord scores) {
        kept = Optional.of(scores);
    }
}
