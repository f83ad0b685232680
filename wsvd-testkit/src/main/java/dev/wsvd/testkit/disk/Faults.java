package dev.wsvd.testkit.disk;

import java.io.Closeable;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Counts the changes to a disk and lets one of them go wrong. */
final class Faults {
    /** A change to the disk. */
    interface Change {
        void make() throws IOException;
    }

    private final Fault fault;
    private final long at;
    private final Set<Closeable> open = new HashSet<>();
    private final Set<Path> unsynced = new HashSet<>();
    private final List<String> changes = new ArrayList<>();
    private boolean dead;

    /** @param at which change, from 1; 0 for none */
    Faults(Fault fault, long at) {
        this.fault = fault;
        this.at = at;
    }

    synchronized List<String> changes() {
        return List.copyOf(changes);
    }

    synchronized boolean dead() {
        return dead;
    }

    /** Makes a change that is atomic. */
    void change(String kind, Change change) throws IOException {
        change(kind, change, () -> {});
    }

    /**
     * Makes a change.
     *
     * @param kind in a word
     * @param half what is left of it if it fails
     */
    synchronized void change(String kind, Change change, Change half) throws IOException {
        requireAlive();
        changes.add(kind);
        if (changes.size() != at) {
            change.make();
            return;
        }
        switch (fault) {
            case FAILURE -> {
                half.make();
                throw new IOException("No space left on device");
            }
            case DEATH_BEFORE -> half.make();
            case DEATH_AFTER -> change.make();
            case POWER_CUT -> {
                change.make();
                loseWhatIsNotSynced();
            }
        }
        die();
    }

    /** @throws ProcessDied if the process is dead, which can do no more */
    synchronized void requireAlive() {
        if (dead) {
            throw new ProcessDied();
        }
    }

    synchronized void opened(Closeable channel) {
        open.add(channel);
    }

    synchronized void closed(Closeable channel) {
        open.remove(channel);
    }

    synchronized void written(Path real) {
        unsynced.add(real);
    }

    synchronized void synced(Path real) {
        unsynced.remove(real);
    }

    synchronized void moved(Path from, Path to) {
        unsynced.remove(to);
        if (unsynced.remove(from)) {
            unsynced.add(to);
        }
    }

    synchronized void deleted(Path real) {
        unsynced.remove(real);
    }

    private void loseWhatIsNotSynced() throws IOException {
        for (Path file : unsynced) {
            if (Files.isRegularFile(file)) {
                FileChannel.open(file, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING)
                        .close();
            }
        }
    }

    /** Ends the process: the system closes its files, which drops its locks. */
    private void die() throws IOException {
        dead = true;
        for (Closeable channel : Set.copyOf(open)) {
            channel.close();
        }
        throw new ProcessDied();
    }
}
