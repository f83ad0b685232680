package dev.wsvd.adapter.onnx;

import static dev.wsvd.adapter.onnx.CalibrationTest.moments;
import static dev.wsvd.adapter.onnx.CalibrationTest.outputs;
import static dev.wsvd.adapter.onnx.ModelBuilder.attribute;
import static org.assertj.core.api.Assertions.assertThat;

import dev.wsvd.backend.ejml.EjmlProvider;
import dev.wsvd.calibration.JointStatistics;
import dev.wsvd.calibration.Projection;
import dev.wsvd.domain.Layer;
import dev.wsvd.domain.LayerId;
import dev.wsvd.domain.Unfolding;
import dev.wsvd.domain.factor.FactorizedLayer;
import dev.wsvd.domain.factor.Factorizer;
import dev.wsvd.domain.factor.LayerMoments;
import dev.wsvd.domain.factor.SequentialCorrection;
import dev.wsvd.domain.linalg.LinearAlgebra;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.OpenOptions;
import dev.wsvd.domain.tensor.Tensor;
import dev.wsvd.evaluation.ArrayActivations;
import dev.wsvd.evaluation.ArrayDataset;
import dev.wsvd.testkit.PredictedErrors;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A chain of layers with an activation between them, where what one misses reaches the next. */
class CorrectionTest {
    private static final OnnxFormat FORMAT = new OnnxFormat();
    private static final LinearAlgebra EJML = new EjmlProvider().create();

    private static CompressibleModel<OnnxModel> chain(float alpha) {
        ModelBuilder builder = new ModelBuilder().input("x", "N", 12).output("y");
        String from = "x";
        for (int i = 0; i < 3; i++) {
            builder.weight("w" + i, 12, 12).weight("b" + i, 12);
            String to = i == 2 ? "y" : "h" + i;
            builder.node("Gemm", "fc" + i, List.of(from, "w" + i, "b" + i), to, attribute("alpha", alpha));
            from = "r" + i;
            builder.node("Relu", from, List.of(to), from);
        }
        return FORMAT.of(builder.build(), "chain", OpenOptions.DEFAULT);
    }

    @Test
    void aCorrectedLayerMakesUpForTheOneBeforeOnOtherInputsToo() {
        CompressibleModel<OnnxModel> model = chain(1);
        Map<String, Tensor> seen = Map.of("x", PredictedErrors.inputs(2_000, 3, 12));
        Map<LayerId, LayerMoments> moments = moments(model, seen);
        Layer first = model.layers().get(0);
        Layer last = model.layers().get(2);
        Factorizer factorizer = new Factorizer(EJML);
        FactorizedLayer before = factorizer
                .factor(first, model.weight(first.id()), moments.get(first.id()), Unfolding.INPUT_CHANNEL, 12)
                .at(2);
        FactorizedLayer split = factorizer
                .factor(last, model.weight(last.id()), moments.get(last.id()), Unfolding.INPUT_CHANNEL, 12)
                .at(8);

        JointStatistics joint =
                joint(model, model.with(List.of(before)), split, seen).orElseThrow();
        FactorizedLayer corrected =
                new SequentialCorrection(EJML).correct(split, model.weight(last.id()), joint.learnt(), joint.heldOut());

        assertThat(distanceOnOthers(model, List.of(before, corrected)))
                .isLessThan(0.95 * distanceOnOthers(model, List.of(before, split)));
    }

    @ParameterizedTest
    @EnumSource(Unfolding.class)
    void convolutionsAreCorrectedTapByTapAndGroupByGroup(Unfolding unfolding) {
        CompressibleModel<OnnxModel> model = FORMAT.of(
                new ModelBuilder()
                        .input("x", "N", 4, 9, 8)
                        .weight("v", 8, 4, 1, 1)
                        .node("Conv", "before", List.of("x", "v"), "h")
                        .node("Relu", "relu", List.of("h"), "r")
                        .weight("w", 6, 4, 3, 2)
                        .weight("b", 6)
                        .node(
                                "Conv",
                                "layer",
                                List.of("r", "w", "b"),
                                "y",
                                attribute("group", 2),
                                attribute("strides", List.of(2L, 1L)),
                                attribute("pads", List.of(1L, 0L, 0L, 1L)))
                        .output("y")
                        .build(),
                "convolutions",
                OpenOptions.DEFAULT);
        Map<String, Tensor> seen = Map.of("x", PredictedErrors.inputs(300, 3, 4, 9, 8));
        Map<LayerId, LayerMoments> moments = moments(model, seen);
        Layer first = model.layers().get(0);
        Layer last = model.layers().get(1);
        Factorizer factorizer = new Factorizer(EJML);
        FactorizedLayer before = factorizer
                .factor(first, model.weight(first.id()), moments.get(first.id()), Unfolding.OUTPUT_CHANNEL, 4)
                .at(3);
        FactorizedLayer split = factorizer
                .factor(last, model.weight(last.id()), moments.get(last.id()), unfolding, 3)
                .at(3);

        JointStatistics joint =
                joint(model, model.with(List.of(before)), split, seen).orElseThrow();
        FactorizedLayer corrected =
                new SequentialCorrection(EJML).correct(split, model.weight(last.id()), joint.learnt(), joint.heldOut());

        Tensor expected = outputs(model, seen);
        double fitted = distance(model, before, corrected, seen, expected);
        assertThat(fitted).isLessThan(distance(model, before, split, seen, expected));
        // A least squares fit is a minimum: whatever else its second weights are, they miss more.
        Random random = new Random(1);
        for (int i = 0; i < 20; i++) {
            float[] second = corrected.second().clone();
            for (int k = 0; k < second.length; k++) {
                second[k] += (float) (0.1 * random.nextGaussian() * corrected.second()[k]);
            }
            FactorizedLayer other = new FactorizedLayer(
                    last, corrected.split(), corrected.first(), second, corrected.shift(), corrected.error());
            assertThat(distance(model, before, other, seen, expected)).isGreaterThan(fitted);
        }
    }

    @Test
    void aLayerThatAddsWhatTheInputsGiveIsNotCorrected() {
        CompressibleModel<OnnxModel> model = FORMAT.of(
                new ModelBuilder()
                        .input("x", "N", 12)
                        .weight("w", 12, 12)
                        .node("Relu", "relu", List.of("x"), "c")
                        .node("Gemm", "fc", List.of("x", "w", "c"), "y")
                        .output("y")
                        .build(),
                "residual",
                OpenOptions.DEFAULT);
        Map<String, Tensor> seen = Map.of("x", PredictedErrors.inputs(60, 3, 12));
        Layer layer = model.layers().get(0);
        assertThat(joint(model, model, FullRank.split(model, layer, Unfolding.INPUT_CHANNEL, 4), seen))
                .isEmpty();
        assertThat(moments(model, seen)).containsKey(layer.id());
    }

    private static Optional<JointStatistics> joint(
            CompressibleModel<OnnxModel> original,
            CompressibleModel<OnnxModel> now,
            FactorizedLayer split,
            Map<String, Tensor> inputs) {
        return JointStatistics.of(
                ArrayActivations.of(FORMAT, ArrayDataset.of(inputs)),
                original.model(),
                now.model(),
                split.layer(),
                Projection.of(split),
                EJML);
    }

    private static double distance(
            CompressibleModel<OnnxModel> model,
            FactorizedLayer before,
            FactorizedLayer layer,
            Map<String, Tensor> inputs,
            Tensor expected) {
        return PredictedErrors.squaredDistance(outputs(model.with(List.of(before, layer)), inputs), expected);
    }

    @Test
    void aLayerWhoseOutputIsScaledIsNotCorrected() {
        CompressibleModel<OnnxModel> model = chain(2);
        Map<String, Tensor> seen = Map.of("x", PredictedErrors.inputs(60, 3, 12));
        assertThat(joint(model, model, FullRank.split(model, model.layers().get(0), Unfolding.INPUT_CHANNEL, 4), seen))
                .isEmpty();
    }

    private static double distanceOnOthers(CompressibleModel<OnnxModel> model, List<FactorizedLayer> splits) {
        Map<String, Tensor> others = Map.of("x", PredictedErrors.inputs(500, 99, 12));
        return PredictedErrors.squaredDistance(outputs(model.with(splits), others), outputs(model, others));
    }
}
