package dev.wsvd.selection;

import dev.wsvd.backend.ejml.EjmlProvider;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.Weights;
import dev.wsvd.domain.linalg.LinearAlgebra;
import dev.wsvd.domain.plan.Choice;
import dev.wsvd.domain.plan.Factors;
import dev.wsvd.domain.plan.Option;
import dev.wsvd.domain.plan.Site;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.function.ToDoubleBiFunction;

/** Errors of options by decomposing weights, once per layer and form. */
final class RealErrors implements ToDoubleBiFunction<Site, Option> {
    private record Key(Layer layer, String form) {}

    private final LinearAlgebra linearAlgebra = new EjmlProvider().create();
    private final Map<Key, Factors> factors = new HashMap<>();

    @Override
    public double applyAsDouble(Site site, Option option) {
        String form = option.choice().form();
        return factors.computeIfAbsent(new Key(site.layer(), form), this::decomposed)
                .error(option.choice());
    }

    private Factors decomposed(Key key) {
        List<Choice> choices = ListedProblem.SCHEMES.of(key.form).choices(key.layer, key.form, 1);
        return ListedProblem.SCHEMES
                .of(key.form)
                .factor(
                        key.layer,
                        weights(key.layer),
                        Optional.empty(),
                        choices.get(choices.size() - 1),
                        linearAlgebra);
    }

    /** A sum of three products and noise, so that the spectra fall. */
    private static Weights weights(Layer layer) {
        Random random = new Random(layer.id().name().hashCode());
        int rows = layer.outChannels();
        int cols = (int) (layer.weight().elements() / rows);
        float[] values = new float[rows * cols];
        for (int i = 0; i < values.length; i++) {
            values[i] = 0.1f * (float) random.nextGaussian();
        }
        for (int k = 1; k <= 3; k++) {
            double[] left = random.doubles(rows, -1, 1).toArray();
            double[] right = random.doubles(cols, -1, 1).toArray();
            for (int i = 0; i < values.length; i++) {
                values[i] += (float) (left[i / cols] * right[i % cols] / k);
            }
        }
        return Weights.of(layer.weight(), values);
    }
}
