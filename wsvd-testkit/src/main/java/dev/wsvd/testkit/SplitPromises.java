package dev.wsvd.testkit;

import static dev.wsvd.testkit.Refusals.assertRefused;
import static dev.wsvd.testkit.Splits.fullRank;
import static dev.wsvd.testkit.Splits.truncated;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wsvd.domain.Layer;
import dev.wsvd.domain.LayerId;
import dev.wsvd.domain.LinearLayer;
import dev.wsvd.domain.Unfolding;
import dev.wsvd.domain.WeightShape;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.factor.FactorizedLayer;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.tensor.Tensor;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What {@link CompressibleModel#with} gives. */
interface SplitPromises<M> extends FormatPromises<M> {
    /** Of one product more in float32. */
    double TOLERANCE = 1e-4;

    private CompressibleModel<M> with(CompressibleModel<M> model, List<FactorizedLayer> splits) {
        return underTest().with(model, splits);
    }

    private Map<String, Tensor> run(CompressibleModel<M> model) {
        return underTest().run(model);
    }

    @Test
    default void factorsForAnUnknownLayerAreRefused() {
        CompressibleModel<M> model = underTest().open();
        Layer layer = new LinearLayer(
                new LayerId("no such layer"),
                WeightShape.linear(4, 3),
                List.of(1L, 3L),
                List.of(1L, 4L),
                Optional.empty());
        FactorizedLayer split = ExactFactors.of(layer, new float[12], Unfolding.INPUT_CHANNEL);
        assertRefused(
                InvalidInputException.class,
                "splitting a layer that is not there",
                () -> model.with(List.of(split)),
                "'no such layer'");
    }

    @Test
    default void aLayerThatCannotBeSplitIsRefused() {
        CompressibleModel<M> model = underTest().open();
        for (Layer layer : model.layers()) {
            if (!layer.splittable()) {
                float[] zero = new float[(int) layer.weight().elements()];
                FactorizedLayer split = ExactFactors.of(layer, zero, Unfolding.OUTPUT_CHANNEL);
                assertRefused(
                        InvalidInputException.class,
                        "splitting layer '" + layer.id() + "', which has an obstacle",
                        () -> model.with(List.of(split)),
                        layer.id().name(),
                        layer.obstacle().get());
            }
        }
    }

    @Test
    default void factorsOfAnotherSizeAreRefused() {
        CompressibleModel<M> model = underTest().open();
        FactorizedLayer good = fullRank(model, underTest().splittable(model).get(0), Unfolding.OUTPUT_CHANNEL);
        LayerId id = good.layer().id();
        Layer lie = new LinearLayer(id, WeightShape.linear(7, 13), List.of(1L, 13L), List.of(1L, 7L), Optional.empty());
        FactorizedLayer bad = ExactFactors.of(lie, new float[7 * 13], Unfolding.OUTPUT_CHANNEL);
        assertRefused(
                InvalidInputException.class,
                "splitting layer '" + id + "' into factors of a 7×13 weight",
                () -> model.with(List.of(bad)),
                id.name());
        assertRefused(
                InvalidInputException.class,
                "splitting layer '" + id + "' twice at once",
                () -> model.with(List.of(good, good)),
                id.name());
    }

    @Test
    default void splittingLeavesTheOriginalAsItWas() {
        CompressibleModel<M> model = underTest().open();
        List<Layer> layers = model.layers();
        Map<LayerId, float[]> weights = new HashMap<>();
        underTest().splittable(model).forEach(l -> weights.put(l.id(), model.weight(l.id())));
        Map<String, Tensor> before = run(model);
        CompressibleModel<M> split = with(model, Splits.shifted(model));
        run(split);
        assertEquals(layers, model.layers(), "the original's layers after the split");
        weights.forEach((id, weight) -> assertArrayEquals(
                weight, model.weight(id), () -> "the original's weight of '" + id + "' after the split"));
        ModelRuns.assertSame("the original after the split", before, run(model), 0);
        assertNotEquals(model.identity(), split.identity(), "the identities of the original and of the split model");
        assertEquals(model.identity(), underTest().open().identity(), "the original's identity after the split");
    }

    @Test
    default void theFactorsStayTheCallers() {
        CompressibleModel<M> model = underTest().open();
        List<FactorizedLayer> splits = Splits.shifted(model);
        List<float[]> arrays = new ArrayList<>();
        splits.forEach(
                s -> arrays.addAll(List.of(s.first(), s.second(), s.shift().orElseThrow())));
        List<float[]> before = arrays.stream().map(float[]::clone).toList();
        CompressibleModel<M> split = with(model, splits);
        Map<String, Tensor> expected = run(split);
        for (int i = 0; i < arrays.size(); i++) {
            LayerId layer = splits.get(i / 3).layer().id();
            assertArrayEquals(before.get(i), arrays.get(i), () -> "the caller's factors of layer '" + layer + "'");
            arrays.get(i)[0] += 1;
        }
        ModelRuns.assertSame("the split model after the caller changed its arrays", expected, run(split), 0);
    }

    @Test
    default void atFullRankTheModelComputesWhatItDid() {
        CompressibleModel<M> model = underTest().open();
        Map<String, Tensor> expected = run(model);
        for (Unfolding unfolding : Unfolding.values()) {
            List<FactorizedLayer> all = fullRank(model, unfolding);
            for (FactorizedLayer one : all) {
                String what = "layer '" + one.layer().id() + "' split, " + unfolding + " at full rank";
                ModelRuns.assertSame(what, expected, run(with(model, List.of(one))), TOLERANCE);
            }
            String what = "all layers split, " + unfolding + " at full rank";
            ModelRuns.assertSame(what, expected, run(with(model, all)), TOLERANCE);
        }
    }

    @Test
    default void theNewLayersHoldTheFactors() {
        CompressibleModel<M> model = underTest().open();
        for (Unfolding unfolding : Unfolding.values()) {
            List<FactorizedLayer> splits = truncated(model, unfolding, 1);
            CompressibleModel<M> split = with(model, splits);
            run(split);
            LayerPromises.assertUniqueNames(split);
            List<Layer> added = added(model, split);
            assertEquals(2 * splits.size(), added.size(), () -> "new layers among " + split.layers());
            for (int i = 0; i < splits.size(); i++) {
                assertHold(splits.get(i), split, added.get(2 * i), added.get(2 * i + 1));
            }
        }
    }

    /** The layers of a model that another has not, in order. */
    static <M> List<Layer> added(CompressibleModel<M> model, CompressibleModel<M> split) {
        List<Layer> added = new ArrayList<>(split.layers());
        added.removeAll(model.layers());
        return added;
    }

    private static <M> void assertHold(FactorizedLayer factors, CompressibleModel<M> model, Layer first, Layer second) {
        String name = factors.layer().id().name();
        for (Layer half : List.of(first, second)) {
            assertTrue(
                    half.id().name().contains(name),
                    () -> "The name of a half of layer '" + name + "' should hold the layer's, found '" + half.id()
                            + "'.");
        }
        assertEquals(factors.firstShape(), first.weight(), () -> "weight shape of the first half, " + first);
        assertEquals(factors.secondShape(), second.weight(), () -> "weight shape of the second half, " + second);
        assertEquals(factors.layer().inputShape(), first.inputShape(), () -> "input of the first half, " + first);
        assertEquals(factors.layer().outputShape(), second.outputShape(), () -> "output of the second half, " + second);
        assertArrayEquals(factors.first(), model.weight(first.id()), 1e-3f, () -> "weight of " + first);
        assertArrayEquals(factors.second(), model.weight(second.id()), 1e-3f, () -> "weight of " + second);
    }

    @Test
    default void aSplitLayerCanBeSplitAgain() {
        CompressibleModel<M> model = underTest().open();
        Map<String, Tensor> expected = run(model);
        CompressibleModel<M> once = with(model, fullRank(model, Unfolding.OUTPUT_CHANNEL));
        CompressibleModel<M> twice = with(once, fullRank(once, Unfolding.INPUT_CHANNEL));
        LayerPromises.assertUniqueNames(twice);
        ModelRuns.assertSame("all layers split twice at full rank", expected, run(twice), TOLERANCE);
    }

    @Test
    default void theSameSplitGivesTheSameModelInAnyOrder() {
        CompressibleModel<M> model = underTest().open();
        String expected = with(model, truncated(model, Unfolding.INPUT_CHANNEL, 1))
                .identity()
                .sha256();
        CompressibleModel<M> again = underTest().open();
        List<FactorizedLayer> backwards = new ArrayList<>(truncated(again, Unfolding.INPUT_CHANNEL, 1));
        Collections.reverse(backwards);
        assertEquals(
                expected,
                with(again, backwards).identity().sha256(),
                "the digest of the model split again, with the layers given in reverse order");
    }

    @Test
    default void aSplitOfNothingIsAHandleOfItsOwn() {
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
        List<FactorizedLayer> splits = Splits.shifted(model);
        model.with(splits).close();
        ModelRuns.assertSame("the original after a split model was closed", expected, run(model), 0);
        CompressibleModel<M> split = with(model, splits);
        CompressibleModel<M> copy = with(model, List.of());
        Map<String, Tensor> small = run(split);
        model.close();
        ModelRuns.assertSame("a split model after the original was closed", small, run(split), 0);
        ModelRuns.assertSame("a copy after the original was closed", expected, run(copy), 0);
    }
}
