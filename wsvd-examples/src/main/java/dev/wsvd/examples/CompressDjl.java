package dev.wsvd.examples;

import ai.djl.Model;
import ai.djl.basicmodelzoo.cv.classification.ResNetV1;
import ai.djl.engine.Engine;
import ai.djl.modality.Classifications;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.Block;
import ai.djl.nn.Blocks;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.convolutional.Conv2d;
import ai.djl.nn.core.Linear;
import ai.djl.nn.pooling.Pool;
import ai.djl.nn.recurrent.LSTM;
import ai.djl.training.DefaultTrainingConfig;
import ai.djl.training.EasyTrain;
import ai.djl.training.Trainer;
import ai.djl.training.TrainingConfig;
import ai.djl.training.dataset.Dataset;
import ai.djl.training.loss.Loss;
import ai.djl.training.optimizer.Optimizer;
import ai.djl.training.tracker.Tracker;
import ai.djl.translate.NoBatchifyTranslator;
import ai.djl.translate.TranslateException;
import ai.djl.translate.TranslatorContext;
import dev.wsvd.adapter.djl.DjlAccuracyEvaluator;
import dev.wsvd.adapter.djl.DjlFineTuner;
import dev.wsvd.adapter.djl.DjlFormat;
import dev.wsvd.adapter.djl.DjlModels;
import dev.wsvd.domain.cost.Metric;
import dev.wsvd.domain.spi.Evaluator;
import dev.wsvd.evaluation.ArrayActivations;
import dev.wsvd.evaluation.ArrayDataset;
import dev.wsvd.pipeline.CompressionParameters;
import dev.wsvd.pipeline.ModelCompressor;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.Supplier;

/**
 * Trains three networks on part of Fashion-MNIST, brings their MACs to a half, those of the LSTM also to 0.8, calibrated on unlabelled
 * images, fine-tunes them for an epoch, saves them, and asks the loaded ones what a picture shows. Arguments: folder of Fashion-MNIST's files, output folder.
 */
public final class CompressDjl {
    private static final int TRAINED = 12_000;
    private static final int CALIBRATED = 500;
    private static final int EPOCHS = 3;

    private CompressDjl() {}

    /** What came out, accuracies on the test images. */
    record Outcome(double trained, double compressed, double tuned, double macRatio, Path folder, String shown) {}

    public static void main(String[] args) throws IOException, TranslateException {
        try (NDManager manager = NDManager.newBaseManager()) {
            FashionMnist training = FashionMnist.training(Path.of(args[0]), manager);
            FashionMnist test = FashionMnist.test(Path.of(args[0]), manager);
            print("lenet", run("lenet", CompressDjl::leNet, 0.5, training, test, Path.of(args[1])));
            print("resnet", run("resnet", CompressDjl::resNet, 0.5, training, test, Path.of(args[1])));
            print("lstm", run("lstm", CompressDjl::lstm, 0.8, training, test, Path.of(args[1])));
            print("lstm", run("lstm", CompressDjl::lstm, 0.5, training, test, Path.of(args[1])));
        }
    }

    static Outcome run(
            String name, Supplier<Block> blocks, double budget, FashionMnist training, FashionMnist test, Path output)
            throws IOException, TranslateException {
        Dataset trained = training.samples(0, TRAINED, 64, true);
        // Calibration data: images that were neither trained on nor are reported on, without their labels.
        var unlabelled = ArrayDataset.of(Map.of("", training.pixels(TRAINED, TRAINED + CALIBRATED)));
        DjlAccuracyEvaluator accuracy = DjlAccuracyEvaluator.of(test.samples(0, 10_000, 100, false));

        Engine.getInstance().setRandomSeed(7);
        try (Model model = Model.newInstance(name)) {
            model.setBlock(blocks.get());
            // Slower and slower, so that the statistics of BatchNorm settle.
            Tracker falling = Tracker.cosine()
                    .setBaseValue(0.002f)
                    .optFinalValue(0.0001f)
                    .setMaxUpdates(EPOCHS * TRAINED / 64)
                    .build();
            try (Trainer trainer = model.newTrainer(training(falling))) {
                trainer.initialize(new Shape(1).addAll(FashionMnist.IMAGE));
                EasyTrain.fit(trainer, EPOCHS, trained, null);
            }

            var original = DjlModels.of(model, blocks);
            var calibration = ArrayActivations.of(new DjlFormat(blocks), unlabelled);
            var small = ModelCompressor.of(original)
                    .parameters(CompressionParameters.budget(budget))
                    .calibration(calibration)
                    .correct()
                    .compress();
            var tuned = ModelCompressor.of(original)
                    .parameters(CompressionParameters.plan(small.plan()))
                    .calibration(calibration)
                    .fineTuner(DjlFineTuner.of(() -> training(0.0005f), trained))
                    .compress();

            try (var plain = small.model();
                    var best = tuned.model()) {
                Path folder = output.resolve(name + "-small");
                best.save(folder);
                return new Outcome(
                        accuracy.evaluate(model, Evaluator.ALL).score(),
                        accuracy.evaluate(plain.model(), Evaluator.ALL).score(),
                        accuracy.evaluate(best.model(), Evaluator.ALL).score(),
                        small.stats().ratio(Metric.MAC),
                        folder,
                        show(folder, blocks, test));
            }
        }
    }

    /** Loads a compressed model and asks it what the first test image shows. */
    private static String show(Path folder, Supplier<Block> blocks, FashionMnist test) throws TranslateException {
        try (Model model = DjlModels.load(folder, blocks);
                var predictor = model.newPredictor(new Clothes())) {
            return predictor.predict(test.pixels(0)).best().getClassName();
        }
    }

    /** LeNet with padding: two convolutions and three linear layers. */
    static Block leNet() {
        return new SequentialBlock()
                .add(conv(6))
                .add(Activation::relu)
                .add(Pool.maxPool2dBlock(new Shape(2, 2), new Shape(2, 2)))
                .add(conv(16))
                .add(Activation::relu)
                .add(Pool.maxPool2dBlock(new Shape(2, 2), new Shape(2, 2)))
                .add(Blocks.batchFlattenBlock())
                .add(Linear.builder().setUnits(120).build())
                .add(Activation::relu)
                .add(Linear.builder().setUnits(84).build())
                .add(Activation::relu)
                .add(Linear.builder().setUnits(10).build());
    }

    /** The smallest ResNet of DJL's model zoo: three stages of one residual unit. */
    static Block resNet() {
        return ResNetV1.builder()
                .setImageShape(FashionMnist.IMAGE)
                .setNumLayers(8)
                .setOutSize(10)
                .build();
    }

    /** Two LSTMs, one on the other, that read an image in both directions as seven steps of four rows. */
    static Block lstm() {
        return new SequentialBlock()
                .addSingleton(images -> images.reshape(-1, 7, 112))
                .add(LSTM.builder()
                        .setNumLayers(2)
                        .setStateSize(40)
                        .optBidirectional(true)
                        .optHasBiases(false)
                        .build())
                .addSingleton(sequences -> sequences.mean(new int[] {1}))
                .add(Linear.builder().setUnits(10).build());
    }

    private static Conv2d conv(int filters) {
        return Conv2d.builder()
                .setFilters(filters)
                .setKernelShape(new Shape(5, 5))
                .optPadding(new Shape(2, 2))
                .build();
    }

    private static TrainingConfig training(float learningRate) {
        return training(Tracker.fixed(learningRate));
    }

    private static TrainingConfig training(Tracker learningRate) {
        return new DefaultTrainingConfig(Loss.softmaxCrossEntropyLoss())
                .optOptimizer(
                        Optimizer.adam().optLearningRateTracker(learningRate).build());
    }

    private static void print(String name, Outcome outcome) {
        System.out.printf(
                "%s: MACs %.3f of the original; accuracy %.4f, compressed %.4f, fine-tuned %.4f; the first test image shows: %s%n",
                name, outcome.macRatio(), outcome.trained(), outcome.compressed(), outcome.tuned(), outcome.shown());
    }

    /** Pixels to classes. */
    private static final class Clothes implements NoBatchifyTranslator<float[], Classifications> {
        @Override
        public NDList processInput(TranslatorContext context, float[] pixels) {
            return new NDList(context.getNDManager().create(pixels, new Shape(1).addAll(FashionMnist.IMAGE)));
        }

        @Override
        public Classifications processOutput(TranslatorContext context, NDList list) {
            return new Classifications(
                    FashionMnist.CLASSES, list.singletonOrThrow().squeeze(0).softmax(0));
        }
    }
}
