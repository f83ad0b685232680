package dev.wsvd.calibration;

import dev.wsvd.domain.file.UnnamedFile;
import dev.wsvd.domain.linalg.Matrix;
import dev.wsvd.domain.moments.LayerMoments;
import dev.wsvd.domain.moments.PatchMoments;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/**
 * Keeps moments: in memory up to a bound, the covariances beyond it in a file, by their upper triangles. Where the file has no room, in
 * memory too.
 */
final class MomentsKeeper {
    private static final int BUFFER = 1 << 18;

    private final UnnamedFile file;
    private long free;
    private boolean full;

    /**
     * @param memory bytes that covariances may take in memory
     * @param file for the others
     */
    MomentsKeeper(long memory, UnnamedFile file) {
        this.free = memory;
        this.file = file;
    }

    /** Keeps moments, of which the caller lets go; they come back each time they are asked for. */
    Supplier<LayerMoments> keep(LayerMoments moments) {
        long bytes = moments.groups().stream()
                .mapToLong(group -> (long) Double.BYTES * group.covariance().data().length)
                .sum();
        if (bytes > free && !full) {
            try {
                return written(moments);
            } catch (IOException e) {
                full = true;
            }
        }
        free -= bytes;
        return () -> moments;
    }

    /** Moments of a group whose covariance, n × n, is in the file. */
    private record Written(double[] mean, int n, long position) {}

    private Supplier<LayerMoments> written(LayerMoments moments) throws IOException {
        List<Written> groups = new ArrayList<>();
        for (PatchMoments group : moments.groups()) {
            Matrix covariance = group.covariance();
            groups.add(new Written(group.mean(), covariance.rows(), write(covariance)));
        }
        long patches = moments.patches();
        return () -> new LayerMoments(
                patches,
                groups.stream()
                        .map(group -> new PatchMoments(group.mean(), read(group.n(), group.position())))
                        .toList());
    }

    /** The position of the upper triangle, row by row. */
    private long write(Matrix covariance) throws IOException {
        int n = covariance.rows();
        ByteBuffer buffer = buffer(n);
        long position = -1;
        for (int row = 0; row < n; row++) {
            int bytes = Double.BYTES * (n - row);
            if (buffer.remaining() < bytes) {
                long at = file.append(buffer.flip());
                position = position < 0 ? at : position;
                buffer.clear();
            }
            buffer.asDoubleBuffer().put(covariance.data(), row * n + row, n - row);
            buffer.position(buffer.position() + bytes);
        }
        long at = file.append(buffer.flip());
        return position < 0 ? at : position;
    }

    private Matrix read(int n, long position) {
        double[] data = Matrix.allocate(n, n);
        ByteBuffer buffer = buffer(n).limit(0);
        long left = (long) Double.BYTES * n * (n + 1L) / 2;
        for (int row = 0; row < n; row++) {
            int bytes = Double.BYTES * (n - row);
            if (buffer.remaining() < bytes) {
                buffer.clear().limit((int) Math.min(buffer.capacity(), left));
                file.read(position, buffer);
                buffer.flip();
            }
            buffer.asDoubleBuffer().get(data, row * n + row, n - row);
            buffer.position(buffer.position() + bytes);
            position += bytes;
            left -= bytes;
        }
        return Matrix.ofUpperTriangle(n, data);
    }

    /** Of at least one row. */
    private static ByteBuffer buffer(int n) {
        return ByteBuffer.allocate(Math.max(BUFFER, Double.BYTES * n)).order(ByteOrder.nativeOrder());
    }
}
