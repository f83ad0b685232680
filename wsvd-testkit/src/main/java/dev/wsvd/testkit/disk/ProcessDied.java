package dev.wsvd.testkit.disk;

/** Thrown by a {@link FaultyFileSystem} to a process that it has killed. */
public final class ProcessDied extends Error {
    private static final long serialVersionUID = 1;

    ProcessDied() {
        super("the process is dead");
    }
}
