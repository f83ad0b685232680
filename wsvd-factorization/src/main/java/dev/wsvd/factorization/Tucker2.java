package dev.wsvd.factorization;

import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.layer.Convolution;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.Place;
import dev.wsvd.domain.layer.Weights;
import dev.wsvd.domain.linalg.LinearAlgebra;
import dev.wsvd.domain.moments.LayerMoments;
import dev.wsvd.domain.moments.PatchMoments;
import dev.wsvd.domain.plan.Blueprint;
import dev.wsvd.domain.plan.Choice;
import dev.wsvd.domain.plan.Factors;
import dev.wsvd.domain.spi.CompressionScheme;
import dev.wsvd.domain.spi.LayerKnowledge;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Tucker-2 of a convolution W[n][m/g][k…] with K > 1 taps: with ranks r₁ (input side) and r₂ (output side) per group, a pointwise
 * m→g·r₁, the kernel g·r₁→g·r₂ with the original stride, padding and dilation, and a pointwise g·r₂→n with the bias.
 *
 * <p>Costs r₁·m·P_in + r₁·r₂·K·P_out + r₂·n·P_out MACs for one group. Ranks are chosen from a grid of {@value #STEPS} steps a side.
 *
 * <p>Y. Kim, E. Park, S. Yoo, T. Choi, L. Yang, D. Shin, "Compression of deep convolutional neural networks for fast and low power
 * mobile applications", ICLR 2016; here for the outputs on what the layer sees, where that is known.
 */
public final class Tucker2 implements CompressionScheme {
    private static final String ID = "tucker-2";
    private static final int STEPS = 16;

    @Override
    public String id() {
        return ID;
    }

    private static boolean appliesTo(Layer layer) {
        return layer.op() instanceof Convolution && layer.weight().kernelSize() > 1;
    }

    private static int inputs(Layer layer) {
        return layer.weight().inPerGroup();
    }

    private static int outputs(Layer layer) {
        return layer.outChannels() / layer.groups();
    }

    /** Pairs of ranks of which neither is more than the other allows: r₁ ≤ K·r₂ and r₂ ≤ K·r₁. */
    @Override
    public List<Choice> choices(Place place, String form, int multiple) {
        Layer layer = place.layer();
        if (!appliesTo(layer)) {
            return List.of();
        }
        List<Choice> choices = new ArrayList<>();
        for (int r1 : steps(inputs(layer), multiple)) {
            for (int r2 : steps(outputs(layer), multiple)) {
                if (isUseful(layer, r1, r2)) {
                    choices.add(new Choice(ID, List.of(r1, r2)));
                }
            }
        }
        return choices;
    }

    private static Set<Integer> steps(int most, int multiple) {
        Set<Integer> steps = new TreeSet<>();
        for (int i = 1; i <= STEPS; i++) {
            int rank = (most * i + STEPS - 1) / STEPS;
            int rounded = (rank + multiple - 1) / multiple * multiple;
            if (rounded <= most) {
                steps.add(rounded);
            }
        }
        return steps;
    }

    private static boolean isUseful(Layer layer, long r1, long r2) {
        int taps = layer.weight().kernelSize();
        return r1 <= taps * r2 && r2 <= taps * r1;
    }

    /** Both ranks at the same share of their channels. */
    @Override
    public List<Choice> series(Place place, String form, int multiple) {
        Layer layer = place.layer();
        if (!appliesTo(layer)) {
            return List.of();
        }
        int steps = Math.max(inputs(layer), outputs(layer));
        Set<Choice> line = new LinkedHashSet<>();
        for (int i = 1; i <= steps; i++) {
            int r1 = share(inputs(layer), i, steps, multiple);
            int r2 = share(outputs(layer), i, steps, multiple);
            if (r1 > 0 && r2 > 0 && isUseful(layer, r1, r2)) {
                line.add(new Choice(ID, List.of(r1, r2)));
            }
        }
        return List.copyOf(line);
    }

    private static int share(int most, int step, int steps, int multiple) {
        long rank = ((long) most * step + steps - 1) / steps;
        return (int) Math.min((rank + multiple - 1) / multiple, most / multiple) * multiple;
    }

    @Override
    public Blueprint blueprint(Place place, Choice choice) {
        Layer layer = place.layer();
        requireRanks(layer, choice);
        return ThreeStages.blueprint(layer, ops(layer, choice));
    }

    /** Geometry of the three stages. */
    static List<Convolution> ops(Layer layer, Choice choice) {
        Convolution conv = (Convolution) layer.op();
        int r1 = choice.sizes().get(0);
        int r2 = choice.sizes().get(1);
        return List.of(
                conv.along(dim -> false, Math.multiplyExact(layer.groups(), r1), inputs(layer)),
                conv.along(dim -> true, Math.multiplyExact(layer.groups(), r2), r1),
                conv.along(dim -> false, layer.outChannels(), r2));
    }

    private static void requireRanks(Layer layer, Choice choice) {
        String name = "Layer '" + layer.id() + "' (" + layer.weight() + ")";
        if (!appliesTo(layer)) {
            throw new InvalidInputException(
                    name + " has no " + ID + " form, which is for convolutions of more than one tap.");
        }
        boolean fits = choice.sizes().size() == 2
                && choice.sizes().get(0) <= inputs(layer)
                && choice.sizes().get(1) <= outputs(layer);
        if (!fits) {
            throw new InvalidInputException(name + " has no " + choice + "; allowed: two ranks, 1 … " + inputs(layer)
                    + " and 1 … " + outputs(layer) + ".");
        }
    }

    @Override
    public Factors factor(Place place, LayerKnowledge known, Choice largest, LinearAlgebra linearAlgebra) {
        Layer layer = place.layer();
        Weights weights = known.weights(layer.id());
        Optional<LayerMoments> seen = known.moments(layer.id());
        requireRanks(layer, largest);
        Checks.requireShape(layer, weights);
        seen.ifPresent(moments -> moments.check(layer));
        List<TuckerFit> groups = new ArrayList<>();
        float[] values = weights.all();
        Optional<LayerMoments> varying = seen.filter(moments -> !moments.constant());
        return Checks.naming(layer, () -> {
            for (int g = 0; g < layer.groups(); g++) {
                int group = g;
                PatchMoments moments = varying.map(it -> it.groups().get(group))
                        .orElseGet(() ->
                                PatchMoments.white(inputs(layer), layer.weight().kernelSize()));
                groups.add(new TuckerFit(
                        linearAlgebra,
                        Matrices.ofGroup(layer, values, g),
                        moments,
                        layer.weight().kernelSize(),
                        largest.sizes().get(0),
                        largest.sizes().get(1)));
            }
            return new TuckerFactors(layer, largest, groups);
        });
    }
}
