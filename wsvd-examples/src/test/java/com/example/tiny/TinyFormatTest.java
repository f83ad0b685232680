package com.example.tiny;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.example.tiny.Step.Size;
import dev.wsvd.domain.cost.Metric;
import dev.wsvd.domain.layer.Affine;
import dev.wsvd.domain.layer.Convolution;
import dev.wsvd.domain.layer.Op;
import dev.wsvd.domain.layer.WeightShape;
import dev.wsvd.domain.spi.ModelFormat;
import dev.wsvd.domain.spi.OpenOptions;
import dev.wsvd.pipeline.CompressionParameters;
import dev.wsvd.pipeline.CompressionResult;
import dev.wsvd.pipeline.ModelCompressor;
import dev.wsvd.pipeline.OpenedModel;
import dev.wsvd.selection.ManualChoice;
import dev.wsvd.testkit.ModelFormatContract;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class TinyFormatTest extends ModelFormatContract<Network> {
    @Override
    protected ModelFormat<Network> format() {
        return new TinyFormat();
    }

    /** Every kind of layer: with and without a bias, an activation, groups, stride, padding and dilation. */
    @Override
    protected Path writeExample(Path folder) throws IOException {
        WeightShape kernel = new WeightShape(4, 3, List.of(3, 2));
        Op conv = new Convolution(kernel, 1, List.of(2, 1), List.of(1, 2), List.of(1, 0));
        Network network = new Network(
                new Size(3, 9, 8),
                List.of(
                        step("conv", conv, true, true),
                        step("grouped", threeByThree(4, 2), true, false),
                        step("depthwise", threeByThree(4, 4), false, true),
                        step("fc", Affine.of(6, 4 * 5 * 6), true, true),
                        step("last", Affine.of(5, 6), false, false)));
        return Files.write(folder.resolve("example.tiny"), TinyFile.bytes(network));
    }

    private static Op threeByThree(int channels, int groups) {
        List<Integer> ones = List.of(1, 1);
        return new Convolution(new WeightShape(channels, channels / groups, List.of(3, 3)), groups, ones, ones, ones);
    }

    private static Step step(String name, Op op, boolean relu, boolean bias) {
        int elements = (int) op.weight().elements();
        int out = op.weight().out();
        float[] weight = random(elements, Math.sqrt((double) out / elements));
        return new Step(name, op, relu, weight, random(bias ? out : 0, 0.5));
    }

    private static float[] random(int count, double scale) {
        Random random = new Random(count);
        float[] numbers = new float[count];
        for (int i = 0; i < count; i++) {
            numbers[i] = (float) (scale * random.nextGaussian());
        }
        return numbers;
    }

    @Test
    void isFoundOnTheClasspathAndCompressed(@TempDir Path other) throws IOException {
        CompressionResult<?> result = compress(OpenedModel.of(writeExample(other), OpenOptions.DEFAULT));
        result.model().save(other.resolve("small.tiny"));
        assertEquals(
                6 * 120 - 2 * (6 + 120),
                result.stats().before().of(Metric.MEMORY)
                        - result.stats().after().of(Metric.MEMORY));
    }

    private static <M> CompressionResult<M> compress(OpenedModel<M> opened) {
        return ModelCompressor.of(opened.model())
                .parameters(CompressionParameters.manual(Map.of("fc", new ManualChoice.ToRank(2))))
                .compress();
    }
}
