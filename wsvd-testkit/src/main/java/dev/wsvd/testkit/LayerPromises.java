package dev.wsvd.testkit;

import static dev.wsvd.testkit.Refusals.assertRefused;
import static dev.wsvd.testkit.Refusals.refusal;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.wsvd.domain.ConvLayer;
import dev.wsvd.domain.Layer;
import dev.wsvd.domain.LayerId;
import dev.wsvd.domain.LinearLayer;
import dev.wsvd.domain.Unfolding;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.factor.FactorizedLayer;
import dev.wsvd.domain.spi.CompressibleModel;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
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
                        FormatFeature.UNSPLITTABLE)
                .map(feature -> dynamicTest(
                        feature.toString(),
                        () -> underTest().requireShown(feature, layers.stream().anyMatch(feature::isShownBy))));
    }

    @Test
    default void layersHaveUniqueNamesAndSizes() {
        CompressibleModel<M> model = underTest().open();
        int splittable = underTest().splittable(model).size();
        assertTrue(splittable >= 2, () -> "The example needs two layers that can be split, it has " + splittable + ".");
        assertUniqueNames(model);
        for (Layer layer : underTest().splittable(model)) {
            assertTrue(
                    layer.inputPositions() > 0 && layer.outputPositions() > 0,
                    () -> "Layer '" + layer.id() + "' needs sizes: " + layer);
            assertEquals(1, layer.inputShape().get(0), () -> "samples in the input of " + layer);
            assertEquals(1, layer.outputShape().get(0), () -> "samples in the output of " + layer);
            int channels = layer instanceof LinearLayer ? layer.inputShape().size() - 1 : 1;
            assertEquals(layer.inChannels(), layer.inputShape().get(channels), () -> "channels into " + layer);
            int outChannels = layer instanceof LinearLayer ? layer.outputShape().size() - 1 : 1;
            assertEquals(layer.outChannels(), layer.outputShape().get(outChannels), () -> "channels out of " + layer);
            if (layer instanceof ConvLayer conv) {
                assertGeometry(conv);
            }
        }
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

    /** As many output positions as stride, padding and dilation allow, with any padding at the end that a window still needs. */
    private static void assertGeometry(ConvLayer conv) {
        for (int d = 0; d < conv.weight().kernel().size(); d++) {
            long reach = (long) conv.dilation().get(d) * (conv.weight().kernel().get(d) - 1);
            long padded = conv.inputShape().get(2 + d) + conv.padding().get(d);
            long stride = conv.stride().get(d);
            long found = conv.outputShape().get(2 + d);
            long fewest = Math.floorDiv(padded - reach - 1, stride) + 1;
            long most = Math.floorDiv(padded - 1, stride) + 1;
            String dim = "spatial dim " + d + " of layer '" + conv.id() + "'";
            assertTrue(
                    fewest <= found && found <= most,
                    () -> dim + " gives " + found
                            + " positions; with its kernel, stride, padding and dilation it could be " + fewest + " to "
                            + most + ": " + conv);
        }
    }

    static <M> void assertUniqueNames(CompressibleModel<M> model) {
        Set<LayerId> names = new HashSet<>();
        model.layers().forEach(l -> assertTrue(names.add(l.id()), () -> "two layers are called '" + l.id() + "'"));
    }

    @Test
    default void aWeightIsACopyOfTheLayersSize() {
        CompressibleModel<M> model = underTest().open();
        for (Layer layer : underTest().splittable(model)) {
            float[] weight = model.weight(layer.id());
            assertEquals(layer.weight().elements(), weight.length, () -> "elements of the weight of " + layer);
            float[] before = weight.clone();
            weight[0] += 1;
            assertArrayEquals(
                    before,
                    model.weight(layer.id()),
                    () -> "the weight of layer '" + layer.id() + "' after the caller wrote to a copy of it");
        }
    }

    @Test
    default void theWeightOfALayerThatCannotBeSplitIsReadOrRefused() {
        CompressibleModel<M> model = underTest().open();
        for (Layer layer : model.layers()) {
            refusal("reading the weight of layer '" + layer.id() + "'", () -> model.weight(layer.id()));
        }
    }

    @Test
    default void anUnknownLayerHasNoWeight() {
        CompressibleModel<M> model = underTest().open();
        LayerId unknown = new LayerId("no such layer");
        assertRefused(
                InvalidInputException.class,
                "reading the weight of a layer that is not there",
                () -> model.weight(unknown),
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
        for (Layer layer : underTest().splittable(model)) {
            FactorizedLayer factors = Splits.fullRank(model, layer, Unfolding.OUTPUT_CHANNEL);
            CompressibleModel<M> one = underTest().with(model, List.of(factors));
            for (int changed : new int[] {0, factors.second().length - 1}) {
                float[] second = factors.second().clone();
                second[changed] += 0.5f;
                FactorizedLayer with = new FactorizedLayer(layer, factors.split(), factors.first(), second, 0);
                CompressibleModel<M> other = underTest().with(model, List.of(with));
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
        for (Layer layer : underTest().splittable(model)) {
            FactorizedLayer factors = Splits.fullRank(model, layer, Unfolding.OUTPUT_CHANNEL);
            FactorizedLayer one = Splits.shifted(factors, Splits.shift(layer, 1));
            FactorizedLayer other = Splits.shifted(factors, Splits.shift(layer, 2));
            assertNotEquals(
                    underTest().with(model, List.of(one)).identity().sha256(),
                    underTest().with(model, List.of(other)).identity().sha256(),
                    () -> "the digest, after the bias of layer '" + layer.id() + "' changed");
        }
    }
}
