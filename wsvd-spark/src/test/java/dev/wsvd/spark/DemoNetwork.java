package dev.wsvd.spark;

import dev.wsvd.adapter.onnx.OnnxFormat;
import dev.wsvd.adapter.onnx.OnnxModel;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.Evaluator;
import dev.wsvd.domain.spi.OpenOptions;
import dev.wsvd.evaluation.AccuracyEvaluator;
import dev.wsvd.evaluation.ArrayActivations;
import dev.wsvd.evaluation.ArrayDataset;
import dev.wsvd.evaluation.FidelityEvaluator;
import dev.wsvd.pipeline.CompressionParameters;
import dev.wsvd.pipeline.ModelCompressor;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.Consumer;
import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaSparkContext;

/** The demo's network and some of its images, and compressors of it. */
final class DemoNetwork {
    private static final Path DEMO = Path.of("..", "demo");
    private static final OnnxFormat ONNX = new OnnxFormat();
    private static final int SCORED = 40;
    private static final int CALIBRATED = 64;

    private DemoNetwork() {}

    /** Each task is tried up to three times. Kryo knows no records. */
    static JavaSparkContext spark() {
        return new JavaSparkContext(new SparkConf()
                .setMaster("local[2,3]")
                .setAppName("wsvd")
                .set("spark.serializer", "org.apache.spark.serializer.KryoSerializer"));
    }

    /** Those that are there after a while: jobs are cancelled by another thread of Spark. */
    static int[] activeJobs(JavaSparkContext spark) throws InterruptedException {
        for (int tries = 0; tries < 1000 && spark.statusTracker().getActiveJobIds().length > 0; tries++) {
            Thread.sleep(10);
        }
        return spark.statusTracker().getActiveJobIds();
    }

    static Path folder() {
        return DEMO;
    }

    static SharedFiles shared(JavaSparkContext spark) {
        return SharedFiles.of(
                spark,
                Map.of(
                        "fashion-resnet.onnx", DEMO.resolve("fashion-resnet.onnx"),
                        "test-images.npz", DEMO.resolve("test-images.npz"),
                        "test-labels.npy", DEMO.resolve("test-labels.npy"),
                        "calibration-images.npz", DEMO.resolve("calibration-images.npz")));
    }

    static CompressibleModel<OnnxModel> open(Path folder) {
        return ONNX.open(folder.resolve("fashion-resnet.onnx"), OpenOptions.DEFAULT);
    }

    /** Scored by accuracy. */
    static ModelCompressor<OnnxModel> byAccuracy(
            Path folder, CompressionParameters parameters, Consumer<AutoCloseable> closed) {
        CompressibleModel<OnnxModel> model = open(folder);
        closed.accept(model);
        Evaluator<OnnxModel> accuracy = AccuracyEvaluator.of(
                ONNX::predictor,
                ArrayDataset.load(folder.resolve("test-images.npz"), folder.resolve("test-labels.npy"))
                        .limit(SCORED));
        return ModelCompressor.of(model).parameters(parameters).evaluator(accuracy, Evaluator.ALL);
    }

    /** Neither calibrated nor scored. */
    static ModelCompressor<OnnxModel> byWeights(
            Path folder, CompressionParameters parameters, Consumer<AutoCloseable> closed) {
        CompressibleModel<OnnxModel> model = open(folder);
        closed.accept(model);
        return ModelCompressor.of(model).parameters(parameters);
    }

    /** Scored by fidelity, which is no round number. */
    static ModelCompressor<OnnxModel> byFidelity(
            Path folder, CompressionParameters parameters, Consumer<AutoCloseable> closed) {
        CompressibleModel<OnnxModel> model = open(folder);
        closed.accept(model);
        ArrayDataset images =
                ArrayDataset.load(folder.resolve("test-images.npz")).limit(SCORED);
        return ModelCompressor.of(model)
                .parameters(parameters)
                .evaluator(FidelityEvaluator.of(ONNX::predictor, model.model(), images), Evaluator.ALL);
    }

    static ArrayActivations<OnnxModel> inputs(Path folder) {
        return ArrayActivations.of(
                ONNX,
                ArrayDataset.load(folder.resolve("calibration-images.npz")).limit(CALIBRATED));
    }

    /** Two batches, the last of which is not full. */
    static ArrayActivations<OnnxModel> moreInputs(Path folder) {
        return ArrayActivations.of(
                ONNX,
                ArrayDataset.load(folder.resolve("calibration-images.npz")).limit(130));
    }

    /** Only calibrated, by four full batches. */
    static ModelCompressor<OnnxModel> inBatches(Path folder, Consumer<AutoCloseable> closed) {
        CompressibleModel<OnnxModel> model = open(folder);
        closed.accept(model);
        return ModelCompressor.of(model)
                .calibration(ArrayActivations.of(
                        ONNX,
                        ArrayDataset.load(folder.resolve("calibration-images.npz"))
                                .limit(400)));
    }
}
