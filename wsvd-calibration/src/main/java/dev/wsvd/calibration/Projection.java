package dev.wsvd.calibration;

import dev.wsvd.domain.Layer;
import dev.wsvd.domain.factor.FactorizedLayer;
import dev.wsvd.domain.linalg.Matrix;
import java.util.List;
import java.util.stream.IntStream;

/**
 * How the first of the two layers that replace one makes z = (P ⊗ I_J) x̂ of a patch x̂, group by group.
 *
 * @param byGroup P, r × D
 * @param taps J, so that a patch has D·J elements
 */
public record Projection(List<Matrix> byGroup, int taps) {
    public Projection {
        byGroup = List.copyOf(byGroup);
    }

    /** The projection of a split layer. */
    public static Projection of(FactorizedLayer split) {
        Layer layer = split.layer();
        int rank = split.split().rank();
        int projected = split.split().unfolding().projected(layer);
        return new Projection(
                IntStream.range(0, layer.groups())
                        .mapToObj(g -> matrix(rank, projected, split.first(), g * rank * projected))
                        .toList(),
                split.split().unfolding().taps(layer));
    }

    private static Matrix matrix(int rows, int cols, float[] values, int from) {
        double[] data = Matrix.allocate(rows, cols);
        for (int i = 0; i < data.length; i++) {
            data[i] = values[from + i];
        }
        return new Matrix(rows, cols, data);
    }

    /** r·J, the elements of z. */
    int width() {
        return Math.multiplyExact(byGroup.get(0).rows(), taps);
    }
}
