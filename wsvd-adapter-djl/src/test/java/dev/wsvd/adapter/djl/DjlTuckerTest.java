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
import ai.djl.nn.pooling.Pool;
import dev.wsvd.backend.ejml.EjmlProvider;
import dev.wsvd.domain.cost.Metric;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.linalg.LinearAlgebra;
import dev.wsvd.domain.moments.LayerMoments;
import dev.wsvd.domain.plan.Choice;
import dev.wsvd.domain.plan.Factors;
import dev.wsvd.domain.plan.Plan;
import dev.wsvd.domain.plan.Replacement;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.OpenOptions;
import dev.wsvd.domain.tensor.Tensor;
import dev.wsvd.evaluation.ArrayActivations;
import dev.wsvd.evaluation.ArrayDataset;
import dev.wsvd.factorization.Tucker2;
import dev.wsvd.pipeline.CompressionParameters;
import dev.wsvd.pipeline.CompressionResult;
import dev.wsvd.pipeline.ModelCompressor;
import dev.wsvd.testkit.PredictedErrors;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tucker-2 of DJL's convolutions: three stages, data-free, learnt from inputs and corrected, saved and opened. */
class DjlTuckerTest {
    private static final String TUCKER = "tucker-2";
    private static final LinearAlgebra EJML = new EjmlProvider().create();
    private static final int[] SAMPLE = {3, 8, 8};
    private static final Tensor SEEN = PredictedErrors.inputs(200, 3, SAMPLE);
    private static final Tensor OTHERS = PredictedErrors.inputs(200, 99, SAMPLE);
    private static final DjlFormat FORMAT = new DjlFormat(DjlTuckerTest::network);

    @TempDir
    Path folder;

    private static Block network() {
        return new SequentialBlock()
                .add(Networks.conv(12, 3, 1, 1))
                .add(Activation::relu)
                .add(Networks.conv(16, 3, 1, 1))
                .add(Activation::relu)
                .add(Networks.conv(16, 3, 1, 1))
                .add(Activation::relu)
                .add(Pool.maxPool2dBlock(new Shape(2, 2), new Shape(2, 2)))
                .add(Blocks.batchFlattenBlock())
                .add(Networks.linear(10));
    }

    /** Different strides, paddings and dilations along the two dims, and groups. */
    private static Block single() {
        return new SequentialBlock()
                .add(Conv2d.builder()
                        .setFilters(10)
                        .setKernelShape(new Shape(3, 2))
                        .optStride(new Shape(2, 1))
                        .optDilation(new Shape(1, 3))
                        .optPadding(new Shape(2, 1))
                        .optGroups(2)
                        .build());
    }

    @Test
    void thePredictedErrorIsTheOneTheEngineShows() {
        DjlFormat format = new DjlFormat(DjlTuckerTest::single);
        Tensor inputs = PredictedErrors.inputs(60, 3, 8, 9, 8);
        try (Model network = model(DjlTuckerTest::single, 8, 9, 8)) {
            CompressibleModel<Model> original = format.of(network);
            Layer layer = original.layers().get(0);
            LayerMoments moments = moments(format, original, inputs).get(layer.id());
            Factors factors =
                    new Tucker2().factor(layer, original.weights(layer.id()), Optional.of(moments), ranks(4, 5), EJML);
            Tensor expected = outputs(format, original, inputs);
            for (Choice choice : List.of(ranks(1, 1), ranks(2, 3), ranks(3, 2), ranks(4, 3), ranks(4, 5))) {
                for (Replacement replacement : List.of(factors.at(choice), factors.refined(choice))) {
                    try (CompressibleModel<Model> replaced = original.with(List.of(replacement))) {
                        assertThat(PredictedErrors.relativeError(layer, expected, outputs(format, replaced, inputs)))
                                .as(choice.toString())
                                .isCloseTo(replacement.predictedError(), within(1e-4));
                    }
                }
            }
        }
    }

    private static Choice ranks(int r1, int r2) {
        return new Choice(TUCKER, List.of(r1, r2));
    }

    @Test
    void isBetterWithCalibrationAndBestWithCorrection() {
        try (Model network = model(DjlTuckerTest::network, SAMPLE)) {
            CompressibleModel<Model> model = FORMAT.of(network);
            ArrayActivations<Model> calibration = ArrayActivations.of(FORMAT, ArrayDataset.of(Map.of("data0", SEEN)));

            double without = distance(model, compressor -> compressor);
            double with = distance(model, compressor -> compressor.calibration(calibration));
            Plan plan = ModelCompressor.of(model)
                    .scheme(TUCKER)
                    .parameters(CompressionParameters.budget(0.3))
                    .calibration(calibration)
                    .plan()
                    .plan();
            double corrected = distance(
                    model,
                    compressor -> compressor
                            .parameters(CompressionParameters.plan(plan))
                            .calibration(calibration)
                            .correct());

            assertThat(with).isLessThan(0.5 * without);
            assertThat(corrected).isLessThan(0.97 * with);
        }
    }

    private static double distance(CompressibleModel<Model> model, UnaryOperator<ModelCompressor<Model>> settings) {
        try (CompressibleModel<Model> small = compressed(model, settings)) {
            return PredictedErrors.squaredDistance(outputs(FORMAT, small, OTHERS), outputs(FORMAT, model, OTHERS));
        }
    }

    private static CompressibleModel<Model> compressed(
            CompressibleModel<Model> model, UnaryOperator<ModelCompressor<Model>> settings) {
        CompressionResult<Model> result = settings.apply(
                        ModelCompressor.of(model).scheme(TUCKER).parameters(CompressionParameters.budget(0.3)))
                .compress();
        assertThat(result.stats().ratio(Metric.MAC)).isBetween(0.25, 0.3);
        assertThat(result.plan().changes()).hasSizeGreaterThan(1).allSatisfy((layer, choice) -> {
            assertThat(choice.form()).isEqualTo(TUCKER);
            assertThat(result.model().stagesOf(layer)).hasSize(3);
        });
        return result.model();
    }

    @Test
    void aSavedFolderOpensByItsStagesAlone() {
        Path saved = folder.resolve("small");
        try (Model network = model(DjlTuckerTest::network, SAMPLE);
                CompressibleModel<Model> small = compressed(FORMAT.of(network), compressor -> compressor)) {
            small.save(saved);
            try (CompressibleModel<Model> opened = FORMAT.open(saved, OpenOptions.DEFAULT)) {
                assertThat(opened.layers()).isEqualTo(small.layers());
                Tensor expected = outputs(FORMAT, small, OTHERS);
                Tensor found = outputs(FORMAT, opened, OTHERS);
                assertThat(PredictedErrors.squaredDistance(found, expected)).isZero();
            }
        }
    }
}
