package dev.wsvd.adapter.djl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Model;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import ai.djl.nn.SequentialBlock;
import ai.djl.training.DefaultTrainingConfig;
import ai.djl.training.EasyTrain;
import ai.djl.training.Trainer;
import ai.djl.training.TrainingConfig;
import ai.djl.training.dataset.Dataset;
import ai.djl.training.loss.Loss;
import ai.djl.training.optimizer.Optimizer;
import ai.djl.training.tracker.Tracker;
import dev.wsvd.adapter.djl.internal.block.ParameterArrays;
import dev.wsvd.backend.ejml.EjmlProvider;
import dev.wsvd.domain.cost.Metric;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.linalg.LinearAlgebra;
import dev.wsvd.domain.moments.LayerMoments;
import dev.wsvd.domain.plan.Choice;
import dev.wsvd.domain.plan.Decision;
import dev.wsvd.domain.plan.Plan;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.Evaluator;
import dev.wsvd.domain.spi.OpenOptions;
import dev.wsvd.domain.spi.Probe;
import dev.wsvd.domain.tensor.Tensor;
import dev.wsvd.evaluation.ArrayActivations;
import dev.wsvd.evaluation.ArrayDataset;
import dev.wsvd.pipeline.CompressionParameters;
import dev.wsvd.pipeline.CompressionResult;
import dev.wsvd.pipeline.ModelCompressor;
import dev.wsvd.testkit.PredictedErrors;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What the input weights of recurrent blocks see and give, what that is worth, and training with them split. */
class RecurrentCalibrationTest {
    private static final LinearAlgebra EJML = new EjmlProvider().create();
    private static final int STEPS = 4;
    private static final int INPUTS = 6;

    @TempDir
    Path folder;

    static Stream<RecurrentNet> nets() {
        return RecurrentNet.all().stream()
                .filter(net -> net.layers() == 2 && !net.states())
                .filter(net -> List.of("LSTM", "tanh RNN").contains(net.kind()));
    }

    /** A block given sequences with the samples first, whatever it takes. */
    private static Supplier<Block> blocks(RecurrentNet net) {
        return () -> net.samplesFirst()
                ? net.block()
                : new SequentialBlock()
                        .add(RecurrentCalibrationTest::swapped)
                        .add(net.block())
                        .add(RecurrentCalibrationTest::swapped);
    }

    private static NDList swapped(NDList list) {
        return new NDList(list.head().swapAxes(0, 1));
    }

    @ParameterizedTest
    @MethodSource("nets")
    void thePredictedErrorIsTheOneTheEngineShows(RecurrentNet net) {
        Supplier<Block> blocks = blocks(net);
        DjlFormat format = new DjlFormat(blocks);
        Tensor inputs = PredictedErrors.inputs(60, 3, STEPS, INPUTS);
        try (Model model = DjlCalibrationTest.model(blocks, STEPS, INPUTS)) {
            CompressibleModel<Model> original = format.of(model);
            Map<LayerId, LayerMoments> moments = DjlCalibrationTest.moments(format, original, inputs);
            List<Layer> layers =
                    original.layers().stream().filter(Layer::supported).toList();
            assertThat(layers).hasSize(2);
            for (Layer layer : layers) {
                PredictedErrors.assertShown(
                        original,
                        layer,
                        moments.get(layer.id()),
                        EJML,
                        split -> DjlCalibrationTest.given(format, split, layer, inputs));
            }
        }
    }

    @ParameterizedTest
    @MethodSource("nets")
    void theSamplesComeFirstAndTheOutputIsTheSumThatGoesIntoTheGates(RecurrentNet net) {
        Supplier<Block> blocks = blocks(net);
        DjlFormat format = new DjlFormat(blocks);
        Tensor inputs = PredictedErrors.inputs(3, 3, STEPS, INPUTS);
        try (Model model = DjlCalibrationTest.model(blocks, STEPS, INPUTS)) {
            CompressibleModel<Model> original = format.of(model);
            LayerId first = original.layers().get(0).id();
            float[] weight = original.weights(first).all();
            float[] bias = original.bias(first).orElseGet(() -> new float[weight.length / INPUTS]);
            assertThat(original.bias(first).isPresent()).isEqualTo(net.bias());
            try (Probe probe = format.probe(model, List.of(first))) {
                Map<String, Tensor> seen = probe.predictor().run(Map.of("data0", inputs));
                Tensor input = seen.get(probe.inputs().get(first));
                Tensor output = seen.get(probe.outputs().get(first));
                assertThat(input.shape()).containsExactly(3L, (long) STEPS, (long) INPUTS);
                assertThat(output.shape()).containsExactly(3L, (long) STEPS, (long) bias.length);
                for (int position = 0; position < 3 * STEPS; position++) {
                    for (int row = 0; row < bias.length; row++) {
                        double sum = bias[row];
                        for (int i = 0; i < INPUTS; i++) {
                            sum += weight[row * INPUTS + i] * inputs.getDouble(position * INPUTS + i);
                        }
                        assertThat(output.getDouble(position * bias.length + row))
                                .isCloseTo(sum, within(1e-4));
                    }
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("nets")
    void aBudgetIsSpentBetterWithCalibrationAndBestWithCorrection(RecurrentNet net) {
        Supplier<Block> blocks = () -> new SequentialBlock()
                .add(blocks(net).get())
                .add(Networks.linear(8))
                .add(Activation::tanh)
                .add(Networks.linear(8));
        DjlFormat format = new DjlFormat(blocks);
        Tensor seen = PredictedErrors.inputs(400, 3, STEPS, INPUTS);
        Tensor others = PredictedErrors.inputs(200, 99, STEPS, INPUTS);
        try (Model network = DjlCalibrationTest.model(blocks, STEPS, INPUTS)) {
            CompressibleModel<Model> model = format.of(network);
            ArrayActivations<Model> calibration = ArrayActivations.of(format, ArrayDataset.of(Map.of("data0", seen)));
            Plan plan = new Plan(Map.of(
                    model.layers().get(0).id(), rank(2), model.layers().get(2).id(), rank(3)));

            double without = distance(format, model, split(model, plan, c -> c), others);
            double with = distance(format, model, split(model, plan, c -> c.calibration(calibration)), others);
            CompressionResult<Model> best =
                    split(model, plan, c -> c.calibration(calibration).correct());
            best.model().save(folder.resolve("best"));
            double corrected = distance(format, model, best, others);

            assertThat(with).isLessThan(without);
            assertThat(corrected).isLessThan(with);
            try (CompressibleModel<Model> loaded = format.open(folder.resolve("best"), OpenOptions.DEFAULT)) {
                assertThat(PredictedErrors.squaredDistance(
                                DjlCalibrationTest.outputs(format, loaded, others),
                                DjlCalibrationTest.outputs(format, model, others)))
                        .isCloseTo(corrected, within(1e-4 * corrected));
            }
        }
    }

    private static Decision rank(int rank) {
        return new Decision.Change(Choice.of("input-channel", rank));
    }

    private static CompressionResult<Model> split(
            CompressibleModel<Model> model, Plan plan, UnaryOperator<ModelCompressor<Model>> settings) {
        CompressionResult<Model> split = settings.apply(
                        ModelCompressor.of(model).parameters(CompressionParameters.plan(plan)))
                .compress();
        assertThat(split.stats().ratio(Metric.MAC)).isLessThan(1);
        return split;
    }

    private static double distance(
            DjlFormat format, CompressibleModel<Model> original, CompressionResult<Model> split, Tensor inputs) {
        try (CompressibleModel<Model> model = split.model()) {
            return PredictedErrors.squaredDistance(
                    DjlCalibrationTest.outputs(format, model, inputs),
                    DjlCalibrationTest.outputs(format, original, inputs));
        }
    }

    @Test
    void trainingMovesTheStagesAndWinsBackWhatSplittingLost() throws Exception {
        Supplier<Block> blocks = RecurrentCalibrationTest::classifier;
        try (NDManager manager = NDManager.newBaseManager();
                Model model = Networks.model(blocks, new Shape(1, 16))) {
            Dataset training = ArraySamples.of(manager, 600, 16, false);
            DjlAccuracyEvaluator accuracy = DjlAccuracyEvaluator.of(training);
            try (Trainer trainer = model.newTrainer(config())) {
                EasyTrain.fit(trainer, 12, training, null);
            }
            CompressibleModel<Model> original = DjlModels.of(model, blocks);
            CompressionParameters plan = CompressionParameters.plan(
                    new Plan(Map.of(new LayerId("02LSTM"), rank(1), new LayerId("02LSTM_1"), rank(1))));
            try (CompressibleModel<Model> plain = ModelCompressor.of(original)
                            .parameters(plan)
                            .compress()
                            .model();
                    CompressibleModel<Model> tuned = ModelCompressor.of(original)
                            .parameters(plan)
                            .fineTuner(DjlFineTuner.of(RecurrentCalibrationTest::config, training)
                                    .epochsAtEnd(6))
                            .compress()
                            .model()) {
                double split = accuracy.evaluate(plain.model(), Evaluator.ALL).score();
                assertThat(accuracy.evaluate(model, Evaluator.ALL).score()).isGreaterThan(0.9);
                assertThat(accuracy.evaluate(tuned.model(), Evaluator.ALL).score())
                        .isGreaterThan(split);
                plain.model()
                        .getBlock()
                        .getParameters()
                        .forEach(parameter -> assertThat(values(
                                        tuned.model().getBlock().getParameters().get(parameter.getKey())))
                                .as(parameter.getKey())
                                .isNotEqualTo(values(parameter.getValue())));
            }
        }
    }

    private static float[] values(Parameter parameter) {
        return ParameterArrays.read(parameter.getArray());
    }

    /** Four steps of four features. */
    private static Block classifier() {
        return new SequentialBlock()
                .addSingleton(features -> features.reshape(-1, 4, 4))
                .add(new RecurrentNet("LSTM", 2, false, true, true, false).block())
                .addSingleton(RecurrentCalibrationTest::lastStep)
                .add(Networks.linear(2));
    }

    private static NDArray lastStep(NDArray sequence) {
        return sequence.get(":, -1");
    }

    private static TrainingConfig config() {
        return new DefaultTrainingConfig(Loss.softmaxCrossEntropyLoss())
                .optOptimizer(Optimizer.adam()
                        .optLearningRateTracker(Tracker.fixed(0.02f))
                        .build());
    }
}
