package dev.wsvd.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.plan.Replacement;
import dev.wsvd.domain.spi.CompressibleModel;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What {@link CompressibleModel#stagesOf} says of models that were made from others. */
interface LineagePromises<M> extends FormatPromises<M> {
    private static void assertStages(CompressibleModel<?> model, LayerId of, List<LayerId> expected, String where) {
        assertEquals(expected, model.stagesOf(of), () -> "stagesOf('" + of + "') " + where);
    }

    private static <M> void assertOwn(CompressibleModel<M> model, String where) {
        for (Layer layer : model.layers()) {
            assertStages(model, layer.id(), List.of(layer.id()), where);
        }
    }

    @Test
    default void aLayerThatWasNotReplacedIsItsOwnStage() {
        CompressibleModel<M> model = underTest().open();
        assertOwn(model, "of the model that was opened");
        assertOwn(underTest().with(model, List.of()), "of a copy");
        for (ExactForm form : ExactForm.values()) {
            List<Replacement> some =
                    Replacements.truncated(model, form, 1).stream().limit(1).toList();
            CompressibleModel<M> replaced = underTest().with(model, some);
            for (Layer layer : model.layers()) {
                if (some.stream().noneMatch(one -> one.layer().equals(layer))) {
                    assertStages(replaced, layer.id(), List.of(layer.id()), "where another layer was replaced");
                }
            }
            assertOwn(replaced, "of a stage");
        }
    }

    @Test
    default void aLayerThatNeverWasHasNoStages() {
        CompressibleModel<M> model = underTest().open();
        LayerId unknown = new LayerId("no such layer");
        assertStages(model, unknown, List.of(), "which is no layer");
        CompressibleModel<M> replaced =
                underTest().with(model, Replacements.truncated(model, ExactForm.INPUT_CHANNEL, 1));
        assertStages(replaced, unknown, List.of(), "which is no layer");
        for (Layer stage : replaced.layers()) {
            if (!model.layers().contains(stage)) {
                assertStages(model, stage.id(), List.of(), "of the original, which a replacement leaves as it was");
            }
        }
    }

    @Test
    default void aReplacedLayerHasItsStagesInOrder() {
        CompressibleModel<M> model = underTest().open();
        for (ExactForm form : ExactForm.values()) {
            List<Replacement> replacements = Replacements.truncated(model, form, 1);
            CompressibleModel<M> replaced = underTest().with(model, replacements);
            CompressibleModel<M> copy = underTest().with(replaced, List.of());
            List<LayerId> expected = new ArrayList<>();
            for (Layer layer : model.layers()) {
                List<LayerId> stages = replaced.stagesOf(layer.id());
                expected.addAll(stages);
                assertStages(copy, layer.id(), stages, "of a copy of a model where all were replaced, " + form);
            }
            assertEquals(
                    expected,
                    replaced.layers().stream().map(Layer::id).toList(),
                    () -> "the layers after all were replaced, " + form + ", and stagesOf() of all the original's");
        }
    }

    @Test
    default void aLayerReplacedTwiceHasTheStagesOfItsStages() {
        CompressibleModel<M> model = underTest().open();
        CompressibleModel<M> once = underTest().with(model, Replacements.fullRank(model, ExactForm.OUTPUT_CHANNEL));
        List<Replacement> lasts = new ArrayList<>();
        for (Layer layer : underTest().supported(model)) {
            lasts.add(Replacements.fullRank(once, underTest().lastStage(once, layer), ExactForm.TUCKER_2));
        }
        CompressibleModel<M> twice = underTest().with(once, lasts);
        for (Layer layer : underTest().supported(model)) {
            LayerId first = once.stagesOf(layer.id()).get(0);
            List<LayerId> ofLast =
                    twice.stagesOf(underTest().lastStage(once, layer).id());
            assertEquals(3, ofLast.size(), () -> "stages of the last stage of layer '" + layer.id() + "': " + ofLast);
            assertStages(twice, first, List.of(first), "which was not replaced the second time");
            List<LayerId> all = new ArrayList<>(List.of(first));
            all.addAll(ofLast);
            assertStages(twice, layer.id(), all, "whose last stage was replaced by three");
        }
    }
}
