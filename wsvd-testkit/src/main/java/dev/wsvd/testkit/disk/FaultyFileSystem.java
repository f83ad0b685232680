package dev.wsvd.testkit.disk;

import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.nio.file.WatchService;
import java.nio.file.attribute.UserPrincipalLookupService;
import java.nio.file.spi.FileSystemProvider;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * The default file system, where one change goes wrong: what a full disk, a kill or a power cut does to a program. Reading is
 * not disturbed while the process lives. Files can be mapped; changes through a map are not counted.
 *
 * @see EveryFault
 */
public final class FaultyFileSystem extends FileSystem {
    private final FileSystem real = FileSystems.getDefault();
    private final Faults faults;
    private final FaultyProvider provider;

    /** @param change which one goes wrong, from 1; 0 for none */
    public FaultyFileSystem(Fault fault, long change) {
        this.faults = new Faults(fault, change);
        this.provider = new FaultyProvider(this, real.provider(), faults);
    }

    /** A path of the default file system, here. */
    public Path at(Path path) {
        return new FaultyPath(this, path);
    }

    /** The changes so far, each in a word: create, write, truncate, sync, rename, delete, link, copy or set. */
    public List<String> changes() {
        return faults.changes();
    }

    /** Whether the process was killed. */
    public boolean processDied() {
        return faults.dead();
    }

    void requireAlive() {
        faults.requireAlive();
    }

    @Override
    public FileSystemProvider provider() {
        return provider;
    }

    @Override
    public void close() {
        throw new UnsupportedOperationException("stays open, as the default file system does");
    }

    @Override
    public boolean isOpen() {
        return true;
    }

    @Override
    public boolean isReadOnly() {
        return false;
    }

    @Override
    public String getSeparator() {
        return real.getSeparator();
    }

    @Override
    public Iterable<Path> getRootDirectories() {
        List<Path> roots = new ArrayList<>();
        real.getRootDirectories().forEach(root -> roots.add(at(root)));
        return roots;
    }

    @Override
    public Iterable<FileStore> getFileStores() {
        return real.getFileStores();
    }

    @Override
    public Set<String> supportedFileAttributeViews() {
        return real.supportedFileAttributeViews();
    }

    @Override
    public Path getPath(String first, String... more) {
        return at(real.getPath(first, more));
    }

    @Override
    public PathMatcher getPathMatcher(String syntaxAndPattern) {
        PathMatcher matcher = real.getPathMatcher(syntaxAndPattern);
        return path -> matcher.matches(FaultyPath.real(path));
    }

    @Override
    public UserPrincipalLookupService getUserPrincipalLookupService() {
        return real.getUserPrincipalLookupService();
    }

    @Override
    public WatchService newWatchService() throws IOException {
        throw new UnsupportedOperationException("watching");
    }
}
