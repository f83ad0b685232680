package dev.wsvd.testkit;

import dev.wsvd.domain.Layer;
import dev.wsvd.domain.Unfolding;
import dev.wsvd.domain.factor.FactorizedLayer;
import dev.wsvd.domain.spi.CompressibleModel;
import java.util.List;
import java.util.Optional;

/** Factors for the layers of a model, made from its weights without linear algebra. */
final class Splits {
    private Splits() {}

    static <M> List<Layer> splittable(CompressibleModel<M> model) {
        return model.layers().stream().filter(Layer::splittable).toList();
    }

    static <M> FactorizedLayer fullRank(CompressibleModel<M> model, Layer layer, Unfolding unfolding) {
        return ExactFactors.of(layer, model.weight(layer.id()), unfolding);
    }

    static <M> List<FactorizedLayer> fullRank(CompressibleModel<M> model, Unfolding unfolding) {
        return splittable(model).stream()
                .filter(unfolding::appliesTo)
                .map(l -> fullRank(model, l, unfolding))
                .toList();
    }

    static <M> List<FactorizedLayer> truncated(CompressibleModel<M> model, Unfolding unfolding, int rank) {
        return fullRank(model, unfolding).stream()
                .map(f -> ExactFactors.truncated(f, rank))
                .toList();
    }

    /** Every layer at rank 1, each with a shift of its own; weights and shifts use all bits of a float. */
    static <M> List<FactorizedLayer> shifted(CompressibleModel<M> model) {
        return truncated(model, Unfolding.OUTPUT_CHANNEL, 1).stream()
                .map(f -> scaled(f, 1.2345678f))
                .map(f -> shifted(f, shift(f.layer(), 0.9876543f)))
                .toList();
    }

    private static FactorizedLayer scaled(FactorizedLayer factors, float scale) {
        float[] second = factors.second().clone();
        for (int i = 0; i < second.length; i++) {
            second[i] *= scale;
        }
        return new FactorizedLayer(factors.layer(), factors.split(), factors.first(), second, factors.error());
    }

    /** The same factors with another shift. */
    static FactorizedLayer shifted(FactorizedLayer factors, float[] shift) {
        return new FactorizedLayer(
                factors.layer(),
                factors.split(),
                factors.first(),
                factors.second(),
                Optional.of(shift),
                factors.error());
    }

    /** Numbers of both signs, another one for each output channel, times a scale. */
    static float[] shift(Layer layer, float scale) {
        float[] shift = new float[layer.outChannels()];
        for (int c = 0; c < shift.length; c++) {
            shift[c] = scale * (c % 2 == 0 ? 1 : -1) * (c + 1) / shift.length;
        }
        return shift;
    }
}
