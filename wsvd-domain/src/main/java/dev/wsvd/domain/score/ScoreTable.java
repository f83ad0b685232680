package dev.wsvd.domain.score;

import dev.wsvd.domain.plan.Candidate;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalDouble;

/**
 * What each candidate scored: the whole network with only that layer split, no fine-tuning (AIMET's "eval scores
 * dictionary"). Higher is better. Immutable.
 */
public final class ScoreTable {
    /**
     * One candidate's score.
     *
     * @param score higher is better
     * @param ratio the candidate's compression ratio, for the reader of a file; nothing is looked up by it
     */
    public record Entry(double score, double ratio) {}

    private final OptionalDouble baseline;
    private final Map<Candidate, Entry> entries;

    private ScoreTable(OptionalDouble baseline, Map<Candidate, Entry> entries) {
        this.baseline = baseline;
        this.entries = Collections.unmodifiableMap(entries);
    }

    /** A table without scores. */
    public static ScoreTable empty() {
        return new ScoreTable(OptionalDouble.empty(), new LinkedHashMap<>());
    }

    /** A table with these scores. */
    public static ScoreTable of(OptionalDouble baseline, Map<Candidate, Entry> entries) {
        return new ScoreTable(baseline, new LinkedHashMap<>(entries));
    }

    /** This table with the original network's score. */
    public ScoreTable withBaseline(double score) {
        return new ScoreTable(OptionalDouble.of(score), new LinkedHashMap<>(entries));
    }

    /** This table with one more score, replacing an earlier one of the same candidate. */
    public ScoreTable with(Candidate candidate, double ratio, double score) {
        Map<Candidate, Entry> more = new LinkedHashMap<>(entries);
        more.put(candidate, new Entry(score, ratio));
        return new ScoreTable(baseline, more);
    }

    /** The original network's score, if it was evaluated. */
    public OptionalDouble baseline() {
        return baseline;
    }

    /** A candidate's score, if it was evaluated. */
    public OptionalDouble score(Candidate candidate) {
        Entry entry = entries.get(candidate);
        return entry == null ? OptionalDouble.empty() : OptionalDouble.of(entry.score());
    }

    /** All scores, in the order they were made. */
    public Map<Candidate, Entry> entries() {
        return entries;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof ScoreTable table && baseline.equals(table.baseline) && entries.equals(table.entries);
    }

    @Override
    public int hashCode() {
        return 31 * baseline.hashCode() + entries.hashCode();
    }

    @Override
    public String toString() {
        return "ScoreTable[baseline=" + baseline + ", entries=" + entries + "]";
    }
}
