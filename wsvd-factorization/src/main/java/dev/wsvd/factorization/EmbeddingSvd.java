package dev.wsvd.factorization;

import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.layer.Affine;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.Lookup;
import dev.wsvd.domain.layer.Place;
import dev.wsvd.domain.layer.SizedOp;
import dev.wsvd.domain.layer.Weights;
import dev.wsvd.domain.linalg.LinearAlgebra;
import dev.wsvd.domain.moments.LayerMoments;
import dev.wsvd.domain.plan.Blueprint;
import dev.wsvd.domain.plan.Choice;
import dev.wsvd.domain.plan.Factors;
import dev.wsvd.domain.spi.CompressionScheme;
import dev.wsvd.domain.spi.LayerKnowledge;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * An embedding table of V rows with d features as one of V rows with r features and a product r→d behind it.
 *
 * <p>Rows count as often as calibration inputs use them, and a little even if they do not: the features kept are the leading
 * eigenvectors of Σ_v w_v (e_v − μ)(e_v − μ)ᵀ with μ = Σ_v w_v e_v, the best for that sum of squares; what is left out of μ goes
 * into the product's bias. Without calibration inputs all rows count alike; the error is of centred rows there too. The product
 * costs r·d MACs a position, a lookup none.
 *
 * <p>The weighting is that of P. Chen, S. Si, Y. Li, C. Chelba, C.-J. Hsieh, "GroupReduce: block-wise low-rank approximation for
 * neural language model shrinking", NeurIPS 2018, without its groups.
 */
public final class EmbeddingSvd implements CompressionScheme {
    static final String FORM = "embedding";

    @Override
    public String id() {
        return "embedding-svd";
    }

    @Override
    public List<String> forms() {
        return List.of(FORM);
    }

    private static int maxRank(Layer layer) {
        return layer.op() instanceof Lookup ? Math.min(layer.outChannels(), layer.inChannels()) : 0;
    }

    @Override
    public List<Choice> choices(Place place, String form, int multiple) {
        Layer layer = place.layer();
        return IntStream.rangeClosed(1, maxRank(layer) / multiple)
                .mapToObj(i -> Choice.of(FORM, i * multiple))
                .toList();
    }

    @Override
    public Blueprint blueprint(Place place, Choice choice) {
        Layer layer = place.layer();
        requireRank(layer, choice);
        List<Long> between = new ArrayList<>(layer.outputShape());
        if (!between.isEmpty()) {
            between.set(between.size() - 1, (long) choice.rank());
        }
        return Blueprint.of(
                layer.id(),
                List.of(
                        new SizedOp(
                                Lookup.of(choice.rank(), layer.inChannels()),
                                layer.inputShape(),
                                between,
                                layer.type()),
                        new SizedOp(
                                Affine.of(layer.outChannels(), choice.rank()),
                                between,
                                layer.outputShape(),
                                layer.type())));
    }

    private static void requireRank(Layer layer, Choice choice) {
        String name = "Layer '" + layer.id() + "' (" + layer.weight() + ")";
        if (!(layer.op() instanceof Lookup)) {
            throw new InvalidInputException(name + " has no embedding form, which is for embedding tables.");
        }
        if (!choice.isWithin(Choice.of(FORM, maxRank(layer)))) {
            throw new InvalidInputException(name + " has no " + choice + "; allowed: 1 … " + maxRank(layer) + ".");
        }
    }

    @Override
    public Factors factor(Place place, LayerKnowledge known, Choice largest, LinearAlgebra linearAlgebra) {
        Layer layer = place.layer();
        Weights weights = known.weights(layer.id());
        Optional<LayerMoments> seen = known.moments(layer.id());
        requireRank(layer, largest);
        Checks.requireShape(layer, weights);
        seen.ifPresent(moments -> moments.check(layer));
        return Checks.naming(
                layer,
                () -> EmbeddingFactors.of(
                        linearAlgebra,
                        layer,
                        weights.all(),
                        seen.map(moments -> moments.groups().get(0).mean()),
                        largest.rank()));
    }
}
