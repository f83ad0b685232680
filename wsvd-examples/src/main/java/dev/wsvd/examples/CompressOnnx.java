package dev.wsvd.examples;

import dev.wsvd.adapter.onnx.OnnxFormat;
import dev.wsvd.domain.cost.Metric;
import dev.wsvd.domain.spi.OpenOptions;
import dev.wsvd.evaluation.ArrayActivations;
import dev.wsvd.evaluation.ArrayDataset;
import dev.wsvd.pipeline.CompressionParameters;
import dev.wsvd.pipeline.ModelCompressor;
import java.nio.file.Path;

/** Halves a model's MACs, calibrated on unlabelled inputs. Arguments: model, unlabelled inputs, output. */
public final class CompressOnnx {
    private CompressOnnx() {}

    public static void main(String[] args) {
        var onnx = new OnnxFormat();
        var model = onnx.open(Path.of(args[0]), OpenOptions.DEFAULT);
        var inputs = ArrayDataset.load(Path.of(args[1]));

        var result = ModelCompressor.of(model)
                .parameters(CompressionParameters.budget(0.5))
                .calibration(ArrayActivations.of(onnx, inputs))
                .correct()
                .compress();

        result.model().save(Path.of(args[2]));
        System.out.printf("MACs: %.3f of the original%n", result.stats().ratio(Metric.MAC));
    }
}
