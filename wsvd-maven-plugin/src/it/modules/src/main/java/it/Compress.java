package it;

import dev.wsvd.domain.cost.Metric;
import dev.wsvd.domain.spi.OpenOptions;
import dev.wsvd.evaluation.ArrayActivations;
import dev.wsvd.evaluation.ArrayDataset;
import dev.wsvd.pipeline.CompressionParameters;
import dev.wsvd.pipeline.ModelCompressor;
import dev.wsvd.pipeline.OpenedModel;
import java.nio.file.Path;
import java.util.stream.Stream;

/** The README's program, with the format and the backend that are found on the module path. */
public final class Compress {
    private Compress() {}

    public static void main(String[] args) {
        var opened = OpenedModel.of(Path.of(args[0]), OpenOptions.DEFAULT);
        Stream.of(Compress.class, ModelCompressor.class, opened.format().getClass())
                .forEach(type -> System.out.println("module " + type.getModule().getName()));
        compress(opened, args);
    }

    private static <M> void compress(OpenedModel<M> opened, String[] args) {
        var inputs = ArrayDataset.load(Path.of(args[1]));
        var result = ModelCompressor.of(opened.model())
                .parameters(CompressionParameters.budget(0.5))
                .calibration(ArrayActivations.of(opened.format(), inputs))
                .compress();
        result.model().save(Path.of(args[2]));
        System.out.printf("MACs: %.3f of the original%n", result.stats().ratio(Metric.MAC));
    }
}
