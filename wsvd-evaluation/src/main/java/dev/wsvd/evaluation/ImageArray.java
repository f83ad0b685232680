package dev.wsvd.evaluation;

import dev.wsvd.domain.tensor.ElementType;
import dev.wsvd.domain.tensor.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.List;

/** Images as an array, read when they are asked for. Those read are kept, in the size that the model takes, up to a bound of memory. */
final class ImageArray implements SampleArray {
    private final List<Path> files;
    private final ImageInput input;
    private final Pixels[] kept;
    private final long mostBytes;
    private long keptBytes;

    /** @param mostBytes how many bytes are kept */
    ImageArray(List<Path> files, ImageInput input, long mostBytes) {
        this.files = List.copyOf(files);
        this.input = input;
        this.kept = new Pixels[files.size()];
        this.mostBytes = mostBytes;
    }

    @Override
    public ElementType type() {
        return input.type();
    }

    @Override
    public List<Long> shape() {
        return input.shape(files.size());
    }

    @Override
    public Tensor samples(long from, long to) {
        int count = Math.toIntExact(to - from);
        ByteBuffer values = ByteBuffer.allocateDirect(Math.multiplyExact(count, input.bytes()))
                .order(ByteOrder.LITTLE_ENDIAN);
        for (long i = from; i < to; i++) {
            input.put(pixels((int) i), values);
        }
        return new Tensor(type(), input.shape(count), values.rewind());
    }

    private synchronized Pixels pixels(int i) {
        if (kept[i] != null) {
            return kept[i];
        }
        Pixels pixels = input.read(files.get(i));
        if (keptBytes + pixels.bytes() <= mostBytes) {
            kept[i] = pixels;
            keptBytes += pixels.bytes();
        }
        return pixels;
    }
}
