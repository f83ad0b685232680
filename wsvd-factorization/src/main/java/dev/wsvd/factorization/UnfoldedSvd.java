package dev.wsvd.factorization;

import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.error.LinearAlgebraException;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.Place;
import dev.wsvd.domain.layer.SizedOp;
import dev.wsvd.domain.layer.Weights;
import dev.wsvd.domain.linalg.FloatMatrix;
import dev.wsvd.domain.linalg.LinearAlgebra;
import dev.wsvd.domain.linalg.Matrix;
import dev.wsvd.domain.linalg.TruncatedSvd;
import dev.wsvd.domain.moments.LayerMoments;
import dev.wsvd.domain.plan.Blueprint;
import dev.wsvd.domain.plan.Choice;
import dev.wsvd.domain.plan.Factors;
import dev.wsvd.domain.spi.CompressionScheme;
import dev.wsvd.domain.spi.LayerKnowledge;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Unfolds a layer's weight into a matrix per group and decomposes it once for every rank: two stages for one layer.
 *
 * <p>Of the weight alone it is the best approximation of each rank in the Frobenius norm: C. Eckart, G. Young, "The approximation
 * of one matrix by another of lower rank", Psychometrika, 1936. With moments it is that of the layer's outputs.
 */
abstract sealed class UnfoldedSvd implements CompressionScheme permits WeightSvd, SpatialSvd {
    private final String id;
    private final List<Unfolding> unfoldings;

    UnfoldedSvd(String id, Unfolding... unfoldings) {
        this.id = id;
        this.unfoldings = List.of(unfoldings);
    }

    @Override
    public String id() {
        return id;
    }

    @Override
    public List<String> forms() {
        return unfoldings.stream().map(Unfolding::id).toList();
    }

    private Unfolding unfolding(String form) {
        return unfoldings.stream()
                .filter(unfolding -> unfolding.id().equals(form))
                .findFirst()
                .orElseThrow(() -> new InvalidInputException("The scheme " + id + " has no form '" + form + "'."));
    }

    /** Every rank, rising. */
    @Override
    public List<Choice> choices(Place place, String form, int multiple) {
        Layer layer = place.layer();
        int largest = unfolding(form).maxRank(layer) / multiple;
        return IntStream.rangeClosed(1, largest)
                .mapToObj(i -> Choice.of(form, i * multiple))
                .toList();
    }

    @Override
    public Blueprint blueprint(Place place, Choice choice) {
        Layer layer = place.layer();
        Unfolding unfolding = unfolding(choice.form());
        int rank = unfolding.requireRank(layer, choice);
        List<Long> between = unfolding.between(layer, rank);
        return Blueprint.of(
                layer.id(),
                List.of(
                        new SizedOp(unfolding.first(layer, rank), layer.inputShape(), between, layer.type()),
                        new SizedOp(unfolding.second(layer, rank), between, layer.outputShape(), layer.type())));
    }

    @Override
    public Factors factor(Place place, LayerKnowledge known, Choice largest, LinearAlgebra linearAlgebra) {
        Layer layer = place.layer();
        Weights weights = known.weights(layer.id());
        Optional<LayerMoments> seen = known.moments(layer.id());
        Unfolding unfolding = unfolding(largest.form());
        int maxRank = unfolding.requireRank(layer, largest);
        Checks.requireShape(layer, weights);
        seen.ifPresent(moments -> moments.check(layer));
        try {
            return seen.filter(moments -> !moments.constant())
                    .map(moments -> aware(layer, weights.all(), moments, unfolding, maxRank, linearAlgebra))
                    .orElseGet(() -> free(layer, weights.all(), unfolding, maxRank, linearAlgebra));
        } catch (LinearAlgebraException e) {
            throw new LinearAlgebraException("Layer '" + layer.id() + "': " + e.getMessage(), e);
        }
    }

    /** For the weight alone. */
    private static Factors free(
            Layer layer, float[] weight, Unfolding unfolding, int maxRank, LinearAlgebra linearAlgebra) {
        boolean transposed = unfolding.projected(layer) > unfolding.maxRank(layer);
        List<TruncatedSvd> groups = new ArrayList<>();
        for (int group = 0; group < layer.groups(); group++) {
            groups.add(linearAlgebra.svd(unfolded(layer, weight, unfolding, transposed, group), maxRank));
        }
        return new SvdFactors(layer, unfolding, transposed, groups);
    }

    /** For what the layer sees. */
    private static Factors aware(
            Layer layer,
            float[] weight,
            LayerMoments moments,
            Unfolding unfolding,
            int maxRank,
            LinearAlgebra linearAlgebra) {
        int taps = unfolding.taps(layer);
        List<GroupFit> groups = new ArrayList<>();
        for (int g = 0; g < layer.groups(); g++) {
            Matrix w = Matrices.ofGroup(layer, weight, g);
            groups.add(new GroupFit(linearAlgebra, w, moments.groups().get(g), taps, maxRank));
        }
        return new DataAwareFactors(layer, unfolding, maxRank, groups);
    }

    /**
     * A group's matrix A, D × n'·J, or Aᵀ: element (d, o·J + j) of A is that of output channel o and patch element d·J + j.
     */
    private static FloatMatrix unfolded(
            Layer layer, float[] weight, Unfolding unfolding, boolean transposed, int group) {
        int taps = unfolding.taps(layer);
        int projected = unfolding.projected(layer);
        int out = layer.weight().out() / layer.groups();
        int size = out * projected * taps;
        if (taps == 1) {
            float[] slice = layer.groups() == 1 ? weight : Arrays.copyOfRange(weight, group * size, (group + 1) * size);
            FloatMatrix stored = new FloatMatrix(out, projected, slice);
            return transposed ? stored : stored.transposed();
        }
        float[] data = new float[size];
        for (int o = 0; o < out; o++) {
            for (int d = 0; d < projected; d++) {
                int from = ((group * out + o) * projected + d) * taps;
                System.arraycopy(weight, from, data, (d * out + o) * taps, taps);
            }
        }
        FloatMatrix a = new FloatMatrix(projected, out * taps, data);
        return transposed ? a.transposed() : a;
    }
}
