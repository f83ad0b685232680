package dev.wsvd.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.error.WsvdException;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.quantization.Quantization.Mode;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.Quantizable;
import dev.wsvd.domain.tensor.Tensor;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What a format that has int8 says of it before anything is rounded; one that has none says that. */
interface QuantizationPromises<M> extends FormatPromises<M> {
    /** Empty if the format has no int8, and says so. */
    private Optional<Quantizable<M>> quantizable(CompressibleModel<M> model) {
        List<Quantizable<M>> found = new ArrayList<>();
        Optional<WsvdException> refused = Refusals.refusal("making a model int8", () -> found.add(model.quantizable()));
        refused.ifPresent(
                refusal -> assertInstanceOf(InvalidInputException.class, refusal, "how a format without int8 refuses"));
        return found.stream().findFirst();
    }

    @Test
    default void theModelToBeRoundedComputesTheSame() {
        CompressibleModel<M> model = underTest().open();
        Map<String, Tensor> expected = underTest().run(model);
        quantizable(model).ifPresent(quantizable -> {
            CompressibleModel<M> folded = quantizable.model();
            assertEquals(
                    names(model.layers()),
                    names(folded.layers()),
                    "names of the layers of the model that is to be rounded");
            String what = "the model that is to be rounded";
            ModelRuns.assertSame(what, expected, underTest().run(folded), ReplacementPromises.TOLERANCE);
            ModelRuns.assertSame(
                    what + ", with no weight changed",
                    expected,
                    underTest().run(quantizable.reweighted(Map.of(), Map.of()).model()),
                    ReplacementPromises.TOLERANCE);
            ModelRuns.assertSame(
                    "the original after that", expected, underTest().run(model), 0);
        });
    }

    @Test
    default void eachLayerCanBeInt8OrHasAReason() {
        CompressibleModel<M> model = underTest().open();
        quantizable(model).ifPresent(quantizable -> {
            for (Mode mode : Mode.values()) {
                List<LayerId> possible = names(quantizable.layers(mode));
                Map<LayerId, String> refused = quantizable.refused(mode);
                List<LayerId> either = Stream.concat(possible.stream(), refused.keySet().stream())
                        .toList();
                Set<LayerId> all = new HashSet<>(names(model.layers()));
                assertEquals(
                        all,
                        new HashSet<>(either),
                        () -> "layers that can be int8 in mode " + mode + ", " + possible + ", and those that cannot, "
                                + refused);
                assertEquals(all.size(), either.size(), () -> "layers in mode " + mode + ", each once: " + either);
                assertEquals(
                        names(model.layers()).stream()
                                .filter(possible::contains)
                                .toList(),
                        possible,
                        () -> "layers that can be int8 in mode " + mode + ", in graph order");
                refused.forEach((layer, why) -> assertTrue(
                        !why.isBlank() && !why.endsWith("."),
                        () -> "Layer '" + layer + "' needs words why it cannot be int8, to stand behind a colon: '"
                                + why + "'"));
            }
        });
    }

    @Test
    default void whatIsScaledOrShiftedIsAmongTheLayers() {
        CompressibleModel<M> model = underTest().open();
        quantizable(model).ifPresent(quantizable -> {
            List<LayerId> layers = names(model.layers());
            assertTrue(layers.containsAll(quantizable.biased()), () -> "biased layers: " + quantizable.biased());
            for (Quantizable.Chain chain : quantizable.chains()) {
                assertTrue(
                        layers.indexOf(chain.first()) >= 0
                                && layers.indexOf(chain.first()) < layers.indexOf(chain.second()),
                        () -> "one layer behind the other: " + chain);
            }
        });
    }

    private static List<LayerId> names(Collection<Layer> layers) {
        return layers.stream().map(Layer::id).toList();
    }
}
