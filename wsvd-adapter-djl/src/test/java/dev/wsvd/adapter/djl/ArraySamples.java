package dev.wsvd.adapter.djl;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.dataset.ArrayDataset;

/** Samples whose class can be learned: the sign of a fixed mixture of the features. */
final class ArraySamples {
    private ArraySamples() {}

    /** @param manager must live as long as the samples */
    static ArrayDataset of(NDManager manager, int samples, int features, boolean shuffled) {
        Engine.getInstance().setRandomSeed(23);
        NDArray data = manager.randomNormal(new Shape(samples, features));
        NDArray mixture = manager.randomNormal(new Shape(features));
        NDArray labels = data.mul(mixture).sum(new int[] {1}).gt(0).toType(DataType.INT64, false);
        return new ArrayDataset.Builder()
                .setData(data)
                .optLabels(labels)
                .setSampling(30, shuffled, shuffled)
                .build();
    }
}
