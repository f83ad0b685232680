package dev.wsvd.adapter.djl;

import static dev.wsvd.adapter.djl.DjlCalibrationTest.model;
import static dev.wsvd.adapter.djl.DjlCalibrationTest.outputs;
import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Model;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.Block;
import ai.djl.nn.Blocks;
import ai.djl.nn.ParallelBlock;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.convolutional.Conv2d;
import ai.djl.nn.norm.BatchNorm;
import ai.djl.nn.pooling.Pool;
import ai.djl.training.DefaultTrainingConfig;
import ai.djl.training.EasyTrain;
import ai.djl.training.Trainer;
import ai.djl.training.TrainingConfig;
import ai.djl.training.dataset.Dataset;
import ai.djl.training.listener.TrainingListenerAdapter;
import ai.djl.training.loss.Loss;
import ai.djl.training.optimizer.Optimizer;
import ai.djl.training.tracker.Tracker;
import dev.wsvd.domain.cost.Metric;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.plan.Choice;
import dev.wsvd.domain.plan.Decision;
import dev.wsvd.domain.plan.Plan;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.Evaluator;
import dev.wsvd.domain.spi.OpenOptions;
import dev.wsvd.domain.tensor.Tensor;
import dev.wsvd.evaluation.ArrayActivations;
import dev.wsvd.evaluation.ArrayDataset;
import dev.wsvd.pipeline.CompressionParameters;
import dev.wsvd.pipeline.CompressionResult;
import dev.wsvd.pipeline.ModelCompressor;
import dev.wsvd.testkit.PredictedErrors;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Channel pruning of DJL's networks by the pipeline: data-free, learnt from inputs, corrected, fine-tuned, saved and opened. */
class DjlPruningTest {
    private static final String PRUNING = "channel-pruning";
    private static final int[] SAMPLE = {3, 8, 8};
    private static final Tensor SEEN = PredictedErrors.inputs(300, 3, SAMPLE);
    private static final Tensor OTHERS = PredictedErrors.inputs(200, 99, SAMPLE);
    private static final DjlFormat FORMAT = new DjlFormat(DjlPruningTest::network);

    @TempDir
    Path folder;

    /** A residual network with a depthwise convolution, without biases before the normalisations. */
    private static Block network() {
        Block residual = new ParallelBlock(
                branches -> new NDList(
                        branches.get(0).singletonOrThrow().add(branches.get(1).singletonOrThrow())),
                List.of(
                        new SequentialBlock()
                                .add(conv(24, 1, 1))
                                .add(BatchNorm.builder().build())
                                .add(Activation.relu6Block())
                                .add(conv(24, 3, 24))
                                .add(Activation.relu6Block())
                                .add(conv(12, 1, 1)),
                        Blocks.identityBlock()));
        return new SequentialBlock()
                .add(conv(12, 3, 1))
                .add(BatchNorm.builder().build())
                .add(Activation::relu)
                .add(residual)
                .add(Activation::relu)
                .add(conv(16, 3, 1))
                .add(Activation::relu)
                .add(Pool.maxPool2dBlock(new Shape(2, 2), new Shape(2, 2)))
                .add(Blocks.batchFlattenBlock())
                .add(Networks.linear(20))
                .add(Activation::relu)
                .add(Networks.linear(10));
    }

    private static Conv2d conv(int filters, int kernel, int groups) {
        return Conv2d.builder()
                .setFilters(filters)
                .setKernelShape(new Shape(kernel, kernel))
                .optPadding(new Shape(kernel / 2, kernel / 2))
                .optGroups(groups)
                .optBias(false)
                .build();
    }

    @Test
    void isBetterWithCalibrationAndBestWithCorrection() {
        try (Model network = model(DjlPruningTest::network, SAMPLE)) {
            CompressibleModel<Model> model = FORMAT.of(network);
            ArrayActivations<Model> calibration = ArrayActivations.of(FORMAT, ArrayDataset.of(Map.of("data0", SEEN)));

            double without = distance(model, compressor -> compressor);
            double with = distance(model, compressor -> compressor.calibration(calibration));
            double corrected = distance(
                    model, compressor -> compressor.calibration(calibration).correct());

            assertThat(with).isLessThan(0.5 * without);
            assertThat(corrected).isLessThan(0.97 * with);
        }
    }

    private static double distance(CompressibleModel<Model> model, UnaryOperator<ModelCompressor<Model>> settings) {
        try (CompressibleModel<Model> small = compressed(model, halves(model), settings)) {
            return PredictedErrors.squaredDistance(outputs(FORMAT, small, OTHERS), outputs(FORMAT, model, OTHERS));
        }
    }

    /** Half of the units of each coupling. */
    private static CompressionParameters halves(CompressibleModel<Model> model) {
        Map<LayerId, Decision> decisions = new LinkedHashMap<>();
        model.couplings()
                .forEach(coupling -> decisions.put(
                        coupling.layer().id(), new Decision.Change(Choice.of(PRUNING, coupling.units() / 2))));
        return CompressionParameters.plan(new Plan(decisions));
    }

    private static CompressibleModel<Model> compressed(
            CompressibleModel<Model> model,
            CompressionParameters parameters,
            UnaryOperator<ModelCompressor<Model>> settings) {
        CompressionResult<Model> result = settings.apply(
                        ModelCompressor.of(model).scheme(PRUNING).parameters(parameters))
                .compress();
        assertThat(result.stats().ratio(Metric.MAC)).isLessThan(0.5);
        assertThat(result.plan().changes()).isNotEmpty().allSatisfy((layer, choice) -> {
            assertThat(choice.form()).isEqualTo(PRUNING);
            assertThat(result.model().stagesOf(layer)).containsExactly(layer);
        });
        assertThat(result.model().layers()).hasSameSizeAs(model.layers());
        return result.model();
    }

    @Test
    void aSavedFolderOpensWithoutTheScheme() {
        Path saved = folder.resolve("small");
        try (Model network = model(DjlPruningTest::network, SAMPLE);
                CompressibleModel<Model> small =
                        compressed(FORMAT.of(network), CompressionParameters.budget(0.5), compressor -> compressor)) {
            small.save(saved);
            try (CompressibleModel<Model> opened = FORMAT.open(saved, OpenOptions.DEFAULT)) {
                assertThat(opened.layers()).isEqualTo(small.layers());
                Tensor expected = outputs(FORMAT, small, OTHERS);
                Tensor found = outputs(FORMAT, opened, OTHERS);
                assertThat(PredictedErrors.squaredDistance(found, expected)).isZero();
            }
        }
    }

    private static Block classifier() {
        return new SequentialBlock()
                .add(Networks.linear(24))
                .add(BatchNorm.builder().build())
                .add(Activation::relu)
                .add(Networks.linear(20))
                .add(Activation::relu)
                .add(Networks.linear(2));
    }

    private static Supplier<TrainingConfig> config(List<Integer> epochs) {
        return () -> new DefaultTrainingConfig(Loss.softmaxCrossEntropyLoss())
                .optOptimizer(Optimizer.adam()
                        .optLearningRateTracker(Tracker.fixed(0.01f))
                        .build())
                .addTrainingListeners(new TrainingListenerAdapter() {
                    @Override
                    public void onEpoch(Trainer trainer) {
                        epochs.add(trainer.getModel().getBlock().getParameters().size());
                    }
                });
    }

    @Test
    void trainingWinsBackWhatCuttingLost() throws Exception {
        List<Integer> epochs = new ArrayList<>();
        Map<LayerId, Decision> decisions = new LinkedHashMap<>();
        decisions.put(new LayerId("06Linear"), new Decision.Change(Choice.of(PRUNING, 3)));
        decisions.put(new LayerId("04Linear"), new Decision.Change(Choice.of(PRUNING, 4)));
        try (NDManager manager = NDManager.newBaseManager();
                Model network = Networks.model(DjlPruningTest::classifier, new Shape(1, 16))) {
            Dataset training = ArraySamples.of(manager, 600, 16, false);
            DjlAccuracyEvaluator evaluator = DjlAccuracyEvaluator.of(training);
            try (Trainer trainer = network.newTrainer(config(epochs).get())) {
                EasyTrain.fit(trainer, 12, training, null);
            }
            epochs.clear();
            CompressibleModel<Model> original = DjlModels.of(network, DjlPruningTest::classifier);
            ModelCompressor<Model> compressor = ModelCompressor.of(original)
                    .scheme(PRUNING)
                    .parameters(CompressionParameters.plan(new Plan(decisions)));
            DjlFineTuner tuner =
                    DjlFineTuner.of(config(epochs), training).epochsPerLayer(1).epochsAtEnd(3);
            try (CompressibleModel<Model> plain = compressor.compress().model();
                    CompressibleModel<Model> tuned =
                            compressor.fineTuner(tuner).compress().model()) {
                double cut = evaluator.evaluate(plain.model(), Evaluator.ALL).score();
                double baseline = evaluator.evaluate(network, Evaluator.ALL).score();
                double trained =
                        evaluator.evaluate(tuned.model(), Evaluator.ALL).score();
                assertThat(baseline).isGreaterThan(0.9);
                assertThat(cut).isLessThan(baseline - 0.02);
                assertThat(trained).isGreaterThan(cut + 0.02);
                assertThat(epochs).hasSize(5);
                assertThat(tuned.layers())
                        .extracting(layer -> layer.weight().toString())
                        .containsExactly("4×16", "3×4", "2×3")
                        .isEqualTo(plain.layers().stream()
                                .map(Layer::weight)
                                .map(Object::toString)
                                .toList());
            }
        }
    }
}
