package dev.wsvd.adapter.djl;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import dev.wsvd.adapter.djl.internal.block.LayerBlock;
import dev.wsvd.adapter.djl.internal.block.ParameterArrays;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.layer.WeightShape;
import dev.wsvd.domain.layer.Weights;
import dev.wsvd.domain.tensor.ElementType;
import java.util.Objects;

/** The weight of a layer, as its array has it when it is read. */
record StoredWeights(NDArray array, WeightShape shape) implements Weights {
    /** @throws InvalidInputException if it is of a type that is not read */
    static StoredWeights of(LayerBlock layer) {
        NDArray array = layer.weight().getArray();
        DataType type = array.getDataType();
        if (type != DataType.FLOAT32 && type != DataType.FLOAT16) {
            throw new InvalidInputException("The weight of layer '" + layer.path() + "' is " + type
                    + "; float32 and float16 weights can be read.");
        }
        return new StoredWeights(array, layer.weightShape());
    }

    @Override
    public ElementType type() {
        return DataTypes.of(array.getDataType());
    }

    @Override
    public float[] rows(int from, int to) {
        Objects.checkFromToIndex(from, to, shape.out());
        return ParameterArrays.rows(array, from, to);
    }
}
