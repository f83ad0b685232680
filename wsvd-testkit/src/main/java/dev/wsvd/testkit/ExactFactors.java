package dev.wsvd.testkit;

import dev.wsvd.domain.layer.Affine;
import dev.wsvd.domain.layer.Convolution;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.Lookup;
import dev.wsvd.domain.layer.Op;
import dev.wsvd.domain.layer.Weights;
import dev.wsvd.domain.plan.Choice;
import dev.wsvd.domain.plan.Replacement;
import dev.wsvd.domain.plan.Stage;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntPredicate;

/**
 * Stages of full rank without any linear algebra: one has the weight, the others are identities, so what a model computes does not
 * change by a rounding.
 */
public final class ExactFactors {
    private ExactFactors() {}

    /** A layer's weight in stages of full rank. */
    public static Replacement of(Layer layer, Weights weights, ExactForm form) {
        float[] weight = weights.all();
        return switch (form) {
            case WHOLE -> replacement(layer, form, List.of(new Stage(layer.op(), weight)), 0);
            case TUCKER_2 -> replacement(layer, form, threeStages(layer, weight), 0);
            case INPUT_CHANNEL, OUTPUT_CHANNEL, SPATIAL -> replacement(layer, form, twoStages(layer, weight, form), 0);
        };
    }

    private static Replacement replacement(Layer layer, Object form, List<Stage> stages, double error) {
        List<Integer> ranks = stages.subList(0, Math.max(1, stages.size() - 1)).stream()
                .map(stage -> stage.op().weight().out() / layer.groups())
                .toList();
        return Replacement.of(layer, new Choice(form.toString(), ranks), stages, error);
    }

    private static List<Stage> threeStages(Layer layer, float[] weight) {
        int in = layer.weight().inPerGroup();
        int out = layer.outChannels() / layer.groups();
        Op first = first(layer, dim -> false, layer.inChannels());
        Op core = later(layer, dim -> true, layer.outChannels(), in);
        Op last = later(layer, dim -> false, layer.outChannels(), out);
        return List.of(
                new Stage(first, identities(layer.groups(), in)),
                new Stage(core, weight),
                new Stage(last, identities(layer.groups(), out)));
    }

    /** Identities of that size, one for each group, one below the other. */
    private static float[] identities(int groups, int size) {
        float[] identities = new float[groups * size * size];
        for (int row = 0; row < groups * size; row++) {
            identities[row * size + row % size] = 1;
        }
        return identities;
    }

    /**
     * A weight as A, D × n'·J per group, with J taps in the second stage. The identity stands on the shorter side.
     */
    private static List<Stage> twoStages(Layer layer, float[] weight, ExactForm form) {
        int groups = layer.groups();
        int out = layer.outChannels() / groups;
        int taps = later(layer, dim -> !form.inFirst(dim), layer.outChannels(), 1)
                .weight()
                .kernelSize();
        int projected = weight.length / (layer.outChannels() * taps);
        boolean identityFirst = projected <= out * taps;
        int rank = Math.min(projected, out * taps);
        float[] first = identityFirst ? identities(groups, rank) : new float[groups * rank * projected];
        float[] second = identityFirst ? weight : new float[groups * out * rank * taps];
        for (int row = 0; !identityFirst && row < groups * rank; row++) {
            int r = row % rank;
            int o = row / rank * out + r / taps;
            second[(o * rank + r) * taps + r % taps] = 1;
            for (int d = 0; d < projected; d++) {
                first[row * projected + d] = weight[(o * projected + d) * taps + r % taps];
            }
        }
        return List.of(
                new Stage(first(layer, form::inFirst, groups * rank), first),
                new Stage(later(layer, dim -> !form.inFirst(dim), layer.outChannels(), rank), second));
    }

    /** What sees the layer's input. */
    private static Op first(Layer layer, IntPredicate dims, int out) {
        int in = layer.weight().inPerGroup();
        return layer.op() instanceof Lookup ? Lookup.of(out, in) : later(layer, dims, out, in);
    }

    /** What sees the stage before; an embedding is looked up only once. */
    private static Op later(Layer layer, IntPredicate dims, int out, int inPerGroup) {
        return layer.op() instanceof Convolution conv ? conv.along(dims, out, inPerGroup) : Affine.of(out, inPerGroup);
    }

    /** The same with only the first r channels, per group, between stages: not the best of that rank, but of its shape. */
    public static Replacement truncated(Replacement full, int rank) {
        Layer layer = full.layer();
        List<Stage> stages = new ArrayList<>();
        int in = layer.weight().inPerGroup();
        for (Stage stage : full.parts()) {
            boolean last = stages.size() == full.parts().size() - 1;
            int of = stage.op().weight().out() / layer.groups();
            int out = last ? of : Math.min(rank, of);
            stages.add(truncated(stage, layer.groups(), out, in));
            in = out;
        }
        return replacement(layer, full.choice().form(), stages, 1);
    }

    private static Stage truncated(Stage stage, int groups, int outPerGroup, int inPerGroup) {
        int taps = stage.op().weight().kernelSize();
        int fullIn = stage.op().weight().inPerGroup();
        int fullOut = stage.op().weight().out() / groups;
        float[] full = stage.weights().all();
        float[] cut = new float[groups * outPerGroup * inPerGroup * taps];
        for (int row = 0; row < groups * outPerGroup; row++) {
            int from = (row / outPerGroup * fullOut + row % outPerGroup) * fullIn * taps;
            System.arraycopy(full, from, cut, row * inPerGroup * taps, inPerGroup * taps);
        }
        return new Stage(resized(stage.op(), groups * outPerGroup, inPerGroup), cut);
    }

    private static Op resized(Op op, int out, int inPerGroup) {
        if (op instanceof Convolution conv) {
            return conv.along(dim -> true, out, inPerGroup);
        }
        return op instanceof Lookup ? Lookup.of(out, inPerGroup) : Affine.of(out, inPerGroup);
    }
}
