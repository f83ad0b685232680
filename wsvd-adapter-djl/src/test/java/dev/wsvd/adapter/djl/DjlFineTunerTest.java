package dev.wsvd.adapter.djl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Model;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.Block;
import ai.djl.nn.SequentialBlock;
import ai.djl.training.DefaultTrainingConfig;
import ai.djl.training.EasyTrain;
import ai.djl.training.Trainer;
import ai.djl.training.TrainingConfig;
import ai.djl.training.dataset.Dataset;
import ai.djl.training.evaluator.Accuracy;
import ai.djl.training.listener.TrainingListenerAdapter;
import ai.djl.training.loss.Loss;
import ai.djl.training.optimizer.Optimizer;
import ai.djl.training.tracker.Tracker;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.plan.Choice;
import dev.wsvd.domain.plan.Decision;
import dev.wsvd.domain.plan.Plan;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.Evaluator;
import dev.wsvd.domain.spi.ProgressEvent;
import dev.wsvd.pipeline.CompressionParameters;
import dev.wsvd.pipeline.CompressionResult;
import dev.wsvd.pipeline.ModelCompressor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A whole compression with training in between, by the pipeline and its linear algebra. */
class DjlFineTunerTest {
    private static final int FEATURES = 16;

    private final List<String> epochs = new ArrayList<>();
    private NDManager manager;
    private Model model;
    private Dataset training;
    private DjlAccuracyEvaluator evaluator;

    @BeforeEach
    void train() throws Exception {
        manager = NDManager.newBaseManager();
        training = ArraySamples.of(manager, 600, FEATURES, false);
        evaluator = DjlAccuracyEvaluator.of(training);
        model = Networks.model(DjlFineTunerTest::network, new Shape(1, FEATURES));
        try (Trainer trainer = model.newTrainer(config().get())) {
            EasyTrain.fit(trainer, 12, training, null);
        }
        epochs.clear();
    }

    @AfterEach
    void close() {
        model.close();
        manager.close();
    }

    private static Block network() {
        return new SequentialBlock()
                .add(Networks.linear(24))
                .add(Activation::relu)
                .add(Networks.linear(20))
                .add(Activation::relu)
                .add(Networks.linear(2));
    }

    private Supplier<TrainingConfig> config() {
        return () -> new DefaultTrainingConfig(Loss.softmaxCrossEntropyLoss())
                .optOptimizer(Optimizer.adam()
                        .optLearningRateTracker(Tracker.fixed(0.01f))
                        .build())
                .addEvaluator(new Accuracy())
                .addTrainingListeners(new TrainingListenerAdapter() {
                    @Override
                    public void onEpoch(Trainer trainer) {
                        epochs.add(String.join(
                                " ",
                                trainer.getModel().getBlock().getParameters().keys()));
                    }
                });
    }

    @Test
    void trainingWinsBackWhatSplittingLost() {
        float[] before = Networks.run(model, new Shape(3, FEATURES));
        CompressibleModel<Model> original = DjlModels.of(model, DjlFineTunerTest::network);
        double baseline = evaluator.evaluate(model, Evaluator.ALL).score();
        try (CompressibleModel<Model> plain = compress(original, null).model();
                CompressibleModel<Model> tuned = compress(
                                original, DjlFineTuner.of(config(), training).epochsAtEnd(3))
                        .model()) {
            double split = evaluator.evaluate(plain.model(), Evaluator.ALL).score();
            assertThat(baseline).isGreaterThan(0.9);
            assertThat(split).isLessThan(baseline);
            assertThat(evaluator.evaluate(tuned.model(), Evaluator.ALL).score()).isGreaterThan(split);
            assertThat(epochs).hasSize(3).allMatch(keys -> keys.contains("01Linear_01Linear_weight"));
            assertThat(tuned.layers())
                    .extracting(Layer::weight)
                    .isEqualTo(plain.layers().stream().map(Layer::weight).toList());
        }
        assertThat(Networks.run(model, new Shape(3, FEATURES))).isEqualTo(before);
    }

    @Test
    void everyLayerIsFollowedByItsEpochs() {
        CompressibleModel<Model> original = DjlModels.of(model, DjlFineTunerTest::network);
        Set<String> events = new LinkedHashSet<>();
        CompressionResult<Model> result = ModelCompressor.of(original)
                .parameters(rankThree())
                .fineTuner(DjlFineTuner.of(config(), training).epochsPerLayer(2).epochsAtEnd(1))
                .listener(event -> {
                    if (event instanceof ProgressEvent.Advanced step && step.stage() == ProgressEvent.Stage.FINE_TUNE) {
                        events.add(step.name());
                    }
                })
                .compress();
        try (CompressibleModel<Model> tuned = result.model()) {
            assertThat(epochs.stream()
                            .map(keys -> Arrays.stream(keys.split(" "))
                                    .filter(k -> k.contains("Linear_01"))
                                    .count()))
                    .containsExactly(1L, 1L, 2L, 2L, 2L);
            assertThat(events).containsExactly("01Linear", "03Linear", "the whole model");
            assertThat(tuned.layers()).hasSize(5);
        }
    }

    @Test
    void everyCandidateIsClosedWhenItIsScored() {
        CompressibleModel<Model> original = DjlModels.of(model, DjlFineTunerTest::network);
        List<Model> scored = new ArrayList<>();
        CompressionResult<Model> result = ModelCompressor.of(original)
                .parameters(CompressionParameters.greedy(0.5))
                .evaluator(
                        (candidate, samples) -> {
                            scored.add(candidate);
                            return evaluator.evaluate(candidate, samples);
                        },
                        Evaluator.ALL)
                .fineTuner(DjlFineTuner.of(config(), training).epochsPerLayer(1))
                .compress();
        try (CompressibleModel<Model> compressed = result.model()) {
            assertThat(scored).hasSizeGreaterThan(10).startsWith(model).endsWith(compressed.model());
            assertThat(scored)
                    .filteredOn(candidate -> candidate.getNDManager().isOpen())
                    .containsExactly(model, compressed.model());
        }
    }

    @Test
    void whatIsFrozenIsNotTrained() {
        model.getBlock()
                .freezeParameters(
                        true,
                        p -> Objects.equals(p, model.getBlock().getParameters().get("05Linear_weight")));
        CompressibleModel<Model> original = DjlModels.of(model, DjlFineTunerTest::network);
        float[] last = original.weights(original.layers().get(2).id()).all();
        float[] first = original.weights(original.layers().get(0).id()).all();
        try (CompressibleModel<Model> copy = original.with(List.of())) {
            DjlFineTuner.of(config(), training).tuneModel(copy);
            assertThat(copy.weights(original.layers().get(2).id()).all()).isEqualTo(last);
            assertThat(copy.weights(original.layers().get(0).id()).all()).isNotEqualTo(first);
        }
        assertThat(original.weights(original.layers().get(0).id()).all()).isEqualTo(first);
    }

    @Test
    void aPlanThatSplitsNothingStillTrainsACopy() {
        CompressibleModel<Model> original = DjlModels.of(model, DjlFineTunerTest::network);
        float[] first = original.weights(original.layers().get(0).id()).all();
        try (CompressibleModel<Model> tuned = ModelCompressor.of(original)
                .parameters(CompressionParameters.plan(Plan.NONE))
                .fineTuner(DjlFineTuner.of(config(), training))
                .compress()
                .model()) {
            assertThat(tuned.model()).isNotSameAs(model);
            assertThat(epochs).hasSize(1);
            assertThat(original.weights(original.layers().get(0).id()).all()).isEqualTo(first);
        }
    }

    @Test
    void negativeEpochsAreRefused() {
        assertThatThrownBy(() -> DjlFineTuner.of(config(), training).epochsPerLayer(-1))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("Epochs must be at least 0, found -1.");
    }

    private CompressionResult<Model> compress(CompressibleModel<Model> original, DjlFineTuner tuner) {
        ModelCompressor<Model> compressor = ModelCompressor.of(original).parameters(rankThree());
        return (tuner == null ? compressor : compressor.fineTuner(tuner)).compress();
    }

    private static Decision rank(int rank) {
        return new Decision.Change(Choice.of("input-channel", rank));
    }

    private static CompressionParameters rankThree() {
        return CompressionParameters.plan(
                new Plan(Map.of(new LayerId("01Linear"), rank(3), new LayerId("03Linear"), rank(3))));
    }
}
