package dev.wsvd.quantization;

import java.util.Locale;

/** How the range of an activation is found on calibration inputs. */
public enum RangeMethod {
    /** From the least to the largest number seen: nothing is clipped. AIMET's {@code min_max}. */
    MIN_MAX,
    /** What holds 99.99 % of the numbers. AIMET's {@code percentile}. */
    PERCENTILE,
    /** The range of least squared error of rounding and clipping together, between a fifth of the whole and all of it. */
    MSE;

    /** {@code min-max}, {@code percentile}, {@code mse}. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
