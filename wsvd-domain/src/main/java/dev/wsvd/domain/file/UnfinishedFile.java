package dev.wsvd.domain.file;

import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.BooleanSupplier;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A file that is being written, and is deleted by {@link #close} unless it has become part of something whole before. If the
 * process dies, the next one that writes to the same place deletes it: a lock, which ends with the process, tells the files of
 * the living from those of the dead.
 *
 * <p>Nothing else may open the file while it is unfinished; some systems drop the lock when any channel of the file is closed.
 * Not for use by several threads.
 */
public final class UnfinishedFile implements AutoCloseable {
    private static final String NAME_END = "\\.[0-9a-f]{16}\\.tmp";

    /** Beyond any content, where a lock is in no reader's way. */
    private static final long LOCKED_BYTE = 1L << 62;

    private static final Set<UnfinishedFile> OPEN = new HashSet<>();
    private static boolean processEnds;

    private final Path path;
    private final FileChannel channel;

    private UnfinishedFile(Path path, FileChannel channel) {
        this.path = path;
        this.channel = channel;
    }

    /**
     * Begins a file that will {@linkplain #replace replace} another.
     *
     * @return a hidden file beside the target
     */
    public static UnfinishedFile beside(Path target) throws IOException {
        String random = String.format("%016x", ThreadLocalRandom.current().nextLong());
        return at(target.resolveSibling("." + target.getFileName() + "." + random + ".tmp"));
    }

    /**
     * Begins a file under the name it will keep, which nothing must refer to yet.
     *
     * @throws java.nio.file.FileAlreadyExistsException if the name is taken
     */
    public static UnfinishedFile at(Path path) throws IOException {
        while (true) {
            UnfinishedFile file = open(path);
            boolean own = false;
            try {
                file.lock();
                // Another process may have taken it for abandoned before it was locked.
                own = Files.exists(path);
            } finally {
                if (!own) {
                    file.close();
                }
            }
            if (own) {
                return file;
            }
        }
    }

    private static UnfinishedFile open(Path path) throws IOException {
        synchronized (OPEN) {
            requireProcessGoesOn();
            UnfinishedFile file = new UnfinishedFile(
                    path, FileChannel.open(path, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE));
            OPEN.add(file);
            return file;
        }
    }

    private static void requireProcessGoesOn() throws IOException {
        if (processEnds) {
            throw new IOException("the process is ending");
        }
    }

    /** Waits for a process that is about to delete the file as abandoned; whether it did is seen after. */
    private void lock() {
        try {
            channel.lock(LOCKED_BYTE, 1, false);
        } catch (IOException | UnsupportedOperationException e) {
            // A file system without locks: nobody can tell that the file is abandoned, so nobody deletes it.
        }
    }

    /** Where it is. */
    public Path path() {
        return path;
    }

    /** To write with. */
    public FileChannel channel() {
        return channel;
    }

    /** To write with; closing it does not close the file. */
    public OutputStream stream() {
        return new FilterOutputStream(Channels.newOutputStream(channel)) {
            @Override
            public void write(byte[] bytes, int offset, int length) throws IOException {
                out.write(bytes, offset, length);
            }

            @Override
            public void close() throws IOException {
                flush();
            }
        };
    }

    /** Puts this file in the place of another, in one step where the file system can. */
    public void replace(Path target) throws IOException {
        replace(target, List.of());
    }

    /**
     * Puts this file in the place of another, in one step where the file system can. With it the files it refers to are
     * finished. All are on the disk when that step is done, so that a power cut leaves the old file or the new.
     *
     * @param companions files of the same folder that this one refers to
     * @return whether that step is known to be on the disk; if not, what the old file needs must stay
     * @throws IOException if it fails, or a companion is gone; the old file is there then
     */
    public boolean replace(Path target, List<UnfinishedFile> companions) throws IOException {
        for (UnfinishedFile companion : companions) {
            companion.channel.force(true);
        }
        channel.force(true);
        boolean synced = companions.isEmpty() || syncFolder(target);
        synchronized (OPEN) {
            requireProcessGoesOn();
            for (UnfinishedFile companion : companions) {
                companion.requireThere();
            }
            move(path, target);
            OPEN.remove(this);
            companions.forEach(OPEN::remove);
        }
        return syncFolder(target) && synced;
    }

    private void requireThere() throws IOException {
        if (!Files.exists(path)) {
            throw new IOException("another program deleted '" + path.getFileName() + "', which was being written");
        }
    }

    private static void move(Path from, Path to) throws IOException {
        try {
            Files.move(from, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (AtomicMoveNotSupportedException e) {
            Files.move(from, to, StandardCopyOption.REPLACE_EXISTING);
        }
    }

    /**
     * Makes names in a file's folder survive a power cut.
     *
     * @return whether they do, or the system opens no folders and keeps the order of changes itself
     */
    public static boolean syncFolder(Path file) {
        FileChannel folder;
        try {
            folder = FileChannel.open(file.toAbsolutePath().getParent(), StandardOpenOption.READ);
        } catch (IOException | UnsupportedOperationException e) {
            return true;
        }
        try (folder) {
            folder.force(true);
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    /** Deletes the file if it is still unfinished. */
    @Override
    public void close() throws IOException {
        try (channel) {
            boolean unfinished;
            synchronized (OPEN) {
                unfinished = OPEN.remove(this);
            }
            if (unfinished) {
                Files.deleteIfExists(path);
            }
        }
    }

    /**
     * Deletes unfinished files beside a target that dead processes left. What cannot be deleted stays.
     *
     * @param target what they were to replace
     */
    public static void deleteAbandoned(Path target) {
        Pattern name = Pattern.compile(Pattern.quote("." + target.getFileName()) + NAME_END);
        try (Stream<Path> files = Files.list(target.toAbsolutePath().getParent())) {
            files.filter(file -> name.matcher(file.getFileName().toString()).matches())
                    .toList()
                    .forEach(file -> deleteIfAbandoned(file, () -> true));
        } catch (IOException e) {
            // Left to the next time; what is to be written now does not depend on it.
        }
    }

    /** Whether a name is one that {@link #beside} gives. */
    public static boolean isBeside(Path target, Path file) {
        return FileIdentity.isSame(
                        target.toAbsolutePath().getParent(),
                        file.toAbsolutePath().getParent())
                && file.getFileName().toString().matches(Pattern.quote("." + target.getFileName()) + NAME_END);
    }

    /**
     * Deletes a file unless a living process is writing it.
     *
     * @param unused asked when no process can begin to use it any more
     */
    public static void deleteIfAbandoned(Path file, BooleanSupplier unused) {
        if (isOpenHere(file) || !Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE);
                FileLock lock = channel.tryLock(LOCKED_BYTE, 1, false)) {
            if (lock != null) {
                deleteLocked(file, unused);
            }
        } catch (IOException | OverlappingFileLockException | UnsupportedOperationException e) {
            // Not ours to delete, or gone already, or left to the next time.
        }
    }

    /**
     * Deletes a file if it is the one that was just locked: by now the name may be that of another, with the same key as one before it.
     * A second lock of the same file is refused within a process, which compares files that are open.
     */
    private static void deleteLocked(Path file, BooleanSupplier unused) throws IOException {
        // Closed after the file is deleted: some systems drop the first lock with it.
        try (FileChannel again = FileChannel.open(file, StandardOpenOption.WRITE)) {
            try {
                again.tryLock(LOCKED_BYTE, 1, false);
            } catch (OverlappingFileLockException e) {
                synchronized (OPEN) {
                    if (!isOpenHere(file) && unused.getAsBoolean()) {
                        Files.delete(file);
                    }
                }
            }
        }
    }

    private static boolean isOpenHere(Path file) {
        synchronized (OPEN) {
            return OPEN.stream().anyMatch(open -> open.path.equals(file));
        }
    }

    /**
     * Deletes all unfinished files of this process and lets it begin no more: for a process that is told to end while it is
     * writing.
     */
    public static void discardAll() {
        synchronized (OPEN) {
            processEnds = true;
            for (UnfinishedFile file : OPEN) {
                try {
                    Files.deleteIfExists(file.path);
                } catch (IOException e) {
                    // The next process that writes there deletes it.
                }
            }
        }
    }
}
