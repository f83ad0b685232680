package com.example.tiny;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.example.tiny.Step.Kind;
import com.example.tiny.Step.Size;
import com.example.tiny.Step.Window;
import dev.wsvd.domain.spi.ModelFormat;
import dev.wsvd.domain.spi.OpenOptions;
import dev.wsvd.pipeline.CompressionResult;
import dev.wsvd.pipeline.ModelCompressor;
import dev.wsvd.pipeline.OpenedModel;
import dev.wsvd.pipeline.WeightSvdParameters;
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
        Window rows = new Window(3, 2, 1, 1);
        Window columns = new Window(2, 1, 0, 2);
        Window three = new Window(3, 1, 1, 1);
        Network network = new Network(
                new Size(3, 9, 8),
                List.of(
                        step("conv", Kind.CONV, 4, 3, 1, rows, columns, true, true),
                        step("grouped", Kind.CONV, 4, 4, 2, three, three, true, false),
                        step("depthwise", Kind.CONV, 4, 4, 4, three, three, false, true),
                        step("fc", Kind.LINEAR, 6, 4 * 5 * 6, 1, Window.POINT, Window.POINT, true, true),
                        step("last", Kind.LINEAR, 5, 6, 1, Window.POINT, Window.POINT, false, false)));
        return Files.write(folder.resolve("example.tiny"), TinyFile.bytes(network));
    }

    private static Step step(
            String name,
            Kind kind,
            int out,
            int in,
            int groups,
            Window rows,
            Window columns,
            boolean relu,
            boolean bias) {
        int inputs = in / groups * rows.kernel() * columns.kernel();
        float[] weight = random(out * inputs, 1 / Math.sqrt(inputs));
        return new Step(name, kind, out, in, groups, rows, columns, relu, weight, random(bias ? out : 0, 0.5));
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
                result.stats().before().memory() - result.stats().after().memory());
    }

    private static <M> CompressionResult<M> compress(OpenedModel<M> opened) {
        return ModelCompressor.of(opened.model())
                .parameters(WeightSvdParameters.manual(Map.of("fc", new ManualChoice.ToRank(2))))
                .compress();
    }
}
