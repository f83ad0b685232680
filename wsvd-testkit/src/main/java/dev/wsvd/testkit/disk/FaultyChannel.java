package dev.wsvd.testkit.disk;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;

/** A file's channel that asks {@link Faults} before each change. */
final class FaultyChannel extends FileChannel {
    private final FileChannel real;
    private final Path file;
    private final Faults faults;

    FaultyChannel(FileChannel real, Path file, Faults faults) {
        this.real = real;
        this.file = file;
        this.faults = faults;
    }

    /** Writes some bytes, and half of them if it fails. */
    private interface Writing {
        int write(ByteBuffer bytes) throws IOException;
    }

    private int write(ByteBuffer bytes, Writing writing) throws IOException {
        int[] written = new int[1];
        ByteBuffer half = bytes.duplicate().limit(bytes.position() + bytes.remaining() / 2);
        faults.written(file);
        faults.change("write", () -> written[0] = writing.write(bytes), () -> writing.write(half));
        return written[0];
    }

    @Override
    public int write(ByteBuffer bytes) throws IOException {
        return write(bytes, real::write);
    }

    @Override
    public int write(ByteBuffer bytes, long position) throws IOException {
        return write(bytes, b -> real.write(b, position));
    }

    @Override
    public long write(ByteBuffer[] buffers, int offset, int length) throws IOException {
        long written = 0;
        for (int i = offset; i < offset + length; i++) {
            written += write(buffers[i]);
        }
        return written;
    }

    @Override
    public long transferFrom(ReadableByteChannel source, long position, long count) throws IOException {
        long[] moved = new long[1];
        faults.written(file);
        faults.change("write", () -> moved[0] = real.transferFrom(source, position, count));
        return moved[0];
    }

    @Override
    public FileChannel truncate(long size) throws IOException {
        faults.written(file);
        faults.change("truncate", () -> real.truncate(size));
        return this;
    }

    @Override
    public void force(boolean metaData) throws IOException {
        faults.change(Files.isDirectory(file) ? "sync folder" : "sync", () -> {
            real.force(metaData);
            faults.synced(file);
        });
    }

    @Override
    public int read(ByteBuffer bytes) throws IOException {
        faults.requireAlive();
        return real.read(bytes);
    }

    @Override
    public long read(ByteBuffer[] buffers, int offset, int length) throws IOException {
        faults.requireAlive();
        return real.read(buffers, offset, length);
    }

    @Override
    public int read(ByteBuffer bytes, long position) throws IOException {
        faults.requireAlive();
        return real.read(bytes, position);
    }

    @Override
    public long transferTo(long position, long count, WritableByteChannel target) throws IOException {
        faults.requireAlive();
        return real.transferTo(position, count, target);
    }

    @Override
    public long position() throws IOException {
        return real.position();
    }

    @Override
    public FileChannel position(long position) throws IOException {
        real.position(position);
        return this;
    }

    @Override
    public long size() throws IOException {
        return real.size();
    }

    @Override
    public MappedByteBuffer map(MapMode mode, long position, long size) throws IOException {
        faults.requireAlive();
        return real.map(mode, position, size);
    }

    @Override
    public FileLock lock(long position, long size, boolean shared) throws IOException {
        faults.requireAlive();
        return real.lock(position, size, shared);
    }

    @Override
    public FileLock tryLock(long position, long size, boolean shared) throws IOException {
        faults.requireAlive();
        return real.tryLock(position, size, shared);
    }

    @Override
    protected void implCloseChannel() throws IOException {
        faults.closed(this);
        real.close();
    }
}
