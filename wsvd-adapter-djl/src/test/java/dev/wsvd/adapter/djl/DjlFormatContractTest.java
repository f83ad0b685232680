package dev.wsvd.adapter.djl;

import ai.djl.Model;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.Block;
import ai.djl.nn.Blocks;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.convolutional.Conv2d;
import dev.wsvd.domain.spi.ModelFormat;
import dev.wsvd.testkit.ModelFormatContract;
import java.io.IOException;
import java.nio.file.Path;

/** The promises every format makes, for a folder that DJL wrote. */
class DjlFormatContractTest extends ModelFormatContract<Model> {
    @Override
    protected ModelFormat<Model> format() {
        return new DjlFormat(DjlFormatContractTest::network);
    }

    @Override
    protected Path writeExample(Path folder) throws IOException {
        Path example = folder.resolve("example");
        try (Model model = Networks.model(DjlFormatContractTest::network, new Shape(1, 4, 8, 8))) {
            model.getBlock().getParameters().forEach(named -> {
                if (named.getKey().endsWith("bias")) {
                    named.getValue().getArray().addi(0.5);
                }
            });
            model.save(example, "example");
        }
        return example;
    }

    /** Convolutions with stride, padding and dilation, grouped and depthwise, two linear layers, with biases and without. */
    private static Block network() {
        return new SequentialBlock()
                .add(Conv2d.builder()
                        .setFilters(8)
                        .setKernelShape(new Shape(3, 3))
                        .optStride(new Shape(2, 2))
                        .optPadding(new Shape(1, 1))
                        .optDilation(new Shape(2, 1))
                        .build())
                .add(Activation::relu)
                .add(Networks.conv(8, 3, 1, 2))
                .add(Networks.conv(8, 3, 1, 8))
                .add(Blocks.batchFlattenBlock())
                .add(Networks.linear(6))
                .add(Activation::relu)
                .add(Networks.linear(5));
    }
}
