package dev.wsvd.adapter.djl;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import dev.wsvd.adapter.djl.internal.block.LayerBlock;
import dev.wsvd.adapter.djl.internal.block.ParameterArrays;
import dev.wsvd.adapter.djl.internal.block.RecurrentWeight;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.layer.WeightShape;
import dev.wsvd.domain.layer.Weights;
import dev.wsvd.domain.tensor.ElementType;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.Objects;

/**
 * The weight of a layer, as its arrays have it when it is read.
 *
 * @param arrays one above the other, each with as many rows
 */
record StoredWeights(List<NDArray> arrays, WeightShape shape) implements Weights {
    /** @throws InvalidInputException if it is of a type that is not read */
    static StoredWeights of(LayerBlock layer) {
        return readable(layer.path(), List.of(layer.weight().getArray()), layer.weightShape());
    }

    /** @throws InvalidInputException if it is of a type that is not read */
    static StoredWeights of(RecurrentWeight weight) {
        return readable(weight.path(), weight.arrays(), weight.shape());
    }

    private static StoredWeights readable(String layer, List<NDArray> arrays, WeightShape shape) {
        DataType type = arrays.get(0).getDataType();
        if (type != DataType.FLOAT32 && type != DataType.FLOAT16) {
            throw new InvalidInputException(
                    "The weight of layer '" + layer + "' is " + type + "; float32 and float16 weights can be read.");
        }
        return new StoredWeights(arrays, shape);
    }

    @Override
    public ElementType type() {
        return DataTypes.of(arrays.get(0).getDataType());
    }

    @Override
    public float[] rows(int from, int to) {
        Objects.checkFromToIndex(from, to, shape.out());
        FloatBuffer values = FloatBuffer.allocate((to - from) * shape.inPerGroup() * shape.kernelSize());
        int each = shape.out() / arrays.size();
        for (int i = 0; i < arrays.size(); i++) {
            int first = Math.max(from - i * each, 0);
            int last = Math.min(to - i * each, each);
            if (first < last) {
                values.put(ParameterArrays.rows(arrays.get(i), first, last));
            }
        }
        return values.array();
    }
}
