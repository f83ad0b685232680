package dev.wsvd.quantization;

import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.layer.Place;
import dev.wsvd.domain.layer.Weights;
import dev.wsvd.domain.linalg.LinearAlgebra;
import dev.wsvd.domain.plan.Blueprint;
import dev.wsvd.domain.plan.Choice;
import dev.wsvd.domain.plan.Factors;
import dev.wsvd.domain.plan.Replacement;
import dev.wsvd.domain.plan.Stage;
import dev.wsvd.domain.quantization.QuantizedWeights;
import dev.wsvd.domain.spi.CompressionScheme;
import dev.wsvd.domain.spi.LayerKnowledge;
import dev.wsvd.domain.tensor.ElementType;
import java.util.List;
import java.util.Set;

/**
 * A layer as it is, with its weight in eight bits. Its one choice has no rank but the bits. Its error is that of the rounded weight,
 * ‖W − s · q‖_F / ‖W‖_F; what rounding inputs does is not in it.
 */
public final class Int8Scheme implements CompressionScheme {
    /** Its only form. */
    public static final String ID = "int8";

    private static final int BITS = 8;

    /** Its only choice. */
    public static final Choice CHOICE = Choice.of(ID, BITS);

    private final Set<LayerId> layers;

    /** @param layers those that can be int8 */
    public Int8Scheme(Set<LayerId> layers) {
        this.layers = Set.copyOf(layers);
    }

    @Override
    public String id() {
        return ID;
    }

    @Override
    public List<Choice> choices(Place place, String form, int multiple) {
        return layers.contains(place.id()) ? List.of(CHOICE) : List.of();
    }

    @Override
    public Blueprint blueprint(Place place, Choice choice) {
        require(place.layer(), choice);
        return Blueprint.of(place.id(), List.of(place.layer().sized().as(ElementType.INT8)));
    }

    @Override
    public String size(Place place, Choice choice) {
        return choice.rank() + " bits";
    }

    private void require(Layer layer, Choice choice) {
        if (!choices(Place.of(layer), ID, 1).contains(choice)) {
            throw new InvalidInputException("Layer '" + layer.id() + "' cannot be " + choice.form()
                    + (layers.contains(layer.id()) ? " of " + choice.sizes() + " bits; allowed: " + BITS : "") + ".");
        }
    }

    @Override
    public Factors factor(Place place, LayerKnowledge known, Choice largest, LinearAlgebra linearAlgebra) {
        Layer layer = place.layer();
        require(layer, largest);
        Weights weights = known.weights(layer.id());
        return new Rounded(layer, weights.all(), WeightRounding.of(layer.id(), weights, false));
    }

    /** The weight at the steps it is rounded to. */
    private record Rounded(Layer layer, float[] weight, QuantizedWeights steps) implements Factors {
        @Override
        public boolean covers(Choice choice) {
            return choice.equals(CHOICE);
        }

        @Override
        public double error(Choice choice) {
            double missing = 0;
            double energy = 0;
            for (int i = 0; i < weight.length; i++) {
                double off = weight[i] - steps.at(i);
                missing += off * off;
                energy += (double) weight[i] * weight[i];
            }
            return energy == 0 ? 0 : Math.sqrt(missing / energy);
        }

        @Override
        public Replacement at(Choice choice) {
            float[] rounded = new float[weight.length];
            for (int i = 0; i < rounded.length; i++) {
                rounded[i] = steps.at(i);
            }
            return Replacement.of(layer, choice, List.of(new Stage(layer.op(), rounded)), error(choice));
        }
    }
}
