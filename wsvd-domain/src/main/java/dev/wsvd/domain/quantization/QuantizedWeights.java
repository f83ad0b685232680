package dev.wsvd.domain.quantization;

import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.layer.WeightShape;

/**
 * A weight in int8, symmetric, with a scale per output channel: W[n][m/g][k…] ≈ scales[n] · values[n][m/g][k…].
 *
 * @param values row-major; not copied, and not written to from now on
 * @param scales by output channel, each above 0
 */
public record QuantizedWeights(WeightShape shape, byte[] values, float[] scales) {
    public QuantizedWeights {
        if (values.length != shape.elements() || scales.length != shape.out()) {
            throw new InvalidInputException("A weight of shape " + shape + " needs " + shape.elements() + " values and "
                    + shape.out() + " scales, found " + values.length + " and " + scales.length + ".");
        }
    }

    /** What an element stands for. */
    public float at(int index) {
        return scales[index / (values.length / scales.length)] * values[index];
    }
}
