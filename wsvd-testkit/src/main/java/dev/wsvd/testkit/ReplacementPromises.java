package dev.wsvd.testkit;

import static dev.wsvd.testkit.Refusals.assertRefused;
import static dev.wsvd.testkit.Replacements.fullRank;
import static dev.wsvd.testkit.Replacements.truncated;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.layer.Affine;
import dev.wsvd.domain.layer.Convolution;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.layer.Op;
import dev.wsvd.domain.layer.Weights;
import dev.wsvd.domain.plan.Replacement;
import dev.wsvd.domain.plan.Stage;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.tensor.Tensor;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

/** What {@link CompressibleModel#with} gives. */
interface ReplacementPromises<M> extends FormatPromises<M> {
    /** Of a product or two more in float32. */
    double TOLERANCE = 1e-4;

    private CompressibleModel<M> with(CompressibleModel<M> model, List<Replacement> replacements) {
        return underTest().with(model, replacements);
    }

    private Map<String, Tensor> run(CompressibleModel<M> model) {
        return underTest().run(model);
    }

    /** A replacement for what a format may not have. */
    private static Replacement of(LayerId id, Op op) {
        Layer layer = Layer.of(id, op, List.of(), List.of());
        float[] zeros = new float[(int) op.weight().elements()];
        return ExactFactors.of(layer, Weights.of(op.weight(), zeros), ExactForm.OUTPUT_CHANNEL);
    }

    @Test
    default void aReplacementOfAnUnknownLayerIsRefused() {
        CompressibleModel<M> model = underTest().open();
        assertRefused(
                InvalidInputException.class,
                "replacing a layer that is not there",
                () -> model.with(List.of(of(new LayerId("no such layer"), Affine.of(4, 3)))),
                "'no such layer'");
        List<Replacement> replacements = truncated(model, ExactForm.INPUT_CHANNEL, 1);
        CompressibleModel<M> replaced = with(model, replacements);
        for (Replacement again : replacements) {
            LayerId id = again.layer().id();
            assertRefused(
                    InvalidInputException.class,
                    "replacing layer '" + id + "', which has been replaced before,",
                    () -> replaced.with(List.of(again)),
                    id.name());
        }
    }

    @Test
    default void aReplacementOfAnUnsupportedLayerIsRefused() {
        CompressibleModel<M> model = underTest().open();
        for (Layer layer : model.layers()) {
            if (!layer.supported()) {
                Weights zeros = Weights.of(
                        layer.weight(), new float[(int) layer.weight().elements()]);
                assertRefused(
                        InvalidInputException.class,
                        "replacing layer '" + layer.id() + "', which is not supported",
                        () -> model.with(List.of(ExactFactors.of(layer, zeros, ExactForm.OUTPUT_CHANNEL))),
                        layer.id().name(),
                        layer.unsupportedReason().get());
            }
        }
    }

    @Test
    default void aReplacementOfAnotherModelsLayerIsRefused() {
        CompressibleModel<M> model = underTest().open();
        for (Layer layer : underTest().supported(model)) {
            assertUnfit(model, layer.id(), Affine.of(7, 13));
            if (layer.op() instanceof Convolution conv) {
                List<Integer> stride = conv.stride().stream().map(s -> s + 1).toList();
                assertUnfit(model, layer.id(), new Convolution(conv.weight(), conv.groups(), stride));
            }
        }
    }

    private static void assertUnfit(CompressibleModel<?> model, LayerId id, Op other) {
        assertRefused(
                InvalidInputException.class,
                "replacing layer '" + id + "' by stages for another layer, " + other + ",",
                () -> model.with(List.of(of(id, other))),
                id.name());
    }

    @Test
    default void aLayerIsReplacedOnceAtATime() {
        CompressibleModel<M> model = underTest().open();
        Replacement good = fullRank(model, underTest().supported(model).get(0), ExactForm.OUTPUT_CHANNEL);
        LayerId id = good.layer().id();
        assertRefused(
                InvalidInputException.class,
                "replacing layer '" + id + "' twice at once",
                () -> model.with(List.of(good, good)),
                id.name());
    }

    @Test
    default void replacingLeavesTheOriginalAsItWas() {
        CompressibleModel<M> model = underTest().open();
        List<Layer> layers = model.layers();
        Map<LayerId, float[]> weights = new HashMap<>();
        underTest()
                .supported(model)
                .forEach(layer ->
                        weights.put(layer.id(), model.weights(layer.id()).all()));
        Map<String, Tensor> before = run(model);
        CompressibleModel<M> replaced = with(model, Replacements.corrected(model));
        run(replaced);
        assertEquals(layers, model.layers(), "the original's layers after they were replaced");
        weights.forEach((id, weight) -> assertArrayEquals(
                weight, model.weights(id).all(), () -> "the original's weight of '" + id + "' after it was replaced"));
        ModelRuns.assertSame("the original after its layers were replaced", before, run(model), 0);
        assertNotEquals(
                model.identity(), replaced.identity(), "the identities of the original and of what replaced it");
        assertEquals(
                model.identity(),
                underTest().open().identity(),
                "the original's identity after its layers were replaced");
    }

    /** They may be in a file that is gone then. */
    @Test
    default void weightsAreReadBeforeWithReturns() {
        CompressibleModel<M> model = underTest().open();
        List<Replacement> replacements = Replacements.corrected(model);
        AtomicBoolean returned = new AtomicBoolean();
        CompressibleModel<M> replaced = with(
                model,
                replacements.stream()
                        .map(one -> Replacements.readableUntil(returned, one))
                        .toList());
        returned.set(true);

        ModelRuns.assertSame(
                "a model whose weights cannot be read again", run(with(model, replacements)), run(replaced), 0);
    }

    @Test
    default void theWeightsStayTheCallers() {
        CompressibleModel<M> model = underTest().open();
        List<Replacement> replacements = Replacements.corrected(model);
        List<float[]> arrays = new ArrayList<>();
        for (Replacement one : replacements) {
            one.parts().forEach(stage -> arrays.add(stage.weights().all()));
            arrays.add(Replacements.last(one).biasCorrection().orElseThrow());
        }
        List<float[]> before = arrays.stream().map(float[]::clone).toList();
        CompressibleModel<M> replaced = with(model, replacements);
        Map<String, Tensor> expected = run(replaced);
        for (int i = 0; i < arrays.size(); i++) {
            LayerId layer = replacements.get(i / 3).layer().id();
            assertArrayEquals(before.get(i), arrays.get(i), () -> "the caller's weights for layer '" + layer + "'");
            arrays.get(i)[0] += 1;
        }
        ModelRuns.assertSame("the new model after the caller changed its arrays", expected, run(replaced), 0);
    }

    @Test
    default void atFullRankTheModelComputesWhatItDid() {
        CompressibleModel<M> model = underTest().open();
        Map<String, Tensor> expected = run(model);
        for (ExactForm form : ExactForm.values()) {
            List<Replacement> all = fullRank(model, form);
            for (Replacement one : all) {
                String what = "layer '" + one.layer().id() + "' replaced, " + form + " at full rank";
                ModelRuns.assertSame(what, expected, run(with(model, List.of(one))), TOLERANCE);
            }
            String what = "all layers replaced, " + form + " at full rank";
            ModelRuns.assertSame(what, expected, run(with(model, all)), TOLERANCE);
        }
    }

    @Test
    default void theStagesAreLayersWithTheirWeights() {
        CompressibleModel<M> model = underTest().open();
        for (ExactForm form : ExactForm.values()) {
            List<Replacement> replacements = truncated(model, form, 1).stream()
                    .map(one -> Replacements.scaled(one, 1.25f))
                    .toList();
            CompressibleModel<M> replaced = with(model, replacements);
            run(replaced);
            LayerPromises.assertUniqueNames(replaced);
            for (Replacement one : replacements) {
                assertStages(
                        one, replaced, underTest().stages(replaced, one.layer().id()));
            }
        }
    }

    private static <M> void assertStages(Replacement replacement, CompressibleModel<M> model, List<Layer> found) {
        Layer layer = replacement.layer();
        String of = " of layer '" + layer.id() + "' replaced by " + replacement.choice();
        List<Stage> stages = replacement.parts();
        assertEquals(stages.size(), found.size(), () -> "stages" + of + ": " + found);
        List<Long> seen = layer.inputShape();
        for (int i = 0; i < found.size(); i++) {
            Stage expected = stages.get(i);
            Layer stage = found.get(i);
            String what = "stage " + (i + 1) + of + ", " + stage;
            assertTrue(
                    stage.id().name().contains(layer.id().name()),
                    () -> "The name of a stage" + of + " should hold the layer's, found '" + stage.id() + "'.");
            assertEquals(expected.op(), stage.op(), () -> "op of " + what);
            assertEquals(seen, stage.inputShape(), () -> "input of " + what);
            assertArrayEquals(
                    expected.weights().all(), model.weights(stage.id()).all(), 1e-3f, () -> "weight of " + what);
            seen = stage.outputShape();
        }
        assertEquals(layer.outputShape(), seen, () -> "output of the last stage" + of);
    }

    @Test
    default void aStageCanBeReplaced() {
        CompressibleModel<M> model = underTest().open();
        Map<String, Tensor> expected = run(model);
        CompressibleModel<M> once = with(model, fullRank(model, ExactForm.OUTPUT_CHANNEL));
        CompressibleModel<M> twice = with(once, fullRank(once, ExactForm.INPUT_CHANNEL));
        LayerPromises.assertUniqueNames(twice);
        ModelRuns.assertSame("all layers replaced twice at full rank", expected, run(twice), TOLERANCE);
    }

    @Test
    default void theSameReplacementsGiveTheSameModelInAnyOrder() {
        CompressibleModel<M> model = underTest().open();
        String expected = with(model, truncated(model, ExactForm.INPUT_CHANNEL, 1))
                .identity()
                .sha256();
        CompressibleModel<M> again = underTest().open();
        List<Replacement> backwards = new ArrayList<>(truncated(again, ExactForm.INPUT_CHANNEL, 1));
        Collections.reverse(backwards);
        assertEquals(
                expected,
                with(again, backwards).identity().sha256(),
                "the digest of the model with the same replacements, given in reverse order");
    }

    @Test
    default void aReplacementOfSeveralLayersReplacesEach() {
        CompressibleModel<M> model = underTest().open();
        List<Replacement> each = truncated(model, ExactForm.INPUT_CHANNEL, 1);
        Map<Layer, List<Stage>> stages = new LinkedHashMap<>();
        each.forEach(one -> stages.putAll(one.stages()));
        Replacement together = new Replacement(each.get(0).choice(), stages, 1);
        assertEquals(
                with(model, each).identity().sha256(),
                with(model, List.of(together)).identity().sha256(),
                "the digest of the model with one replacement of several layers, and with one for each");
    }

    @Test
    default void replacingNothingGivesAHandleOfItsOwn() {
        CompressibleModel<M> model = underTest().open();
        Map<String, Tensor> expected = run(model);
        CompressibleModel<M> copy = model.with(List.of());
        assertNotSame(model, copy, "with() of no layers should give another handle, as closing that closes no other");
        assertEquals(model.identity(), copy.identity(), "the identity of a copy");
        assertEquals(model.layers(), copy.layers(), "the layers of a copy");
        ModelRuns.assertSame("a copy of the model", expected, run(copy), 0);
        copy.close();
        copy.close();
        ModelRuns.assertSame("the original after a copy was closed", expected, run(model), 0);
    }

    @Test
    default void closingOneModelLeavesTheOthers() {
        CompressibleModel<M> model = underTest().open();
        Map<String, Tensor> expected = run(model);
        List<Replacement> replacements = Replacements.corrected(model);
        model.with(replacements).close();
        ModelRuns.assertSame("the original after a model made from it was closed", expected, run(model), 0);
        CompressibleModel<M> replaced = with(model, replacements);
        CompressibleModel<M> copy = with(model, List.of());
        Map<String, Tensor> small = run(replaced);
        model.close();
        ModelRuns.assertSame("a model made from the original after that was closed", small, run(replaced), 0);
        ModelRuns.assertSame("a copy after the original was closed", expected, run(copy), 0);
    }

    @Test
    default void closingAWorkersModelClosesNoOther() {
        CompressibleModel<M> model = underTest().open();
        Map<String, Tensor> expected = run(model);
        CompressibleModel<M> worker = model.forWorker(0, 1);
        ModelRuns.assertSame("the model of a worker", expected, run(worker), TOLERANCE);
        List<Replacement> replacements = truncated(model, ExactForm.INPUT_CHANNEL, 1);
        CompressibleModel<M> replaced = with(worker, replacements);
        Map<String, Tensor> small = run(replaced);

        worker.close();
        worker.close();

        ModelRuns.assertSame("the original after a worker's model was closed", expected, run(model), 0);
        ModelRuns.assertSame("a model made from a worker's after that was closed", small, run(replaced), 0);
    }
}
