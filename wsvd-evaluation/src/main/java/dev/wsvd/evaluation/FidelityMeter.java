package dev.wsvd.evaluation;

import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.tensor.Tensor;
import java.util.List;
import java.util.OptionalDouble;

/** Adds up how near one output is to the original's, batch by batch, in float64. */
final class FidelityMeter {
    private final String name;
    private double signal;
    private double noise;
    private double cosines;
    private long samples;
    private long agreeing;
    private long positions;

    FidelityMeter(String name) {
        this.name = name;
    }

    /** Adds a batch, the samples first. */
    void add(Tensor original, Tensor other) {
        if (!original.shape().equals(other.shape())) {
            throw new InvalidInputException("Output '" + name + "' has shape " + other.shape() + ", the original's has "
                    + original.shape() + "; only outputs of the same shape can be compared.");
        }
        int count = Math.toIntExact(original.shape().get(0));
        int perSample = count == 0 ? 0 : Math.toIntExact(original.elements() / count);
        for (int i = 0; i < count; i++) {
            addSample(original, other, i * perSample, perSample);
        }
        addPositions(original, other);
        samples += count;
    }

    Fidelity.Output result() {
        double ratio = noise == 0 ? 0 : noise / signal;
        return new Fidelity.Output(
                positions == 0 ? OptionalDouble.empty() : OptionalDouble.of((double) agreeing / positions),
                cosines / samples,
                ratio);
    }

    private void addSample(Tensor original, Tensor other, int from, int count) {
        double yy = 0;
        double zz = 0;
        double yz = 0;
        for (int e = from; e < from + count; e++) {
            double y = original.getDouble(e);
            double z = other.getDouble(e);
            if (same(y, z) && !Double.isFinite(y)) {
                // A mask of infinities, say: alike, and no measure of size.
                continue;
            }
            if (!Double.isFinite(y) || !Double.isFinite(z)) {
                noise = Double.POSITIVE_INFINITY;
                return;
            }
            yy += y * y;
            zz += z * z;
            yz += y * z;
            noise += (y - z) * (y - z);
        }
        signal += yy;
        cosines += cosine(yy, zz, yz);
    }

    private static boolean same(double y, double z) {
        return y == z || Double.isNaN(y) && Double.isNaN(z);
    }

    private static double cosine(double yy, double zz, double yz) {
        if (yy == 0 || zz == 0) {
            return yy == zz ? 1 : 0;
        }
        return Math.max(-1, Math.min(1, yz / (Math.sqrt(yy) * Math.sqrt(zz))));
    }

    private void addPositions(Tensor original, Tensor other) {
        List<Long> shape = original.shape();
        int axis = shape.size() >= 4 ? 1 : shape.size() - 1;
        if (axis == 0 || shape.get(axis) < 2 || original.elements() == 0) {
            return;
        }
        int classes = Math.toIntExact(shape.get(axis));
        int stride =
                Math.toIntExact(shape.subList(axis + 1, shape.size()).stream().reduce(1L, Math::multiplyExact));
        int blocks = Math.toIntExact(original.elements() / ((long) classes * stride));
        for (int block = 0; block < blocks; block++) {
            for (int s = 0; s < stride; s++) {
                int from = block * classes * stride + s;
                if (argmax(original, from, classes, stride) == argmax(other, from, classes, stride)) {
                    agreeing++;
                }
            }
        }
        positions += (long) blocks * stride;
    }

    /** Class of the highest value, the first of equals; a NaN is the highest of all, as in NumPy. */
    private static int argmax(Tensor values, int from, int classes, int stride) {
        int best = 0;
        double highest = values.getDouble(from);
        for (int c = 1; c < classes && !Double.isNaN(highest); c++) {
            double value = values.getDouble(from + c * stride);
            if (value > highest || Double.isNaN(value)) {
                highest = value;
                best = c;
            }
        }
        return best;
    }
}
