package dev.wsvd.evaluation;

import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.file.FileVersion;
import dev.wsvd.domain.tensor.ElementType;
import dev.wsvd.domain.tensor.Tensor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * An array whose elements lie in a file as they do in memory, mapped rather than read. One map holds at most 1 GiB, since no
 * buffer can hold more than 2 GiB; a map never ends within a sample.
 */
final class MappedArray implements SampleArray {
    private static final long MAP_BYTES = 1L << 30;

    private final NpyHeader header;
    private final long sampleBytes;
    private final long samplesPerMap;
    private final List<Tensor> maps;
    private final FileVersion version;

    private MappedArray(
            NpyHeader header, long sampleBytes, long samplesPerMap, List<Tensor> maps, FileVersion version) {
        this.header = header;
        this.sampleBytes = sampleBytes;
        this.samplesPerMap = samplesPerMap;
        this.maps = maps;
        this.version = version;
    }

    /** Maps an array of at least one dim. */
    static MappedArray of(FileChannel file, NpyHeader header, Path path) throws IOException {
        return of(file, header, path, MAP_BYTES);
    }

    static MappedArray of(FileChannel file, NpyHeader header, Path path, long mapBytes) throws IOException {
        FileVersion version = FileVersion.of(path);
        String where = NpyFiles.named(path);
        long samples = header.shape().get(0);
        long sampleBytes = samples == 0 ? 0 : header.elementBytes() / samples;
        if (sampleBytes > mapBytes) {
            throw new InvalidInputException(
                    where + " has samples of " + sampleBytes + " bytes; one sample may have at most " + mapBytes
                            + ". Maybe the first dim does not count the samples.");
        }
        long perMap = sampleBytes == 0 ? Math.max(1, samples) : mapBytes / sampleBytes;
        List<Tensor> maps = new ArrayList<>();
        for (long from = 0; from < samples && sampleBytes > 0; from += perMap) {
            long count = Math.min(perMap, samples - from);
            ByteBuffer map =
                    file.map(FileChannel.MapMode.READ_ONLY, header.bytes() + from * sampleBytes, count * sampleBytes);
            maps.add(new Tensor(header.type(), withSamples(header.shape(), count), map));
        }
        return new MappedArray(header, sampleBytes, perMap, maps, version);
    }

    @Override
    public ElementType type() {
        return header.type();
    }

    @Override
    public List<Long> shape() {
        return header.shape();
    }

    /** @throws InvalidInputException if the file was changed meanwhile or is gone */
    @Override
    public Tensor samples(long from, long to) {
        // Bytes that are no longer there would end the process when native code reads them.
        version.requireUnchanged();
        long map = from / samplesPerMap;
        if (from < to && sampleBytes > 0 && (to - 1) / samplesPerMap == map) {
            long start = map * samplesPerMap;
            return maps.get((int) map).samples(from - start, to - start);
        }
        return copied(from, to);
    }

    /** Samples that lie in several maps. */
    private Tensor copied(long from, long to) {
        ByteBuffer copy = ByteBuffer.allocateDirect(Math.toIntExact((to - from) * sampleBytes));
        for (long next = from; next < to && sampleBytes > 0; ) {
            long start = next / samplesPerMap * samplesPerMap;
            long end = Math.min(to, start + samplesPerMap);
            copy.put(maps.get((int) (start / samplesPerMap))
                    .samples(next - start, end - start)
                    .data());
            next = end;
        }
        return new Tensor(header.type(), withSamples(header.shape(), to - from), copy.rewind());
    }

    private static List<Long> withSamples(List<Long> shape, long samples) {
        List<Long> dims = new ArrayList<>(shape);
        dims.set(0, samples);
        return dims;
    }
}
