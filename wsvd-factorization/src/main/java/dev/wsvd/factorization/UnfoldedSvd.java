package dev.wsvd.factorization;

import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.Place;
import dev.wsvd.domain.layer.SizedOp;
import dev.wsvd.domain.layer.Weights;
import dev.wsvd.domain.linalg.FloatMatrix;
import dev.wsvd.domain.linalg.LinearAlgebra;
import dev.wsvd.domain.linalg.Spectrum;
import dev.wsvd.domain.moments.LayerMoments;
import dev.wsvd.domain.moments.PatchMoments;
import dev.wsvd.domain.plan.Blueprint;
import dev.wsvd.domain.plan.Choice;
import dev.wsvd.domain.plan.Factors;
import dev.wsvd.domain.spi.CompressionScheme;
import dev.wsvd.domain.spi.LayerKnowledge;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;

/**
 * Unfolds a layer's weight into a matrix per group and decomposes it once for every rank: two stages for one layer.
 *
 * <p>Of the weight alone it is the best approximation of each rank in the Frobenius norm: C. Eckart, G. Young, "The approximation
 * of one matrix by another of lower rank", Psychometrika, 1936. With moments it is that of the layer's outputs.
 */
abstract sealed class UnfoldedSvd implements CompressionScheme permits WeightSvd, SpatialSvd {
    @Override
    public final boolean hasSpectra() {
        return true;
    }

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

    /** Without a kernel a weight is one matrix, in whichever order its sides are taken. */
    @Override
    public boolean isRepeated(Place place, String form) {
        Layer layer = place.layer();
        Unfolding here = unfolding(form);
        return layer.weight().kernelSize() == 1
                && unfoldings.stream()
                        .takeWhile(before -> before != here)
                        .anyMatch(before -> before.appliesTo(layer)
                                && here.appliesTo(layer)
                                && before.first(layer, 1).equals(here.first(layer, 1))
                                && before.second(layer, 1).equals(here.second(layer, 1)));
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
        Optional<LayerMoments> seen = seen(layer, known);
        Unfolding unfolding = unfolding(largest.form());
        int maxRank = unfolding.requireRank(layer, largest);
        Checks.requireShape(layer, weights);
        return Checks.naming(
                layer,
                () -> seen.map(moments -> aware(layer, weights, moments, unfolding, maxRank, linearAlgebra))
                        .orElseGet(() -> free(layer, weights, unfolding, maxRank, linearAlgebra)));
    }

    /** Singular values tell all, and take no vectors: of the weight, or of the outputs where the first stage reads the whole patch. */
    @Override
    public Optional<ToDoubleFunction<Choice>> errors(
            Place place, LayerKnowledge known, Choice largest, LinearAlgebra linearAlgebra) {
        Layer layer = place.layer();
        Weights weights = known.weights(layer.id());
        Unfolding unfolding = unfolding(largest.form());
        unfolding.requireRank(layer, largest);
        Checks.requireShape(layer, weights);
        Optional<LayerMoments> seen = seen(layer, known);
        int taps = unfolding.taps(layer);
        if (!seen.stream().flatMap(moments -> moments.groups().stream()).allMatch(group -> isOneTap(taps, group))) {
            return Optional.empty();
        }
        double[] dropped = Checks.naming(
                layer,
                () -> seen.map(moments -> missing(layer, weights, moments, linearAlgebra))
                        .orElseGet(() -> SvdFactors.droppedEnergy(
                                ofGroups(layer, weights, unfolding, linearAlgebra::singularValues).stream()
                                        .map(Spectrum::values)
                                        .toList(),
                                0)));
        return Optional.of(choice -> SvdFactors.error(dropped, unfolding.requireRank(layer, choice)));
    }

    /** What the groups of a layer miss together, by rank. */
    private static double[] missing(Layer layer, Weights weights, LayerMoments moments, LinearAlgebra linearAlgebra) {
        double[] all = OneTapFit.missing(
                linearAlgebra, GroupRows.of(layer, weights, 0), moments.groups().get(0));
        for (int g = 1; g < layer.groups(); g++) {
            double[] group = OneTapFit.missing(
                    linearAlgebra,
                    GroupRows.of(layer, weights, g),
                    moments.groups().get(g));
            Arrays.setAll(all, rank -> all[rank] + group[rank]);
        }
        return all;
    }

    /** What a layer sees, if that is known and tells anything. */
    private static Optional<LayerMoments> seen(Layer layer, LayerKnowledge known) {
        Optional<LayerMoments> seen = known.moments(layer.id());
        seen.ifPresent(moments -> moments.check(layer));
        return seen.filter(moments -> !moments.constant());
    }

    /** For the weight alone. */
    private static Factors free(
            Layer layer, Weights weights, Unfolding unfolding, int maxRank, LinearAlgebra linearAlgebra) {
        return new SvdFactors(
                layer,
                unfolding,
                isTransposed(layer, unfolding),
                ofGroups(layer, weights, unfolding, matrix -> linearAlgebra.svd(matrix, maxRank)));
    }

    private static boolean isTransposed(Layer layer, Unfolding unfolding) {
        return unfolding.projected(layer) > unfolding.maxRank(layer);
    }

    private static <T> List<T> ofGroups(
            Layer layer, Weights weights, Unfolding unfolding, Function<FloatMatrix, T> decomposition) {
        boolean transposed = isTransposed(layer, unfolding);
        if (!transposed && layer.groups() == 1 && layer.weight().kernelSize() == 1) {
            return List.of(decomposition.apply(turned(weights)));
        }
        float[] weight = weights.all();
        List<T> groups = new ArrayList<>();
        for (int group = 0; group < layer.groups(); group++) {
            groups.add(decomposition.apply(unfolded(layer, weight, unfolding, transposed, group)));
        }
        return groups;
    }

    /** For what the layer sees. */
    private static Factors aware(
            Layer layer,
            Weights weights,
            LayerMoments moments,
            Unfolding unfolding,
            int maxRank,
            LinearAlgebra linearAlgebra) {
        int taps = unfolding.taps(layer);
        List<FittedGroup> groups = new ArrayList<>();
        for (int g = 0; g < layer.groups(); g++) {
            GroupRows rows = GroupRows.of(layer, weights, g);
            PatchMoments seen = moments.groups().get(g);
            groups.add(
                    isOneTap(taps, seen)
                            ? new OneTapFit(linearAlgebra, rows, seen, maxRank)
                            : new GroupFit(linearAlgebra, rows.matrix(), seen, taps, maxRank));
        }
        return new DataAwareFactors(layer, unfolding, maxRank, groups);
    }

    private static boolean isOneTap(int taps, PatchMoments seen) {
        return taps == 1 && seen.repeated() == 1;
    }

    /** The transposed matrix, read in pieces: there is one copy of it in memory. */
    private static FloatMatrix turned(Weights weights) {
        int out = weights.shape().out();
        int in = weights.shape().inPerGroup();
        float[] data = FloatMatrix.allocate(in, out);
        for (int from = 0; from < out; from += GroupRows.PIECE) {
            int to = Math.min(out, from + GroupRows.PIECE);
            FloatMatrix piece = new FloatMatrix(to - from, in, weights.rows(from, to)).transposed();
            for (int d = 0; d < in; d++) {
                System.arraycopy(piece.data(), d * (to - from), data, d * out + from, to - from);
            }
        }
        return new FloatMatrix(in, out, data);
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
