package dev.wsvd.adapter.djl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Model;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.nn.SequentialBlock;
import ai.djl.training.ParameterStore;
import ai.djl.training.dataset.ArrayDataset;
import ai.djl.training.dataset.Batch;
import ai.djl.training.dataset.Dataset;
import ai.djl.training.evaluator.TopKAccuracy;
import ai.djl.training.loss.Loss;
import ai.djl.translate.Batchifier;
import ai.djl.util.Progress;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.spi.Evaluator;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Scores against those counted by hand. */
class DjlAccuracyEvaluatorTest {
    private static final int SAMPLES = 250;

    private NDManager manager;
    private Model model;

    @BeforeEach
    void open() {
        manager = NDManager.newBaseManager();
        model = Networks.model(DjlAccuracyEvaluatorTest::network, new Shape(1, 8));
    }

    @AfterEach
    void close() {
        model.close();
        manager.close();
    }

    private static Block network() {
        return new SequentialBlock().add(Networks.linear(6)).add(Networks.linear(2));
    }

    @Test
    void accuracyIsTheShareOfRightAnswers() throws Exception {
        ArrayDataset data = ArraySamples.of(manager, SAMPLES, 8, false);
        assertThat(DjlAccuracyEvaluator.of(data).evaluate(model, Evaluator.ALL).score())
                .isEqualTo(counted(data, SAMPLES), within(1e-7));
    }

    @Test
    void anIterationIsASampleAndABatchIsUsedWhole() throws Exception {
        ArrayDataset data = ArraySamples.of(manager, SAMPLES, 8, false);
        DjlAccuracyEvaluator evaluator = DjlAccuracyEvaluator.of(data).batchSize(40);
        assertThat(evaluator.evaluate(model, 60).score()).isEqualTo(counted(data, 80), within(1e-7));
        assertThat(evaluator.identity(60).orElseThrow().samples()).isEqualTo(80);
    }

    @Test
    void theOwnShufflingOfADatasetChangesNothing() {
        DjlAccuracyEvaluator ordered = DjlAccuracyEvaluator.of(ArraySamples.of(manager, SAMPLES, 8, false));
        DjlAccuracyEvaluator shuffled = DjlAccuracyEvaluator.of(ArraySamples.of(manager, SAMPLES, 8, true));
        assertThat(shuffled.evaluate(model, 100).score())
                .isEqualTo(ordered.evaluate(model, 100).score());
        assertThat(shuffled.evaluate(model, Evaluator.ALL).score())
                .isEqualTo(ordered.evaluate(model, Evaluator.ALL).score());
        assertThat(shuffled.identity(100)).isEqualTo(ordered.identity(100));
        assertThat(shuffled.identity(100)).isNotEqualTo(shuffled.identity(200));
        assertThat(shuffled.identity(100).orElseThrow().name()).isEqualTo("Accuracy");
    }

    @Test
    void otherMetricsAndLosses() {
        ArrayDataset data = ArraySamples.of(manager, SAMPLES, 8, false);
        assertThat(DjlAccuracyEvaluator.of(data, () -> new TopKAccuracy(2))
                        .evaluate(model, Evaluator.ALL)
                        .score())
                .isEqualTo(1);
        assertThat(DjlAccuracyEvaluator.of(data, Loss::softmaxCrossEntropyLoss)
                        .evaluate(model, Evaluator.ALL)
                        .score())
                .as("a loss counts as its negative")
                .isNegative();
    }

    @Test
    void anyDatasetThatGivesBatches() {
        Dataset three = new Dataset() {
            @Override
            public Iterable<Batch> getData(NDManager owner) {
                List<Batch> batches = new ArrayList<>();
                for (int i = 0; i < 3; i++) {
                    batches.add(new Batch(
                            owner.newSubManager(),
                            new NDList(owner.ones(new Shape(10, 8))),
                            new NDList(owner.zeros(new Shape(10))),
                            10,
                            Batchifier.STACK,
                            Batchifier.STACK,
                            i,
                            3));
                }
                return batches;
            }

            @Override
            public void prepare(Progress progress) {}
        };
        assertThat(DjlAccuracyEvaluator.of(three).identity(25).orElseThrow().samples())
                .isEqualTo(30);
        assertThat(DjlAccuracyEvaluator.of(three).evaluate(model, 25).score()).isIn(0.0, 1.0);
    }

    @Test
    void noSamplesAreRefused() {
        ArrayDataset none = new ArrayDataset.Builder()
                .setData(manager.zeros(new Shape(0, 8)))
                .optLabels(manager.zeros(new Shape(0)))
                .setSampling(10, false)
                .build();
        assertThatThrownBy(
                        () -> DjlAccuracyEvaluator.of(none).evaluate(model, 10).score())
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("The dataset to score on has no samples.");
        assertThatThrownBy(() -> DjlAccuracyEvaluator.of(none).batchSize(0))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("A batch needs at least 1 sample, found 0.");
    }

    private double counted(ArrayDataset data, int samples) throws Exception {
        long right = 0;
        for (int i = 0; i < samples; i++) {
            try (NDManager each = manager.newSubManager()) {
                var sample = data.get(each, i);
                NDArray output = model.getBlock()
                        .forward(
                                new ParameterStore(each, false),
                                new NDList(sample.getData().singletonOrThrow().expandDims(0)),
                                false)
                        .singletonOrThrow();
                long label = sample.getLabels().singletonOrThrow().getLong();
                right += output.argMax(1).getLong(0) == label ? 1 : 0;
            }
        }
        return (double) right / samples;
    }
}
