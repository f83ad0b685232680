package dev.wsvd.testkit;

import dev.wsvd.domain.Layer;
import dev.wsvd.domain.Unfolding;
import dev.wsvd.domain.factor.FactorizedLayer;
import dev.wsvd.domain.spi.CompressibleModel;
import java.util.List;

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
}
