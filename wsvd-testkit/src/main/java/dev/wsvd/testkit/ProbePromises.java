package dev.wsvd.testkit;

import static dev.wsvd.testkit.Refusals.assertRefused;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.plan.Replacement;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.Probe;
import dev.wsvd.domain.tensor.Tensor;
import dev.wsvd.domain.tensor.TensorInfo;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** What probes show of layers. */
interface ProbePromises<M> extends FormatPromises<M> {
    /** The example, if its layers can be watched; a format without a probe has to say so. */
    private CompressibleModel<M> watchable() {
        CompressibleModel<M> model = underTest().open();
        if (underTest().lacks(FormatFeature.PROBE)) {
            List<LayerId> layers = model.layers().stream().map(Layer::id).toList();
            assertRefused(
                    InvalidInputException.class,
                    "probing the example, as the format lacks a probe",
                    () -> underTest().format().probe(model.model(), layers).close(),
                    "'" + underTest().format().id() + "'");
        }
        underTest().require(FormatFeature.PROBE);
        return model;
    }

    private WatchedRun watch(CompressibleModel<M> model) {
        return WatchedRun.of(underTest(), model);
    }

    @Test
    default void supportedLayersAreWatched() {
        CompressibleModel<M> model = watchable();
        WatchedRun run = watch(model);
        for (Layer layer : underTest().supported(model)) {
            run.seen(layer);
            run.given(layer);
        }
    }

    @Test
    default void onlyLayersAskedForAreWatched() {
        CompressibleModel<M> model = watchable();
        LayerId asked = underTest().supported(model).get(1).id();
        List<LayerId> layers = List.of(asked, new LayerId("no such layer"));
        try (Probe probe = underTest().format().probe(model.model(), layers)) {
            assertEquals(Set.of(asked), probe.inputs().keySet(), "layers whose input is shown, one of " + layers);
            assertEquals(Set.of(asked), probe.outputs().keySet(), "layers whose output is shown, one of " + layers);
            Set<String> announced =
                    probe.predictor().outputs().stream().map(TensorInfo::name).collect(Collectors.toSet());
            assertTrue(
                    announced.containsAll(probe.inputs().values())
                            && announced.containsAll(probe.outputs().values()),
                    () -> "The probe's predictor announces the outputs " + announced + ", but it shows "
                            + probe.inputs() + " and " + probe.outputs());
        }
    }

    @Test
    default void aLayerGivesWhatItsWeightMakesOfWhatItSees() {
        CompressibleModel<M> model = watchable();
        assertProducts(model);
        for (ExactForm form : ExactForm.values()) {
            assertProducts(underTest().with(model, Replacements.fullRank(model, form)));
        }
        assertProducts(underTest().reopened(underTest().with(model, Replacements.corrected(model))));
    }

    private void assertProducts(CompressibleModel<M> model) {
        WatchedRun run = watch(model);
        underTest()
                .supported(model)
                .forEach(layer -> run.bias(layer, model.weights(layer.id()).all()));
    }

    /** Where one is missing, nothing is known of what becomes of biases. */
    @Test
    default void theExampleHasALayerWithABias() {
        CompressibleModel<M> model = watchable();
        underTest().requireShown(FormatFeature.BIAS, hasBias(model, true));
    }

    @Test
    default void theExampleHasALayerWithoutABias() {
        CompressibleModel<M> model = watchable();
        underTest().requireShown(FormatFeature.NO_BIAS, hasBias(model, false));
    }

    private boolean hasBias(CompressibleModel<M> model, boolean some) {
        WatchedRun run = watch(model);
        return underTest().supported(model).stream()
                .map(layer -> run.bias(layer, model.weights(layer.id()).all()))
                .anyMatch(bias -> some == Arrays.stream(bias).anyMatch(b -> Math.abs(b) > 1e-3));
    }

    @Test
    default void sizesAreThoseThatTheProbeShows() {
        CompressibleModel<M> model = watchable();
        WatchedRun run = watch(model);
        for (Layer layer : underTest().supported(model)) {
            assertEquals(
                    ofOneSample(layer.inputShape()),
                    ofOneSample(run.seen(layer).shape()),
                    () -> "dims after the batch of what layer '" + layer.id() + "' sees, declared and shown");
            assertEquals(
                    ofOneSample(layer.outputShape()),
                    ofOneSample(run.given(layer).shape()),
                    () -> "dims after the batch of what layer '" + layer.id() + "' gives, declared and shown");
        }
    }

    private static List<Long> ofOneSample(List<Long> shape) {
        return shape.subList(1, shape.size());
    }

    @Test
    default void tensorsKeepTheirNamesAndValuesWhenLayersAreReplaced() {
        CompressibleModel<M> model = watchable();
        WatchedRun before = watch(model);
        for (ExactForm form : ExactForm.values()) {
            List<Replacement> all = Replacements.fullRank(model, form);
            for (Replacement one : all) {
                assertKept(model, before, List.of(one), UnaryOperator.identity(), form + " at full rank");
            }
            assertKept(model, before, all, UnaryOperator.identity(), form + " at full rank");
        }
    }

    @Test
    default void tensorsKeepTheirNamesAndValuesWhenSaved() {
        CompressibleModel<M> model = watchable();
        WatchedRun before = watch(model);
        List<Replacement> all = Replacements.fullRank(model, ExactForm.INPUT_CHANNEL);
        String how = "saved and opened again";
        assertKept(model, before, List.of(), underTest()::reopened, how);
        for (Replacement one : all) {
            assertKept(model, before, List.of(one), underTest()::reopened, how);
        }
        assertKept(model, before, all, underTest()::reopened, how);
    }

    /** What a layer, or the first stage in its place, sees, and what it or the last stage gives. */
    private void assertKept(
            CompressibleModel<M> model,
            WatchedRun before,
            List<Replacement> replacements,
            UnaryOperator<CompressibleModel<M>> then,
            String how) {
        CompressibleModel<M> after = underTest().with(model, replacements);
        WatchedRun run = watch(then.apply(after));
        Set<LayerId> replaced =
                replacements.stream().map(one -> one.layer().id()).collect(Collectors.toSet());
        for (Layer layer : underTest().supported(model)) {
            List<Layer> stages = underTest().stages(after, layer.id());
            Layer sees = stages.get(0);
            Layer gives = stages.get(stages.size() - 1);
            String what = "'" + layer.id() + "', " + (replaced.isEmpty() ? "no layer" : "the layers " + replaced)
                    + " being replaced, " + how;
            assertKept("the input of " + what, before.seen(layer), run.seen(sees));
            assertKept("the output of " + what, before.given(layer), run.given(gives));
            assertEquals(
                    before.outputs().get(layer.id()),
                    run.outputs().get(gives.id()),
                    () -> "name of the tensor that is the output of " + what);
            if (!replaced.contains(layer.id())) {
                assertEquals(
                        before.inputs().get(layer.id()),
                        run.inputs().get(layer.id()),
                        () -> "name of the tensor that is the input of " + what);
            }
        }
    }

    private static void assertKept(String what, Tensor before, Tensor after) {
        ModelRuns.assertSame(
                what, Map.of("of the probe", before), Map.of("of the probe", after), ReplacementPromises.TOLERANCE);
    }

    @Test
    default void aBiasCorrectionMovesWhatALayerGivesByJustThat() {
        CompressibleModel<M> model = watchable();
        WatchedRun before = watch(model);
        for (Layer layer : underTest().supported(model)) {
            Replacement exact = Replacements.fullRank(model, layer, ExactForm.INPUT_CHANNEL);
            CompressibleModel<M> replaced =
                    underTest().with(model, List.of(Replacements.corrected(exact, Replacements.correction(layer, 1))));
            assertMoved(layer, before, underTest().lastStage(replaced, layer), watch(replaced));
        }
    }

    private static void assertMoved(Layer layer, WatchedRun before, Layer last, WatchedRun after) {
        float[] correction = Replacements.correction(layer, 1);
        Tensor was = before.given(layer);
        Tensor is = after.given(last);
        float[] expected = new float[(int) was.elements()];
        for (int i = 0; i < expected.length; i++) {
            expected[i] = (float) (was.getDouble(i) + correction[LayerReference.channel(layer, was.shape(), i)]);
        }
        ModelRuns.assertSame(
                "the probe for layer '" + layer.id() + "', its bias corrected by " + Arrays.toString(correction),
                Map.of(last.id().name(), Tensor.ofFloats(was.shape(), expected)),
                Map.of(last.id().name(), is),
                ReplacementPromises.TOLERANCE);
    }

    @Test
    default void eachSampleIsWatchedForItself() {
        CompressibleModel<M> model = watchable();
        List<LayerId> layers =
                underTest().supported(model).stream().map(Layer::id).toList();
        try (Probe probe = underTest().format().probe(model.model(), layers)) {
            SampleRuns.assertIndependent(underTest(), probe.predictor(), "the probe");
        }
    }
}
