package dev.wsvd.testkit;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wsvd.domain.Layer;
import dev.wsvd.domain.Unfolding;
import dev.wsvd.domain.factor.FactorizedLayer;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What becomes of a shift of factors, by what the model computes: it is added to the bias, and is one where there was none. */
interface ShiftPromises<M> extends FormatPromises<M> {
    private CompressibleModel<M> shifted(CompressibleModel<M> model, Layer layer, Unfolding unfolding, float scale) {
        FactorizedLayer factors = Splits.fullRank(model, layer, unfolding);
        return underTest().with(model, List.of(Splits.shifted(factors, Splits.shift(layer, scale))));
    }

    @Test
    default void aShiftOfZeroChangesNothing() {
        CompressibleModel<M> model = underTest().open();
        Map<String, Tensor> expected = underTest().run(model);
        for (Layer layer : underTest().splittable(model)) {
            ModelRuns.assertSame(
                    "layer '" + layer.id() + "' split at full rank with a shift of zeros (is its bias kept?)",
                    expected,
                    underTest().run(shifted(model, layer, Unfolding.INPUT_CHANNEL, 0)),
                    SplitPromises.TOLERANCE);
        }
    }

    @Test
    default void aShiftIsSeen() {
        CompressibleModel<M> model = underTest().open();
        for (Layer layer : underTest().splittable(model)) {
            Map<String, Tensor> without = underTest().run(shifted(model, layer, Unfolding.OUTPUT_CHANNEL, 0));
            Map<String, Tensor> with = underTest().run(shifted(model, layer, Unfolding.OUTPUT_CHANNEL, 1));
            assertTrue(
                    ModelRuns.largestDifference(without, with) > 1e-5,
                    () -> "Layer '" + layer.id() + "' was split with a shift of its bias by "
                            + Arrays.toString(Splits.shift(layer, 1))
                            + ", and the model gives the same as without. Maybe the shift is dropped where the layer has"
                            + " no bias.");
        }
    }

    @Test
    default void oppositeShiftsCancel() {
        CompressibleModel<M> model = underTest().open();
        Map<String, Tensor> expected = underTest().run(model);
        for (Layer layer : underTest().splittable(model)) {
            CompressibleModel<M> there = shifted(model, layer, Unfolding.OUTPUT_CHANNEL, 1);
            Layer second = SplitPromises.added(model, there).get(1);
            CompressibleModel<M> back = shifted(there, second, Unfolding.INPUT_CHANNEL, -1);
            ModelRuns.assertSame(
                    "layer '" + layer.id() + "' split at full rank with a shift, and its second half with the opposite"
                            + " shift (is a shift added to the bias, or put in its place?)",
                    expected,
                    underTest().run(back),
                    SplitPromises.TOLERANCE);
        }
    }
}
