package dev.wsvd.factorization;

import dev.wsvd.domain.linalg.Matrix;
import java.util.Arrays;

/**
 * Other coordinates for some channels: Q x in place of x.
 *
 * @param channels d of them
 * @param matrix Q, d × d
 * @param inverse Q⁻¹
 */
record ChangeOfBasis(int[] channels, Matrix matrix, Matrix inverse) {
    /** The channels' elements of one tap, of which each channel has so many. */
    int[] elements(int perChannel, int tap) {
        return elements(channels, perChannel, tap);
    }

    /** The same of any channels. */
    static int[] elements(int[] channels, int perChannel, int tap) {
        return Arrays.stream(channels)
                .map(channel -> channel * perChannel + tap)
                .toArray();
    }
}
