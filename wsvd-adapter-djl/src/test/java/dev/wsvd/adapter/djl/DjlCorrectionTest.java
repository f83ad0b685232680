package dev.wsvd.adapter.djl;

import static dev.wsvd.adapter.djl.DjlCalibrationTest.model;
import static dev.wsvd.adapter.djl.DjlCalibrationTest.moments;
import static dev.wsvd.adapter.djl.DjlCalibrationTest.outputs;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Model;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.Block;
import ai.djl.nn.Blocks;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.convolutional.Conv2d;
import ai.djl.nn.norm.BatchNorm;
import ai.djl.nn.pooling.Pool;
import dev.wsvd.backend.ejml.EjmlProvider;
import dev.wsvd.calibration.JointStatistics;
import dev.wsvd.calibration.Lockstep;
import dev.wsvd.calibration.OutputErrors;
import dev.wsvd.domain.cost.Metric;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.linalg.LinearAlgebra;
import dev.wsvd.domain.moments.LayerMoments;
import dev.wsvd.domain.moments.Projection;
import dev.wsvd.domain.plan.Choice;
import dev.wsvd.domain.plan.Replacement;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.tensor.Tensor;
import dev.wsvd.evaluation.ArrayActivations;
import dev.wsvd.evaluation.ArrayDataset;
import dev.wsvd.factorization.Projections;
import dev.wsvd.factorization.SequentialCorrection;
import dev.wsvd.factorization.WeightSvd;
import dev.wsvd.pipeline.CompressionParameters;
import dev.wsvd.pipeline.CompressionResult;
import dev.wsvd.pipeline.ModelCompressor;
import dev.wsvd.testkit.PredictedErrors;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/** What calibration is worth: distances of the outputs from the original's, on inputs that nothing was learnt from. */
class DjlCorrectionTest {
    private static final LinearAlgebra EJML = new EjmlProvider().create();

    /** Layers where what one misses reaches the next. */
    private static Block chain() {
        return new SequentialBlock()
                .add(Networks.linear(12))
                .add(Activation::relu)
                .add(Networks.linear(12))
                .add(Activation::relu)
                .add(Networks.linear(12));
    }

    /** LeNet as one would build it today, without biases before the normalisation. */
    private static Block leNet() {
        return new SequentialBlock()
                .add(conv(6))
                .add(BatchNorm.builder().build())
                .add(Activation::relu)
                .add(Pool.maxPool2dBlock(new Shape(2, 2), new Shape(2, 2)))
                .add(conv(16))
                .add(BatchNorm.builder().build())
                .add(Activation::relu)
                .add(Pool.maxPool2dBlock(new Shape(2, 2), new Shape(2, 2)))
                .add(Blocks.batchFlattenBlock())
                .add(Networks.linear(40))
                .add(Activation::relu)
                .add(Networks.linear(24))
                .add(Activation::relu)
                .add(Networks.linear(10));
    }

    private static Block conv(int filters) {
        return Conv2d.builder()
                .setFilters(filters)
                .setKernelShape(new Shape(5, 5))
                .optPadding(new Shape(2, 2))
                .optBias(false)
                .build();
    }

    @Test
    void aCorrectedLayerMakesUpForTheOneBefore() {
        Tensor seen = PredictedErrors.inputs(2_000, 3, 12);
        Tensor others = PredictedErrors.inputs(500, 99, 12);
        DjlFormat format = new DjlFormat(DjlCorrectionTest::chain);
        try (Model network = model(DjlCorrectionTest::chain, 12)) {
            CompressibleModel<Model> model = format.of(network);
            Map<LayerId, LayerMoments> moments = moments(format, model, seen);
            Replacement before = split(model, model.layers().get(0), moments, 2);
            Layer last = model.layers().get(2);
            Replacement split = split(model, last, moments, 8);

            Replacement corrected;
            try (CompressibleModel<Model> soFar = model.with(List.of(before));
                    Lockstep<Model> lockstep =
                            new Lockstep<>(calibration(format, seen), network, List.of(last), EJML)) {
                Projection projection = Projections.of(split, EJML).orElseThrow();
                JointStatistics joint =
                        lockstep.at(soFar.model(), last, projection).orElseThrow();
                corrected = new SequentialCorrection(EJML)
                        .correct(split, model.weights(last.id()), joint.learnt(), joint.heldOut());
            }

            assertThat(distance(format, model, model.with(List.of(before, corrected)), others))
                    .isLessThan(0.95 * distance(format, model, model.with(List.of(before, split)), others));
        }
    }

    private static Replacement split(
            CompressibleModel<Model> model, Layer layer, Map<LayerId, LayerMoments> moments, int rank) {
        Choice choice = Choice.of("input-channel", rank);
        return new WeightSvd()
                .factor(layer, model.weights(layer.id()), Optional.of(moments.get(layer.id())), choice, EJML)
                .at(choice);
    }

    @Test
    void whatBecameOfALayersOutputIsWhatTheNetworkShows() {
        Tensor seen = PredictedErrors.inputs(200, 3, 12);
        DjlFormat format = new DjlFormat(DjlCorrectionTest::chain);
        try (Model network = model(DjlCorrectionTest::chain, 12)) {
            CompressibleModel<Model> model = format.of(network);
            Map<LayerId, LayerMoments> moments = moments(format, model, seen);
            Replacement first = split(model, model.layers().get(0), moments, 4);
            Replacement last = split(model, model.layers().get(2), moments, 6);
            try (CompressibleModel<Model> split = model.with(List.of(first, last))) {
                Map<LayerId, Double> errors = OutputErrors.of(calibration(format, seen), model, split, List.of());

                assertThat(errors)
                        .containsOnlyKeys(first.layer().id(), last.layer().id());
                assertThat(errors.get(first.layer().id())).isCloseTo(first.predictedError(), within(1e-4));
                assertThat(errors.get(last.layer().id()))
                        .isCloseTo(
                                PredictedErrors.relativeError(
                                        last.layer(), outputs(format, model, seen), outputs(format, split, seen)),
                                within(1e-6))
                        .isGreaterThan(1.05 * last.predictedError());
            }
        }
    }

    @Test
    void aBudgetIsSpentBetterWithCalibrationAndBestWithCorrection() {
        Tensor seen = PredictedErrors.inputs(300, 3, 1, 12, 12);
        Tensor others = PredictedErrors.inputs(200, 99, 1, 12, 12);
        DjlFormat format = new DjlFormat(DjlCorrectionTest::leNet);
        try (Model network = model(DjlCorrectionTest::leNet, 1, 12, 12)) {
            CompressibleModel<Model> model = format.of(network);
            ArrayActivations<Model> calibration = calibration(format, seen);

            double without = distance(format, model, half(model, compressor -> compressor), others);
            double with = distance(format, model, half(model, c -> c.calibration(calibration)), others);
            double corrected = distance(
                    format, model, half(model, c -> c.calibration(calibration).correct()), others);

            assertThat(with).isLessThan(0.8 * without);
            assertThat(corrected).isLessThan(0.9 * with);
        }
    }

    private static CompressibleModel<Model> half(
            CompressibleModel<Model> model, UnaryOperator<ModelCompressor<Model>> settings) {
        CompressionResult<Model> half = settings.apply(ModelCompressor.of(model)
                        .scheme("weight-svd,spatial-svd")
                        .parameters(CompressionParameters.budget(0.5)))
                .compress();
        assertThat(half.stats().ratio(Metric.MAC)).isBetween(0.3, 0.5);
        return half.model();
    }

    private static ArrayActivations<Model> calibration(DjlFormat format, Tensor seen) {
        return ArrayActivations.of(format, ArrayDataset.of(Map.of("data0", seen)));
    }

    private static double distance(
            DjlFormat format, CompressibleModel<Model> original, CompressibleModel<Model> split, Tensor inputs) {
        try (split) {
            return PredictedErrors.squaredDistance(outputs(format, split, inputs), outputs(format, original, inputs));
        }
    }
}
