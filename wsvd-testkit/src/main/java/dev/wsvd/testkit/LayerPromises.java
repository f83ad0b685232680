package dev.wsvd.testkit;

import static dev.wsvd.testkit.Refusals.assertRefused;
import static dev.wsvd.testkit.Refusals.refusal;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.layer.Convolution;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.layer.Lookup;
import dev.wsvd.domain.layer.Weights;
import dev.wsvd.domain.plan.Replacement;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.Stopwatch;
import dev.wsvd.domain.spi.TimingConditions;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** What a model says of its layers and of itself. */
interface LayerPromises<M> extends FormatPromises<M> {
    /** Where one is missing, tests that would need it can find nothing. */
    @TestFactory
    default Stream<DynamicTest> theExampleHasWhatTheFormatCanDo() {
        List<Layer> layers = underTest().open().layers();
        return Stream.of(
                        FormatFeature.STRIDE,
                        FormatFeature.PADDING,
                        FormatFeature.DILATION,
                        FormatFeature.GROUPS,
                        FormatFeature.LINEAR,
                        FormatFeature.UNSUPPORTED)
                .map(feature -> dynamicTest(
                        feature.toString(),
                        () -> underTest().requireShown(feature, layers.stream().anyMatch(feature::isShownBy))));
    }

    @Test
    default void layersHaveUniqueNamesAndSizes() {
        CompressibleModel<M> model = underTest().open();
        int supported = underTest().supported(model).size();
        assertTrue(
                supported >= 2, () -> "The example needs two layers that can be replaced, it has " + supported + ".");
        assertUniqueNames(model);
        for (Layer layer : underTest().supported(model)) {
            assertTrue(
                    !layer.inputShape().isEmpty() && layer.outputPositions() > 0,
                    () -> "Layer '" + layer.id() + "' needs sizes: " + layer);
            assertEquals(1, layer.inputShape().get(0), () -> "samples in the input of " + layer);
            assertEquals(1, layer.outputShape().get(0), () -> "samples in the output of " + layer);
            if (!(layer.op() instanceof Lookup)) {
                assertEquals(layer.inChannels(), channels(layer, layer.inputShape()), () -> "channels into " + layer);
            }
            assertEquals(layer.outChannels(), channels(layer, layer.outputShape()), () -> "channels out of " + layer);
            if (layer.op() instanceof Convolution conv) {
                assertGeometry(layer, conv);
            }
        }
    }

    private static long channels(Layer layer, List<Long> shape) {
        return shape.get(layer.op() instanceof Convolution ? 1 : shape.size() - 1);
    }

    @Test
    default void theCallerCannotChangeTheLayers() {
        CompressibleModel<M> model = underTest().open();
        List<Layer> layers = List.copyOf(model.layers());
        try {
            model.layers().clear();
        } catch (UnsupportedOperationException e) {
            // So it should be, or a copy.
        }
        assertEquals(layers, model.layers(), "the layers after the caller cleared the list");
    }

    /**
     * As many output positions as stride, padding and dilation allow, with any padding at the end that a window still needs; of a
     * transposed one as many input positions.
     */
    private static void assertGeometry(Layer layer, Convolution conv) {
        List<Long> wide = conv.transposed() ? layer.outputShape() : layer.inputShape();
        List<Long> positions = conv.transposed() ? layer.inputShape() : layer.outputShape();
        for (int d = 0; d < conv.weight().kernel().size(); d++) {
            long reach = (long) conv.dilation().get(d) * (conv.weight().kernel().get(d) - 1);
            long padded = wide.get(2 + d) + conv.padding().get(d);
            long stride = conv.stride().get(d);
            long found = positions.get(2 + d);
            long fewest = Math.floorDiv(padded - reach - 1, stride) + 1;
            long most = Math.floorDiv(padded - 1, stride) + 1;
            String dim = "spatial dim " + d + " of layer '" + layer.id() + "'";
            assertTrue(
                    fewest <= found && found <= most,
                    () -> dim + (conv.transposed() ? " takes " : " gives ") + found
                            + " positions; with its kernel, stride, padding and dilation it could be " + fewest + " to "
                            + most + ": " + layer);
        }
    }

    static <M> void assertUniqueNames(CompressibleModel<M> model) {
        Set<LayerId> names = new HashSet<>();
        model.layers().forEach(l -> assertTrue(names.add(l.id()), () -> "two layers are called '" + l.id() + "'"));
    }

    @Test
    default void aWeightIsACopyOfTheLayersSize() {
        CompressibleModel<M> model = underTest().open();
        for (Layer layer : underTest().supported(model)) {
            Weights weights = model.weights(layer.id());
            assertEquals(layer.weight(), weights.shape(), () -> "shape of the weight of " + layer);
            assertEquals(layer.type(), weights.type(), () -> "stored type of the weight of " + layer);
            float[] weight = weights.all();
            assertEquals(layer.weight().elements(), weight.length, () -> "elements of the weight of " + layer);
            float[] before = weight.clone();
            weight[0] += 1;
            assertArrayEquals(
                    before,
                    model.weights(layer.id()).all(),
                    () -> "the weight of layer '" + layer.id() + "' after the caller wrote to a copy of it");
        }
    }

    @Test
    default void aWeightIsTheSameInPieces() {
        CompressibleModel<M> model = underTest().open();
        for (Layer layer : underTest().supported(model)) {
            Weights weights = model.weights(layer.id());
            float[] all = weights.all();
            int row = all.length / layer.outChannels();
            for (int rows : new int[] {1, (layer.outChannels() + 1) / 2, layer.outChannels()}) {
                for (int from = 0; from < layer.outChannels(); from += rows) {
                    int first = from;
                    int to = Math.min(from + rows, layer.outChannels());
                    assertArrayEquals(
                            Arrays.copyOfRange(all, from * row, to * row),
                            weights.rows(from, to),
                            () -> "rows(" + first + ", " + to + ") of the weight of layer '" + layer.id() + "' "
                                    + layer.weight());
                }
            }
        }
    }

    @Test
    default void theWeightOfAnUnsupportedLayerIsReadOrRefused() {
        CompressibleModel<M> model = underTest().open();
        for (Layer layer : model.layers()) {
            refusal(
                    "reading the weight of layer '" + layer.id() + "'",
                    () -> model.weights(layer.id()).all());
        }
    }

    @Test
    default void anUnknownLayerHasNoWeight() {
        CompressibleModel<M> model = underTest().open();
        LayerId unknown = new LayerId("no such layer");
        assertRefused(
                InvalidInputException.class,
                "reading the weight of a layer that is not there",
                () -> model.weights(unknown).all(),
                "'no such layer'");
    }

    @Test
    default void theIdentityIsADigestOfTheContent() {
        CompressibleModel<M> model = underTest().open();
        String digest = model.identity().sha256();
        assertTrue(digest.matches("[0-9a-f]{64}"), () -> "64 lower-case hex digits, found '" + digest + "'");
        assertFalse(model.identity().name().isBlank(), "the model needs a name for people");
        assertEquals(model.identity(), underTest().open().identity(), "the identity of the same file opened again");
    }

    @Test
    default void theIdentityTellsWeightsApart() {
        CompressibleModel<M> model = underTest().open();
        for (Layer layer : underTest().supported(model)) {
            Replacement exact = Replacements.fullRank(model, layer, ExactForm.OUTPUT_CHANNEL);
            CompressibleModel<M> one = underTest().with(model, List.of(exact));
            float[] last = Replacements.last(exact).weights().all();
            for (int changed : new int[] {0, last.length - 1}) {
                float[] values = last.clone();
                values[changed] += 0.5f;
                CompressibleModel<M> other = underTest().with(model, List.of(Replacements.withLast(exact, values)));
                String what = "the digest, after weight " + changed + " of layer '" + layer.id() + "' changed";
                assertNotEquals(one.identity().sha256(), other.identity().sha256(), what);
                assertNotEquals(
                        underTest().reopened(one).identity().sha256(),
                        underTest().reopened(other).identity().sha256(),
                        () -> what + ", both models saved and opened again");
            }
        }
    }

    @Test
    default void theIdentityTellsBiasesApart() {
        CompressibleModel<M> model = underTest().open();
        for (Layer layer : underTest().supported(model)) {
            Replacement exact = Replacements.fullRank(model, layer, ExactForm.OUTPUT_CHANNEL);
            Replacement one = Replacements.corrected(exact, Replacements.correction(layer, 1));
            Replacement other = Replacements.corrected(exact, Replacements.correction(layer, 2));
            assertNotEquals(
                    underTest().with(model, List.of(one)).identity().sha256(),
                    underTest().with(model, List.of(other)).identity().sha256(),
                    () -> "the digest, after the bias of layer '" + layer.id() + "' changed");
        }
    }

    /** If the format can time models. Layers that the engine does not tell apart may be missing. */
    @Test
    default void timesAreThoseOfLayers() {
        CompressibleModel<M> model = underTest().open();
        Optional<Stopwatch> made = model.stopwatch(TimingConditions.DEFAULT);
        if (made.isEmpty()) {
            return;
        }
        assertTimes(model, made.get(), "the example");
        List<Replacement> some = Replacements.truncated(model, ExactForm.INPUT_CHANNEL, 1);
        CompressibleModel<M> replaced = underTest().with(model, some);
        Stopwatch ofReplaced = replaced.stopwatch(TimingConditions.DEFAULT)
                .orElseGet(() -> fail("the example cannot be timed once its layers are replaced"));
        assertTimes(replaced, ofReplaced, "the example, its layers replaced");
    }

    private static void assertTimes(CompressibleModel<?> model, Stopwatch of, String what) {
        try (Stopwatch watch = of) {
            assertFalse(watch.engine().isBlank(), () -> "the engine that " + what + " is timed by needs a name");
            assertFalse(
                    watch.inputs().isBlank(), () -> "the inputs that " + what + " is timed on need names and sizes");
            long ns = watch.run();
            assertTrue(ns > 0, () -> "a run of " + what + " took " + ns + " ns");
            List<Map<LayerId, Long>> profiles = watch.profiles(3);
            assertTrue(profiles.isEmpty() || profiles.size() == 3, () -> "3 profiles of " + what + ": " + profiles);
            Set<LayerId> layers = model.layers().stream().map(Layer::id).collect(Collectors.toSet());
            for (Map<LayerId, Long> profile : profiles) {
                assertTrue(
                        layers.containsAll(profile.keySet()),
                        () -> "layers in a profile of " + what + ", which has " + layers + ": " + profile);
                assertTrue(
                        profile.values().stream().allMatch(time -> time >= 0),
                        () -> "times in a profile of " + what + " in ns: " + profile);
            }
        }
    }
}
