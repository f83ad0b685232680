package dev.wsvd.testkit.disk;

import java.io.IOException;
import java.net.URI;
import java.nio.channels.FileChannel;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.AccessMode;
import java.nio.file.CopyOption;
import java.nio.file.DirectoryStream;
import java.nio.file.FileStore;
import java.nio.file.FileSystem;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.FileAttributeView;
import java.nio.file.spi.FileSystemProvider;
import java.util.Iterator;
import java.util.Map;
import java.util.Set;

/** Does what the default provider does, and asks {@link Faults} before each change. */
final class FaultyProvider extends FileSystemProvider {
    private final FaultyFileSystem system;
    private final FileSystemProvider real;
    private final Faults faults;

    FaultyProvider(FaultyFileSystem system, FileSystemProvider real, Faults faults) {
        this.system = system;
        this.real = real;
        this.faults = faults;
    }

    /** A path that may be asked for. */
    private Path alive(Path path) {
        faults.requireAlive();
        return FaultyPath.real(path);
    }

    @Override
    public String getScheme() {
        return "faulty";
    }

    @Override
    public FileSystem newFileSystem(URI uri, Map<String, ?> environment) {
        throw new UnsupportedOperationException("made by its constructor");
    }

    @Override
    public FileSystem getFileSystem(URI uri) {
        return system;
    }

    @Override
    public Path getPath(URI uri) {
        throw new UnsupportedOperationException("paths by URI");
    }

    @Override
    public SeekableByteChannel newByteChannel(
            Path path, Set<? extends OpenOption> options, FileAttribute<?>... attributes) throws IOException {
        return newFileChannel(path, options, attributes);
    }

    @Override
    public FileChannel newFileChannel(Path path, Set<? extends OpenOption> options, FileAttribute<?>... attributes)
            throws IOException {
        Path file = alive(path);
        boolean makes = options.contains(StandardOpenOption.CREATE_NEW)
                || options.contains(StandardOpenOption.CREATE) && !Files.exists(file);
        FileChannel[] channel = new FileChannel[1];
        Faults.Change open = () -> {
            channel[0] = new FaultyChannel(real.newFileChannel(file, options, attributes), file, faults);
            faults.opened(channel[0]);
        };
        if (makes || options.contains(StandardOpenOption.TRUNCATE_EXISTING)) {
            faults.change(makes ? "create" : "truncate", open);
            faults.written(file);
        } else {
            open.make();
        }
        return channel[0];
    }

    @Override
    public DirectoryStream<Path> newDirectoryStream(Path folder, DirectoryStream.Filter<? super Path> filter)
            throws IOException {
        DirectoryStream<Path> stream =
                real.newDirectoryStream(alive(folder), path -> filter.accept(here(folder, path)));
        return new DirectoryStream<>() {
            @Override
            public Iterator<Path> iterator() {
                Iterator<Path> paths = stream.iterator();
                return new Iterator<>() {
                    @Override
                    public boolean hasNext() {
                        return paths.hasNext();
                    }

                    @Override
                    public Path next() {
                        return here(folder, paths.next());
                    }
                };
            }

            @Override
            public void close() throws IOException {
                stream.close();
            }
        };
    }

    private Path here(Path folder, Path found) {
        return folder.resolve(system.at(found.getFileName()));
    }

    @Override
    public void createDirectory(Path folder, FileAttribute<?>... attributes) throws IOException {
        Path file = alive(folder);
        faults.change("create", () -> real.createDirectory(file, attributes));
    }

    @Override
    public void createSymbolicLink(Path link, Path target, FileAttribute<?>... attributes) throws IOException {
        Path file = alive(link);
        faults.change("link", () -> real.createSymbolicLink(file, FaultyPath.real(target), attributes));
    }

    @Override
    public void createLink(Path link, Path existing) throws IOException {
        Path file = alive(link);
        faults.change("link", () -> real.createLink(file, FaultyPath.real(existing)));
    }

    @Override
    public Path readSymbolicLink(Path link) throws IOException {
        return system.at(real.readSymbolicLink(alive(link)));
    }

    @Override
    public void delete(Path path) throws IOException {
        Path file = alive(path);
        if (!Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
            // Fails, and changes nothing.
            real.delete(file);
        }
        faults.change("delete", () -> real.delete(file));
        faults.deleted(file);
    }

    @Override
    public void copy(Path source, Path target, CopyOption... options) throws IOException {
        Path file = alive(target);
        faults.change("copy", () -> real.copy(FaultyPath.real(source), file, options));
        faults.written(file);
    }

    @Override
    public void move(Path source, Path target, CopyOption... options) throws IOException {
        Path from = alive(source);
        Path to = FaultyPath.real(target);
        faults.change("rename", () -> {
            real.move(from, to, options);
            faults.moved(from, to);
        });
    }

    @Override
    public boolean isSameFile(Path one, Path other) throws IOException {
        return other instanceof FaultyPath && real.isSameFile(alive(one), FaultyPath.real(other));
    }

    @Override
    public boolean isHidden(Path path) throws IOException {
        return real.isHidden(alive(path));
    }

    @Override
    public FileStore getFileStore(Path path) throws IOException {
        return real.getFileStore(alive(path));
    }

    @Override
    public void checkAccess(Path path, AccessMode... modes) throws IOException {
        real.checkAccess(alive(path), modes);
    }

    @Override
    public <V extends FileAttributeView> V getFileAttributeView(Path path, Class<V> type, LinkOption... options) {
        return real.getFileAttributeView(alive(path), type, options);
    }

    @Override
    public <A extends BasicFileAttributes> A readAttributes(Path path, Class<A> type, LinkOption... options)
            throws IOException {
        return real.readAttributes(alive(path), type, options);
    }

    @Override
    public Map<String, Object> readAttributes(Path path, String attributes, LinkOption... options) throws IOException {
        return real.readAttributes(alive(path), attributes, options);
    }

    @Override
    public void setAttribute(Path path, String attribute, Object value, LinkOption... options) throws IOException {
        Path file = alive(path);
        faults.change("set", () -> real.setAttribute(file, attribute, value, options));
    }
}
