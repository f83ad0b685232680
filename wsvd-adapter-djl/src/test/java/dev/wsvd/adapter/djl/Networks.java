package dev.wsvd.adapter.djl;

import ai.djl.Model;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.Block;
import ai.djl.nn.Blocks;
import ai.djl.nn.ParallelBlock;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.convolutional.Conv2d;
import ai.djl.nn.core.Linear;
import ai.djl.nn.norm.BatchNorm;
import ai.djl.nn.pooling.Pool;
import ai.djl.training.ParameterStore;
import java.util.List;
import java.util.function.Supplier;

/** Small networks with every kind of structure. */
final class Networks {
    private Networks() {}

    /** Convolutions plain, grouped and depthwise in a sequence and in parallel branches, two linear layers. */
    static Block mixed() {
        Block branches = new ParallelBlock(
                outputs -> new NDList(NDArrays.concat(
                        new NDList(
                                outputs.get(0).singletonOrThrow(),
                                outputs.get(1).singletonOrThrow()),
                        1)),
                List.of(
                        new SequentialBlock().add(conv(8, 3, 1, 2)).add(Activation::relu),
                        new SequentialBlock()
                                .add(conv(8, 1, 0, 1))
                                .add(BatchNorm.builder().build())));
        return new SequentialBlock()
                .add(Conv2d.builder()
                        .setFilters(8)
                        .setKernelShape(new Shape(3, 3))
                        .optStride(new Shape(2, 2))
                        .optPadding(new Shape(1, 1))
                        .build())
                .add(Activation::relu)
                .add(branches)
                .add(conv(16, 3, 1, 16))
                .add(Pool.globalAvgPool2dBlock())
                .add(Blocks.batchFlattenBlock())
                .add(linear(12))
                .add(Activation::relu)
                .add(linear(5));
    }

    static Conv2d conv(int filters, int kernel, int padding, int groups) {
        return Conv2d.builder()
                .setFilters(filters)
                .setKernelShape(new Shape(kernel, kernel))
                .optPadding(new Shape(padding, padding))
                .optGroups(groups)
                .optBias(groups == 1)
                .build();
    }

    static Linear linear(int units) {
        return Linear.builder().setUnits(units).build();
    }

    /** A model with random weights, the same each time. */
    static Model model(Supplier<? extends Block> blocks, Shape... inputs) {
        return model(blocks, DataType.FLOAT32, inputs);
    }

    static Model model(Supplier<? extends Block> blocks, DataType type, Shape... inputs) {
        Model model = Model.newInstance("example");
        model.setDataType(type);
        Block block = blocks.get();
        model.setBlock(block);
        Engine.getInstance().setRandomSeed(7);
        block.initialize(model.getNDManager(), type, inputs);
        return model;
    }

    /** What a model makes of one input, the same for every model. */
    static float[] run(Model model, Shape shape) {
        try (NDManager manager = model.getNDManager().newSubManager()) {
            Engine.getInstance().setRandomSeed(11);
            NDArray input = manager.randomNormal(shape).toType(model.getDataType(), false);
            NDArray output = model.getBlock()
                    .forward(new ParameterStore(manager, false), new NDList(input), false)
                    .singletonOrThrow();
            return output.toType(DataType.FLOAT32, false).toFloatArray();
        }
    }
}
