package dev.wsvd.factorization;

import dev.wsvd.domain.layer.Op;
import dev.wsvd.domain.plan.Replacement;
import dev.wsvd.domain.plan.Stage;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/** What stages compute together, in plain loops over every channel and tap. */
final class Composition {
    /** A[channel][input channel of the group][tap…], with the kernel dims of all stages so far. */
    private final double[][][] weight;

    private final List<Integer> kernel;

    private Composition(double[][][] weight, List<Integer> kernel) {
        this.weight = weight;
        this.kernel = kernel;
    }

    /** All stages as one weight W[n][m/g][k…]: no dim of the kernel is in two of them. */
    static float[] of(Replacement replacement) {
        List<Stage> stages = replacement.parts();
        return of(stages, replacement.layer().groups()).flat();
    }

    private static Composition of(List<Stage> stages, int groups) {
        Composition composed = single(stages.get(0), groups);
        for (Stage next : stages.subList(1, stages.size())) {
            composed = composed.followedBy(single(next, groups), groups);
        }
        return composed;
    }

    /** A stage of more groups has zeros where its channels do not meet. */
    private static Composition single(Stage stage, int groups) {
        Op op = stage.op();
        float[] values = stage.weights().all();
        int in = op.weight().inPerGroup();
        int taps = op.weight().kernelSize();
        int within = op.groups() / groups;
        int outPerGroup = op.weight().out() / op.groups();
        double[][][] weight = new double[op.weight().out()][in * within][taps];
        for (int i = 0; i < values.length; i++) {
            int o = i / (in * taps);
            weight[o][o / outPerGroup % within * in + i / taps % in][i % taps] = values[i];
        }
        return new Composition(weight, op.weight().kernel());
    }

    private Composition followedBy(Composition next, int groups) {
        int between = weight.length / groups;
        int outPerGroup = next.weight.length / groups;
        List<Integer> both = IntStream.range(0, kernel.size())
                .mapToObj(dim -> kernel.get(dim) * next.kernel.get(dim))
                .toList();
        int taps = both.stream().reduce(1, (a, b) -> a * b);
        double[][][] result = new double[next.weight.length][weight[0].length][taps];
        for (int o = 0; o < result.length; o++) {
            for (int c = 0; c < weight[0].length; c++) {
                for (int k = 0; k < taps; k++) {
                    for (int r = 0; r < between; r++) {
                        result[o][c][k] += next.weight[o][r][tap(both, k, next.kernel)]
                                * weight[o / outPerGroup * between + r][c][tap(both, k, kernel)];
                    }
                }
            }
        }
        return new Composition(result, both);
    }

    /** Which of its taps a kernel uses at a tap of a larger one: it has each dim wholly or not at all. */
    private static int tap(List<Integer> all, int tap, List<Integer> kernel) {
        int index = 0;
        int rest = tap;
        int factor = 1;
        for (int dim = all.size() - 1; dim >= 0; dim--) {
            int position = rest % all.get(dim);
            rest /= all.get(dim);
            if (kernel.get(dim) > 1) {
                index += position * factor;
                factor *= kernel.get(dim);
            }
        }
        return index;
    }

    private float[] flat() {
        double[] all = concat(Arrays.stream(weight).map(Composition::concat).toArray(double[][]::new));
        float[] floats = new float[all.length];
        for (int i = 0; i < all.length; i++) {
            floats[i] = (float) all[i];
        }
        return floats;
    }

    private static double[] concat(double[][] parts) {
        return Arrays.stream(parts).flatMapToDouble(Arrays::stream).toArray();
    }
}
