package dev.wsvd.adapter.djl.internal.coupling;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.wsvd.adapter.djl.internal.block.ParameterArrays;
import java.util.List;
import java.util.SplittableRandom;

/** Values of an array, row-major, from which channels can be taken. */
record RandomArray(Shape shape, float[] values) {
    /** Values from −scale to scale, all alike probable. */
    static RandomArray of(Shape shape, double scale, SplittableRandom random) {
        float[] values = new float[Math.toIntExact(shape.size())];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) (scale * (2 * random.nextDouble() - 1));
        }
        return new RandomArray(shape, values);
    }

    /** What a block gave. */
    static RandomArray of(NDArray array) {
        return new RandomArray(array.getShape(), ParameterArrays.read(array.toType(DataType.FLOAT32, false)));
    }

    NDArray on(NDManager manager, DataType type) {
        return ParameterArrays.write(manager, shape, values, type);
    }

    /** Some of the places along an axis, in order. */
    RandomArray taken(int axis, int[] places) {
        long[] dims = shape.getShape().clone();
        int inner = Math.toIntExact(shape.slice(axis + 1).size());
        int width = Math.toIntExact(dims[axis]);
        int outer = values.length / (inner * width);
        dims[axis] = places.length;
        float[] taken = new float[outer * places.length * inner];
        for (int o = 0; o < outer; o++) {
            for (int i = 0; i < places.length; i++) {
                System.arraycopy(
                        values, (o * width + places[i]) * inner, taken, (o * places.length + i) * inner, inner);
            }
        }
        return new RandomArray(new Shape(dims), taken);
    }

    /** The same with zeros at all places along an axis but some. */
    RandomArray zeroed(int axis, List<Integer> remaining) {
        int inner = Math.toIntExact(shape.slice(axis + 1).size());
        int row = Math.toIntExact(shape.get(axis)) * inner;
        float[] zeroed = new float[values.length];
        for (int from = 0; from < values.length; from += row) {
            for (int place : remaining) {
                int at = from + place * inner;
                System.arraycopy(values, at, zeroed, at, inner);
            }
        }
        return new RandomArray(shape, zeroed);
    }

    /** Whether another has the same shape and values, up to rounding of the largest. */
    boolean isLike(RandomArray other, double tolerance) {
        if (!shape.equals(other.shape)) {
            return false;
        }
        double largest = 0;
        for (float value : values) {
            largest = Float.isFinite(value) ? Math.max(largest, Math.abs(value)) : largest;
        }
        for (int i = 0; i < values.length; i++) {
            boolean same = Float.compare(values[i], other.values[i]) == 0;
            if (!same && !(Math.abs(values[i] - other.values[i]) <= tolerance * largest)) {
                return false;
            }
        }
        return true;
    }
}
