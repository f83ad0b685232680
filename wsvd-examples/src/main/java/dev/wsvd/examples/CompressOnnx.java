package dev.wsvd.examples;

import dev.wsvd.adapter.onnx.OnnxFormat;
import dev.wsvd.domain.CostMetric;
import dev.wsvd.domain.spi.OpenOptions;
import dev.wsvd.evaluation.ArrayActivations;
import dev.wsvd.evaluation.ArrayDataset;
import dev.wsvd.pipeline.ModelCompressor;
import dev.wsvd.pipeline.WeightSvdParameters;
import java.nio.file.Path;

/** Halves a model's MACs with the least harm to its outputs on some inputs. Arguments: model, unlabelled inputs, output. */
public final class CompressOnnx {
    private CompressOnnx() {}

    public static void main(String[] args) {
        var onnx = new OnnxFormat();
        var model = onnx.open(Path.of(args[0]), OpenOptions.DEFAULT);
        var inputs = ArrayDataset.load(Path.of(args[1]));

        var result = ModelCompressor.of(model)
                .parameters(WeightSvdParameters.budget(0.5))
                .calibration(ArrayActivations.of(onnx, inputs))
                .correct()
                .compress();

        result.model().save(Path.of(args[2]));
        System.out.printf("MACs: %.3f of the original%n", result.stats().ratio(CostMetric.MAC));
    }
}
