package dev.wsvd.testkit.disk;

/** What becomes of one change to a disk: a write, a truncation, a sync, a rename, a deletion, or a new file, folder or link. */
public enum Fault {
    /** It fails with an {@link java.io.IOException}, a write after half of it; what comes later does not fail. */
    FAILURE,
    /** The process is killed before it, in the middle of a write. */
    DEATH_BEFORE,
    /** The process is killed after it. */
    DEATH_AFTER,
    /** The power goes after it, and the content of files that were not synced is lost. */
    POWER_CUT
}
