package dev.wsvd.testkit;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.plan.Replacement;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What becomes of a bias correction, by what the model computes: it is added to the bias, and is one where there was none. */
interface BiasCorrectionPromises<M> extends FormatPromises<M> {
    private CompressibleModel<M> corrected(CompressibleModel<M> model, Layer layer, ExactForm form, float scale) {
        Replacement exact = Replacements.fullRank(model, layer, form);
        return underTest().with(model, List.of(Replacements.corrected(exact, Replacements.correction(layer, scale))));
    }

    @Test
    default void aBiasCorrectionOfZeroChangesNothing() {
        CompressibleModel<M> model = underTest().open();
        Map<String, Tensor> expected = underTest().run(model);
        for (Layer layer : underTest().supported(model)) {
            ModelRuns.assertSame(
                    "layer '" + layer.id()
                            + "' replaced at full rank with a bias correction of zeros (is its bias kept?)",
                    expected,
                    underTest().run(corrected(model, layer, ExactForm.INPUT_CHANNEL, 0)),
                    ReplacementPromises.TOLERANCE);
        }
    }

    @Test
    default void aBiasCorrectionIsSeen() {
        CompressibleModel<M> model = underTest().open();
        for (Layer layer : underTest().supported(model)) {
            Map<String, Tensor> without = underTest().run(corrected(model, layer, ExactForm.OUTPUT_CHANNEL, 0));
            Map<String, Tensor> with = underTest().run(corrected(model, layer, ExactForm.OUTPUT_CHANNEL, 1));
            assertTrue(
                    ModelRuns.largestDifference(without, with) > 1e-5,
                    () -> "Layer '" + layer.id() + "' was replaced with a bias correction of "
                            + Arrays.toString(Replacements.correction(layer, 1))
                            + ", and the model gives the same as without. Maybe the correction is dropped where the layer has"
                            + " no bias.");
        }
    }

    @Test
    default void oppositeBiasCorrectionsCancel() {
        CompressibleModel<M> model = underTest().open();
        Map<String, Tensor> expected = underTest().run(model);
        for (Layer layer : underTest().supported(model)) {
            CompressibleModel<M> there = corrected(model, layer, ExactForm.OUTPUT_CHANNEL, 1);
            Layer last = underTest().lastStage(there, layer);
            CompressibleModel<M> back = corrected(there, last, ExactForm.INPUT_CHANNEL, -1);
            ModelRuns.assertSame(
                    "layer '" + layer.id()
                            + "' replaced at full rank with a bias correction, and its last stage with the"
                            + " opposite one (is a correction added to the bias, or put in its place?)",
                    expected,
                    underTest().run(back),
                    ReplacementPromises.TOLERANCE);
        }
    }
}
