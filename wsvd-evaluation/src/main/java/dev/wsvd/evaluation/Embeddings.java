package dev.wsvd.evaluation;

import dev.wsvd.domain.error.InvalidInputException;

/** One vector per sample, each of length 1 unless it is zero. */
final class Embeddings {
    private final float[] values;
    private final int samples;
    private final int width;

    private Embeddings(float[] values, int samples, int width) {
        this.values = values;
        this.samples = samples;
        this.width = width;
    }

    /** @param rows as many values for each sample; scaled to length 1 in place */
    static Embeddings normalised(float[] rows, int samples) {
        int width = rows.length / samples;
        for (int i = 0; i < samples; i++) {
            double squares = 0;
            for (int e = i * width; e < (i + 1) * width; e++) {
                squares += (double) rows[e] * rows[e];
            }
            double length = Math.sqrt(squares);
            for (int e = i * width; e < (i + 1) * width && length > 0; e++) {
                rows[e] = (float) (rows[e] / length);
            }
        }
        return new Embeddings(rows, samples, width);
    }

    int samples() {
        return samples;
    }

    int width() {
        return width;
    }

    /** @throws InvalidInputException if a vector holds NaN or infinity, so that nothing is near it */
    void requireFinite(String output) {
        for (int e = 0; e < values.length; e++) {
            if (!Float.isFinite(values[e])) {
                throw new InvalidInputException("Output '" + output + "' of the original is not finite for sample "
                        + e / width + "; embeddings of NaN or infinity cannot be compared.");
            }
        }
    }

    /** The cosine of sample i here and sample j there; of a zero vector 0, and 1 of two. */
    double cosine(int i, Embeddings there, int j) {
        double cosine = product(i, there, j);
        if (cosine == 0 && isZero(i) && there.isZero(j)) {
            return 1;
        }
        return Double.isFinite(cosine) ? Math.max(-1, Math.min(1, cosine)) : 0;
    }

    /** The product of sample i here and sample j there, in four sums that are added at the end. */
    double product(int i, Embeddings there, int j) {
        int a = i * width;
        int b = j * width;
        double first = 0;
        double second = 0;
        double third = 0;
        double fourth = 0;
        int e = 0;
        for (; e + 4 <= width; e += 4) {
            first += (double) values[a + e] * there.values[b + e];
            second += (double) values[a + e + 1] * there.values[b + e + 1];
            third += (double) values[a + e + 2] * there.values[b + e + 2];
            fourth += (double) values[a + e + 3] * there.values[b + e + 3];
        }
        for (; e < width; e++) {
            first += (double) values[a + e] * there.values[b + e];
        }
        return first + second + (third + fourth);
    }

    private boolean isZero(int i) {
        for (int e = i * width; e < (i + 1) * width; e++) {
            if (values[e] != 0) {
                return false;
            }
        }
        return true;
    }
}
