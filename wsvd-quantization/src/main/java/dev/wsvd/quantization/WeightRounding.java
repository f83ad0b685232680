package dev.wsvd.quantization;

import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.layer.Weights;
import dev.wsvd.domain.quantization.QuantizedWeights;

/** Weights to the nearest step: q = round(W / s) with s = max|W| / L by output channel, L = 127, or 63 where eight bits overflow. */
final class WeightRounding {
    private static final int LARGEST = 127;
    private static final int LARGEST_OF_SEVEN_BITS = 63;

    private WeightRounding() {}

    /** @throws InvalidInputException if a weight is not finite */
    static QuantizedWeights of(LayerId layer, Weights weights, boolean sevenBits) {
        int largest = sevenBits ? LARGEST_OF_SEVEN_BITS : LARGEST;
        float[] all = weights.all();
        int n = weights.shape().out();
        int row = all.length / n;
        byte[] values = new byte[all.length];
        float[] scales = new float[n];
        for (int i = 0; i < n; i++) {
            float peak = 0;
            for (int j = i * row; j < (i + 1) * row; j++) {
                peak = Math.max(peak, Math.abs(all[j]));
            }
            float scale = peak / largest;
            if (!Float.isFinite(scale)) {
                throw new InvalidInputException("Layer '" + layer
                        + "' has weights that are not finite; int8 needs numbers." + " Maybe leave it in float.");
            }
            scales[i] = scale >= Float.MIN_NORMAL ? scale : 1;
            for (int j = i * row; j < (i + 1) * row; j++) {
                values[j] = (byte) Math.max(-largest, Math.min(largest, Math.rint(all[j] / scales[i])));
            }
        }
        return new QuantizedWeights(weights.shape(), values, scales);
    }
}
