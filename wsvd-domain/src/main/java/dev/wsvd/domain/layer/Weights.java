package dev.wsvd.domain.layer;

import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.tensor.ElementType;
import java.util.Arrays;
import java.util.Objects;

/**
 * A weight W[n][m/g][k…], row-major whatever its order in the model. It is read in pieces as they are asked for, so that one larger
 * than an array, or than memory, is never one {@code float[]}. Immutable.
 */
public interface Weights {
    /** Shape of W. */
    WeightShape shape();

    /** How the model stores it; what is read is float32 all the same. */
    ElementType type();

    /**
     * A copy of some output channels' weights.
     *
     * @param from first output channel
     * @param to behind the last
     * @return [to − from][m/g][k…]
     * @throws IndexOutOfBoundsException if 0 ≤ from ≤ to ≤ n does not hold
     * @throws InvalidInputException if they have more elements than an array can have, or cannot be read
     */
    float[] rows(int from, int to);

    /**
     * The whole, not to be written to: it may be the array behind this.
     *
     * @throws InvalidInputException if it has more elements than an array can have, or cannot be read
     */
    default float[] all() {
        return rows(0, shape().out());
    }

    /**
     * A weight in memory.
     *
     * @param values row-major; not copied, and not written to from now on
     * @throws InvalidInputException if there are not as many as the shape asks for
     */
    static Weights of(WeightShape shape, float[] values) {
        return new InMemory(shape, values);
    }

    /** Float32 values in memory. */
    record InMemory(WeightShape shape, float[] values) implements Weights {
        public InMemory {
            Objects.requireNonNull(shape, "shape");
            if (values.length != shape.elements()) {
                throw new InvalidInputException("A weight of shape " + shape + " needs " + shape.elements()
                        + " elements, found " + values.length + ".");
            }
        }

        @Override
        public ElementType type() {
            return ElementType.FLOAT32;
        }

        @Override
        public float[] rows(int from, int to) {
            Objects.checkFromToIndex(from, to, shape.out());
            int row = values.length / shape.out();
            return Arrays.copyOfRange(values, from * row, to * row);
        }

        /** The values themselves. */
        @Override
        public float[] all() {
            return values;
        }
    }
}
