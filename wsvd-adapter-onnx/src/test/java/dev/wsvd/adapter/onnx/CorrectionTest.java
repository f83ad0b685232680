package dev.wsvd.adapter.onnx;

import static dev.wsvd.adapter.onnx.CalibrationTest.moments;
import static dev.wsvd.adapter.onnx.CalibrationTest.outputs;
import static dev.wsvd.adapter.onnx.ModelBuilder.attribute;
import static org.assertj.core.api.Assertions.assertThat;

import ai.onnx.proto.OnnxMl.AttributeProto;
import dev.wsvd.backend.ejml.EjmlProvider;
import dev.wsvd.calibration.JointStatistics;
import dev.wsvd.calibration.Lockstep;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.layer.Weights;
import dev.wsvd.domain.linalg.LinearAlgebra;
import dev.wsvd.domain.moments.LayerMoments;
import dev.wsvd.domain.plan.Choice;
import dev.wsvd.domain.plan.Replacement;
import dev.wsvd.domain.plan.Stage;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.OpenOptions;
import dev.wsvd.domain.tensor.Tensor;
import dev.wsvd.evaluation.ArrayActivations;
import dev.wsvd.evaluation.ArrayDataset;
import dev.wsvd.factorization.CanonicalPolyadic;
import dev.wsvd.factorization.Projections;
import dev.wsvd.factorization.SequentialCorrection;
import dev.wsvd.testkit.PredictedErrors;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.function.BiFunction;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

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
        Replacement before = split(model, first, moments, Choice.of("input-channel", 2));
        Replacement split = split(model, last, moments, Choice.of("input-channel", 8));

        JointStatistics joint =
                joint(model, model.with(List.of(before)), split, seen).orElseThrow();
        Replacement corrected = new SequentialCorrection(EJML)
                .correct(split, model.weights(last.id()), joint.learnt(), joint.heldOut());

        assertThat(distanceOnOthers(model, List.of(before, corrected)))
                .isLessThan(0.95 * distanceOnOthers(model, List.of(before, split)));
    }

    static Stream<Choice> choices() {
        return Stream.of(
                Choice.of("input-channel", 3),
                Choice.of("output-channel", 3),
                Choice.of("spatial", 3),
                new Choice("tucker-2", List.of(2, 2)));
    }

    @ParameterizedTest
    @MethodSource("choices")
    void convolutionsAreCorrectedTapByTapAndGroupByGroup(Choice choice) {
        assertCorrected(choice, "Conv", 6, 4);
    }

    @ParameterizedTest
    @MethodSource("choices")
    void soAreTransposedConvolutions(Choice choice) {
        assertCorrected(choice, "ConvTranspose", 8, 3);
    }

    @Test
    void soIsAKernelPerChannelBetweenTwoStages() {
        CanonicalPolyadic cp = new CanonicalPolyadic();
        CompressibleModel<OnnxModel> model = convolutions("Conv", List.of(), 6, 8);
        assertCorrected(
                model,
                (layer, moments) -> cp.factor(
                                layer, model.weights(layer.id()), Optional.of(moments), Choice.of("cp", 5), EJML)
                        .at(Choice.of("cp", 5)));
    }

    private static void assertCorrected(Choice choice, String op, long... dims) {
        CompressibleModel<OnnxModel> model =
                convolutions(op, List.of(attribute("group", 2), attribute("strides", List.of(2L, 1L))), dims);
        assertCorrected(model, (layer, moments) -> split(model, layer, Map.of(layer.id(), moments), choice));
    }

    /** @param dims the first two of the weight */
    private static CompressibleModel<OnnxModel> convolutions(String op, List<AttributeProto> attributes, long... dims) {
        List<AttributeProto> all = new ArrayList<>(attributes);
        all.add(attribute("pads", List.of(1L, 0L, 0L, 1L)));
        return FORMAT.of(
                new ModelBuilder()
                        .input("x", "N", 4, 9, 8)
                        .weight("v", 8, 4, 1, 1)
                        .node("Conv", "before", List.of("x", "v"), "h")
                        .node("Relu", "relu", List.of("h"), "r")
                        .weight("w", dims[0], dims[1], 3, 2)
                        .weight("b", 6)
                        .node(op, "layer", List.of("r", "w", "b"), "y", all.toArray(AttributeProto[]::new))
                        .output("y")
                        .build(),
                "convolutions",
                OpenOptions.DEFAULT);
    }

    private static void assertCorrected(
            CompressibleModel<OnnxModel> model, BiFunction<Layer, LayerMoments, Replacement> splits) {
        Map<String, Tensor> seen = Map.of("x", PredictedErrors.inputs(300, 3, 4, 9, 8));
        Map<LayerId, LayerMoments> moments = moments(model, seen);
        Layer first = model.layers().get(0);
        Layer last = model.layers().get(1);
        Replacement before = split(model, first, moments, Choice.of("output-channel", 3));
        Replacement split = splits.apply(last, moments.get(last.id()));

        JointStatistics joint =
                joint(model, model.with(List.of(before)), split, seen).orElseThrow();
        Replacement corrected = new SequentialCorrection(EJML)
                .correct(split, model.weights(last.id()), joint.learnt(), joint.heldOut());

        Tensor expected = outputs(model, seen);
        double fitted = distance(model, before, corrected, seen, expected);
        assertThat(fitted).isLessThan(distance(model, before, split, seen, expected));
        // A least squares fit is a minimum: whatever else its last weights are, they miss more.
        Random random = new Random(1);
        for (int i = 0; i < 20; i++) {
            assertThat(distance(model, before, disturbed(corrected, random), seen, expected))
                    .isGreaterThan(fitted);
        }
    }

    private static Replacement disturbed(Replacement replacement, Random random) {
        List<Stage> stages = new ArrayList<>(replacement.parts());
        Stage last = stages.remove(stages.size() - 1);
        float[] values = last.weights().all().clone();
        for (int k = 0; k < values.length; k++) {
            values[k] += (float) (0.1 * random.nextGaussian() * values[k]);
        }
        stages.add(new Stage(last.op(), Weights.of(last.op().weight(), values), last.biasCorrection()));
        return Replacement.of(replacement.layer(), replacement.choice(), stages, replacement.predictedError());
    }

    private static Replacement split(
            CompressibleModel<OnnxModel> model, Layer layer, Map<LayerId, LayerMoments> moments, Choice choice) {
        return FullRank.factors(model, layer, Optional.of(moments.get(layer.id())), choice)
                .at(choice);
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
        assertThat(joint(model, model, FullRank.split(model, layer, "input-channel", 4), seen))
                .isEmpty();
        assertThat(moments(model, seen)).containsKey(layer.id());
    }

    private static Optional<JointStatistics> joint(
            CompressibleModel<OnnxModel> original,
            CompressibleModel<OnnxModel> now,
            Replacement split,
            Map<String, Tensor> inputs) {
        try (Lockstep<OnnxModel> lockstep = new Lockstep<>(
                ArrayActivations.of(FORMAT, ArrayDataset.of(inputs)), original.model(), List.of(split.layer()), EJML)) {
            return lockstep.at(
                    now.model(), split.layer(), Projections.of(split, EJML).orElseThrow());
        }
    }

    private static double distance(
            CompressibleModel<OnnxModel> model,
            Replacement before,
            Replacement layer,
            Map<String, Tensor> inputs,
            Tensor expected) {
        return PredictedErrors.squaredDistance(outputs(model.with(List.of(before, layer)), inputs), expected);
    }

    @Test
    void aLayerWhoseOutputIsScaledIsNotCorrected() {
        CompressibleModel<OnnxModel> model = chain(2);
        Map<String, Tensor> seen = Map.of("x", PredictedErrors.inputs(60, 3, 12));
        assertThat(joint(model, model, FullRank.split(model, model.layers().get(0), "input-channel", 4), seen))
                .isEmpty();
    }

    private static double distanceOnOthers(CompressibleModel<OnnxModel> model, List<Replacement> splits) {
        Map<String, Tensor> others = Map.of("x", PredictedErrors.inputs(500, 99, 12));
        return PredictedErrors.squaredDistance(outputs(model.with(splits), others), outputs(model, others));
    }
}
