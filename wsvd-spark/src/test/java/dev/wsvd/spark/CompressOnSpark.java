package dev.wsvd.spark;

import dev.wsvd.adapter.onnx.OnnxFormat;
import dev.wsvd.adapter.onnx.OnnxModel;
import dev.wsvd.domain.spi.Evaluator;
import dev.wsvd.domain.spi.OpenOptions;
import dev.wsvd.evaluation.AccuracyEvaluator;
import dev.wsvd.evaluation.ArrayActivations;
import dev.wsvd.evaluation.ArrayDataset;
import dev.wsvd.evaluation.NpzMoments;
import dev.wsvd.pipeline.CompressionParameters;
import dev.wsvd.pipeline.ModelCompressor;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Map;
import java.util.function.Consumer;
import org.apache.spark.api.java.JavaSparkContext;

/** The program of the page on clusters. */
final class CompressOnSpark {
    private CompressOnSpark() {}

    static void compress(
            JavaSparkContext spark, Path model, Path images, Path labels, Path calibration, Path moments, Path output)
            throws Exception {
        // Page
        var files = SharedFiles.of(
                spark,
                Map.of("model.onnx", model, "images.npz", images, "labels.npy", labels, "learn.npz", calibration));
        CompressorFactory<OnnxModel> factory = CompressOnSpark::compressor;
        var learnt = NpzMoments.at(moments);
        SparkCalibration.of(spark, files, factory).save(learnt);

        var opened = new ArrayDeque<AutoCloseable>();
        var result = compressor(files.folder(), opened::push)
                .moments(learnt)
                .planEvaluator(SparkPlanEvaluator.of(spark, files, factory))
                .layerFactorizer(SparkFactorization.of(spark, files, factory))
                .compress();
        result.model().save(output);
        // End
        result.model().close();
        opened.pop().close();
    }

    /** On the driver, and on each executor. */
    static ModelCompressor<OnnxModel> compressor(Path folder, Consumer<AutoCloseable> opened) {
        var onnx = new OnnxFormat();
        var model = onnx.open(folder.resolve("model.onnx"), OpenOptions.DEFAULT);
        opened.accept(model);
        var images = ArrayDataset.load(folder.resolve("images.npz"), folder.resolve("labels.npy"));
        var inputs = ArrayDataset.load(folder.resolve("learn.npz"));
        return ModelCompressor.of(model)
                .parameters(CompressionParameters.tar(0.5))
                .evaluator(AccuracyEvaluator.of(onnx::predictor, images), Evaluator.ALL)
                .calibration(ArrayActivations.of(onnx, inputs));
    }
}
