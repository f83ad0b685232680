package dev.wsvd.adapter.djl;

import ai.djl.Model;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.recurrent.GRU;
import ai.djl.nn.recurrent.LSTM;
import dev.wsvd.domain.spi.ModelFormat;
import dev.wsvd.testkit.FormatFeature;
import dev.wsvd.testkit.ModelFormatContract;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;

/** The promises every format makes, for a folder of recurrent blocks. */
class RecurrentContractTest extends ModelFormatContract<Model> {
    @Override
    protected ModelFormat<Model> format() {
        return new DjlFormat(RecurrentContractTest::network);
    }

    @Override
    protected Path writeExample(Path folder) throws IOException {
        Path example = folder.resolve("example");
        try (Model model = Networks.model(RecurrentContractTest::network, new Shape(1, 5, 6))) {
            model.getBlock().getParameters().forEach(named -> {
                if (named.getKey().matches(".*(bias|BIAS)")) {
                    named.getValue().getArray().addi(0.5);
                }
            });
            model.save(example, "example");
        }
        return example;
    }

    @Override
    protected Map<FormatFeature, String> lacks() {
        String reason = "recurrent blocks are no convolutions, of which DjlFormatContractTest has some";
        return Map.of(
                FormatFeature.STRIDE, reason,
                FormatFeature.PADDING, reason,
                FormatFeature.DILATION, reason,
                FormatFeature.GROUPS, reason);
    }

    /** A stack with biases, and a block of both directions without. */
    private static Block network() {
        return new SequentialBlock()
                .add(LSTM.builder().setNumLayers(2).setStateSize(6).build())
                .add(GRU.builder()
                        .setNumLayers(1)
                        .setStateSize(4)
                        .optBidirectional(true)
                        .optHasBiases(false)
                        .build())
                .add(Networks.linear(5));
    }
}
