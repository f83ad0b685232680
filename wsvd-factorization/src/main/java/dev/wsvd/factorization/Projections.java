package dev.wsvd.factorization;

import dev.wsvd.domain.layer.Affine;
import dev.wsvd.domain.layer.Convolution;
import dev.wsvd.domain.linalg.LinearAlgebra;
import dev.wsvd.domain.linalg.Matrix;
import dev.wsvd.domain.moments.Projection;
import dev.wsvd.domain.plan.Replacement;
import dev.wsvd.domain.plan.Stage;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** What the last of some stages sees. */
public final class Projections {
    private Projections() {}

    /**
     * The stages before the last as one projection.
     *
     * @return empty if there are none before the last, two of them have more than one tap, a stage is no convolution or product, or its
     *     groups, of the last all, are not within the layer's
     */
    public static Optional<Projection> of(Replacement replacement, LinearAlgebra linearAlgebra) {
        List<Stage> stages = replacement.parts();
        int groups = replacement.layer().groups();
        boolean linear = stages.stream()
                .allMatch(stage -> stage.op().groups() % groups == 0
                        && (stage.op() instanceof Affine || stage.op() instanceof Convolution));
        Stage last = stages.get(stages.size() - 1);
        List<Stage> before = stages.subList(0, stages.size() - 1);
        long withTaps = before.stream().filter(stage -> taps(stage) > 1).count();
        if (!linear || last.op().groups() != groups || before.isEmpty() || withTaps > 1) {
            return Optional.empty();
        }
        List<Matrix> byGroup = new ArrayList<>();
        for (int g = 0; g < groups; g++) {
            Matrix p = matrix(before.get(0), groups, g);
            for (Stage next : before.subList(1, before.size())) {
                p = followed(linearAlgebra, p, matrix(next, groups, g), taps(next));
            }
            byGroup.add(p);
        }
        return Optional.of(new Projection(byGroup, taps(last)));
    }

    private static int taps(Stage stage) {
        return stage.op().weight().kernelSize();
    }

    /** A group's weights, r × (channels of the group · taps), with zeros where the stage has groups within it. */
    private static Matrix matrix(Stage stage, int groups, int group) {
        int rows = stage.op().weight().out() / groups;
        float[] values = stage.weights().rows(group * rows, (group + 1) * rows);
        int within = stage.op().groups() / groups;
        int width = values.length / rows;
        double[] data = new double[Math.multiplyExact(values.length, within)];
        for (int i = 0; i < values.length; i++) {
            int row = i / width;
            data[row * width * within + row * within / rows * width + i % width] = values[i];
        }
        return new Matrix(rows, width * within, data);
    }

    /** B[r₂][r₁][k] after A[r₁][D]: [r₂][D][k] if B has the taps; else [r₂][D] with those that A has. */
    private static Matrix followed(LinearAlgebra linearAlgebra, Matrix a, Matrix b, int taps) {
        if (taps == 1) {
            return linearAlgebra.multiply(b, a);
        }
        double[] result = new double[Math.multiplyExact(b.rows(), Math.multiplyExact(a.cols(), taps))];
        for (int k = 0; k < taps; k++) {
            Matrix ofTap = linearAlgebra.multiply(column(b, k, taps), a);
            for (int i = 0; i < ofTap.data().length; i++) {
                result[i * taps + k] = ofTap.data()[i];
            }
        }
        return new Matrix(b.rows(), a.cols() * taps, result);
    }

    private static Matrix column(Matrix b, int tap, int taps) {
        double[] data = new double[b.data().length / taps];
        for (int i = 0; i < data.length; i++) {
            data[i] = b.data()[i * taps + tap];
        }
        return new Matrix(b.rows(), b.cols() / taps, data);
    }
}
