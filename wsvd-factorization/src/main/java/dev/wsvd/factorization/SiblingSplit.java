package dev.wsvd.factorization;

import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.layer.Place;
import dev.wsvd.domain.layer.Siblings;
import dev.wsvd.domain.layer.SizedOp;
import dev.wsvd.domain.layer.Weights;
import dev.wsvd.domain.linalg.FloatMatrix;
import dev.wsvd.domain.linalg.LinearAlgebra;
import dev.wsvd.domain.linalg.Matrix;
import dev.wsvd.domain.moments.LayerMoments;
import dev.wsvd.domain.plan.Blueprint;
import dev.wsvd.domain.plan.Choice;
import dev.wsvd.domain.plan.Factors;
import dev.wsvd.domain.spi.CompressionScheme;
import dev.wsvd.domain.spi.LayerKnowledge;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Splits layers that read one tensor so that they have one first stage, and each its own second: r (m' + Σ n_i K) weights.
 *
 * <p>With the layers' weights W_i and the covariance C of what they read, the ω_i W_i, one above the other, are split as one layer is by
 * {@link Unfolding#INPUT_CHANNEL}, and the second stage's rows are divided by ω_i = tr(W_i C W_iᵀ)^-½ again. So each layer's error counts
 * relative to its energy. Without moments C is the identity.
 */
public final class SiblingSplit implements CompressionScheme {
    static final Unfolding UNFOLDING = Unfolding.INPUT_CHANNEL;

    static final String ID = "sibling-split";

    private final WeightSvd ofOne = new WeightSvd();

    @Override
    public String id() {
        return ID;
    }

    /** Every rank, rising. */
    @Override
    public List<Choice> choices(Place place, String form, int multiple) {
        int largest = place.siblings().map(SiblingSplit::maxRank).orElse(0);
        return IntStream.rangeClosed(1, largest / multiple)
                .mapToObj(i -> Choice.of(ID, i * multiple))
                .toList();
    }

    private static int maxRank(Siblings siblings) {
        return UNFOLDING.maxRank(siblings.stacked());
    }

    @Override
    public Blueprint blueprint(Place place, Choice choice) {
        Siblings siblings = require(place, choice);
        Map<LayerId, List<SizedOp>> stages = new LinkedHashMap<>();
        for (Layer layer : siblings.layers()) {
            List<Long> between = UNFOLDING.between(layer, choice.rank());
            SizedOp second =
                    new SizedOp(UNFOLDING.second(layer, choice.rank()), between, layer.outputShape(), layer.type());
            stages.put(
                    layer.id(),
                    layer == siblings.layer()
                            ? List.of(
                                    new SizedOp(
                                            UNFOLDING.first(layer, choice.rank()),
                                            layer.inputShape(),
                                            between,
                                            layer.type()),
                                    second)
                            : List.of(second));
        }
        return new Blueprint(stages, Map.of());
    }

    private static Siblings require(Place place, Choice choice) {
        Siblings siblings = place.siblings()
                .orElseThrow(() -> new InvalidInputException("Layer '" + place.id() + "' ("
                        + place.layer().weight() + ") has no " + ID
                        + " form, which is for the first of several layers that read one tensor."));
        int largest = maxRank(siblings);
        if (!choice.isWithin(Choice.of(ID, largest))) {
            throw new InvalidInputException(
                    "Layer '" + place.id() + "' (" + place.layer().weight() + ") has no " + choice + "; allowed: " + ID
                            + " rank 1 … " + largest + ".");
        }
        return siblings;
    }

    @Override
    public Factors factor(Place place, LayerKnowledge known, Choice largest, LinearAlgebra linearAlgebra) {
        Siblings siblings = require(place, largest);
        Layer stacked = siblings.stacked();
        Optional<LayerMoments> seen = known.moments(place.id());
        seen.ifPresent(moments -> moments.check(stacked));
        float[] all = FloatMatrix.allocate(
                stacked.weight().out(),
                Math.toIntExact(stacked.weight().elements() / stacked.weight().out()));
        double[] scales = new double[siblings.layers().size()];
        int at = 0;
        for (int i = 0; i < scales.length; i++) {
            Layer layer = siblings.layers().get(i);
            Weights weights = known.weights(layer.id());
            Checks.requireShape(layer, weights);
            float[] values = weights.all();
            double energy = Checks.naming(layer, () -> energy(layer, values, seen, linearAlgebra));
            scales[i] = energy > 0 ? 1 / Math.sqrt(energy) : 1;
            for (float value : values) {
                all[at++] = (float) (scales[i] * value);
            }
        }
        Factors factors = ofOne.factor(
                Place.of(stacked),
                LayerKnowledge.of(Weights.of(stacked.weight(), all), seen),
                ofOne(largest),
                linearAlgebra);
        return new SiblingFactors(siblings, factors, scales);
    }

    /** The choice of the stacked layer that is one of siblings. */
    static Choice ofOne(Choice choice) {
        return Choice.of(UNFOLDING.id(), choice.rank());
    }

    private static double energy(
            Layer layer, float[] values, Optional<LayerMoments> seen, LinearAlgebra linearAlgebra) {
        return seen.filter(moments -> !moments.constant())
                .map(moments -> ReaderProduct.of(
                                layer, values, moments.groups().get(0), moments.patches(), linearAlgebra)
                        .energy())
                .orElseGet(() -> {
                    Matrix weight = Matrices.rows(values, 0, 1, values.length);
                    return Matrices.energy(weight.data(), 0, values.length);
                });
    }
}
