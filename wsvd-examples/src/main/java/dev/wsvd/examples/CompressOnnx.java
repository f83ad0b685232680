package dev.wsvd.examples;

import dev.wsvd.adapter.onnx.OnnxFormat;
import dev.wsvd.domain.CostMetric;
import dev.wsvd.domain.spi.Evaluator;
import dev.wsvd.domain.spi.OpenOptions;
import dev.wsvd.evaluation.AccuracyEvaluator;
import dev.wsvd.evaluation.ArrayDataset;
import dev.wsvd.pipeline.ModelCompressor;
import dev.wsvd.pipeline.WeightSvdParameters;
import java.nio.file.Path;

/** Halves a model's MACs with the least loss of accuracy. Arguments: model, images, labels, output. */
public final class CompressOnnx {
    private CompressOnnx() {}

    public static void main(String[] args) {
        var onnx = new OnnxFormat();
        var model = onnx.open(Path.of(args[0]), OpenOptions.DEFAULT);
        var data = ArrayDataset.load(Path.of(args[1]), Path.of(args[2]));

        var result = ModelCompressor.of(model)
                .parameters(WeightSvdParameters.greedy(0.5))
                .evaluator(AccuracyEvaluator.of(onnx::predictor, data), Evaluator.ALL)
                .compress();

        result.model().save(Path.of(args[3]));
        System.out.printf("MACs: %.3f of the original%n", result.stats().ratio(CostMetric.MAC));
    }
}
