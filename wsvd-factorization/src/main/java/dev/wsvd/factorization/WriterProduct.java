package dev.wsvd.factorization;

import dev.wsvd.domain.layer.Coupling;
import dev.wsvd.domain.layer.Coupling.Slice;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.Weights;
import dev.wsvd.domain.linalg.FloatMatrix;
import dev.wsvd.domain.linalg.LinearAlgebra;
import dev.wsvd.domain.linalg.Matrix;
import dev.wsvd.domain.moments.LayerMoments;
import dev.wsvd.domain.moments.PatchMoments;
import dev.wsvd.domain.spi.LayerKnowledge;
import java.util.Optional;

/**
 * Moments of the units that a layer of one group writes, u = W x + b, for what the layer sees; white x of mean 0 where that is not
 * known. Where a unit is spread over several channels, sums over them.
 */
final class WriterProduct {
    private final LinearAlgebra linearAlgebra;
    private final int perGroup;
    private final int spread;
    /** W, its rows by group, copy, unit. */
    private final Matrix weight;
    /** W C. */
    private final Matrix weighted;
    /** W E[x] + b. */
    private final double[] mean;

    private WriterProduct(
            LinearAlgebra linearAlgebra,
            Coupling coupling,
            Slice slice,
            float[] values,
            PatchMoments seen,
            float[] bias) {
        this.linearAlgebra = linearAlgebra;
        this.perGroup = coupling.perGroup();
        this.spread = coupling.spread(slice);
        int width = values.length / slice.layer().outChannels();
        int rows = slice.channels().size();
        double[] data = Matrix.allocate(rows, width);
        this.mean = new double[rows];
        for (int row = 0; row < rows; row++) {
            int copy = row / perGroup % spread;
            int unit = row / perGroup / spread * perGroup + row % perGroup;
            int channel = coupling.channels(slice, unit).get(copy);
            mean[row] = bias[channel];
            for (int i = 0; i < width; i++) {
                data[row * width + i] = values[channel * width + i];
                mean[row] += values[channel * width + i] * seen.mean()[i];
            }
        }
        this.weight = new Matrix(rows, width, data);
        this.weighted = new Covariance(linearAlgebra, seen).times(weight);
    }

    static WriterProduct of(Coupling coupling, Slice slice, LayerKnowledge known, LinearAlgebra linearAlgebra) {
        Layer layer = slice.layer();
        Weights weights = known.weights(layer.id());
        Optional<LayerMoments> moments = known.moments(layer.id());
        Checks.requireShape(layer, weights);
        moments.ifPresent(it -> it.check(layer));
        PatchMoments seen = moments.filter(it -> !it.constant())
                .map(it -> it.groups().get(0))
                .orElseGet(() -> PatchMoments.white(
                        layer.weight().inPerGroup(), layer.weight().kernelSize()));
        float[] values = weights.all();
        float[] bias = known.bias(layer.id()).orElseGet(() -> new float[layer.outChannels()]);
        return Checks.naming(layer, () -> {
            new FloatMatrix(layer.outChannels(), values.length / layer.outChannels(), values).requireFinite();
            new FloatMatrix(1, bias.length, bias).requireFinite();
            return new WriterProduct(linearAlgebra, coupling, slice, values, seen, bias);
        });
    }

    /** E[(u − ū)(u − ū)ᵀ] of a group's units. */
    Matrix covariance(int group) {
        double[] sum = new double[perGroup * perGroup];
        for (int copy = 0; copy < spread; copy++) {
            int from = (group * spread + copy) * perGroup;
            Matrix product = linearAlgebra.multiply(
                    Matrices.block(weighted, from, from + perGroup, weighted.cols()),
                    Matrices.block(weight, from, from + perGroup, weight.cols()).transposed());
            for (int i = 0; i < sum.length; i++) {
                sum[i] += product.data()[i];
            }
        }
        return Matrices.symmetric(new Matrix(perGroup, perGroup, sum));
    }

    /** E[u uᵀ] of a group's units. */
    Matrix secondMoment(int group) {
        double[] sum = covariance(group).data();
        for (int copy = 0; copy < spread; copy++) {
            int from = (group * spread + copy) * perGroup;
            for (int i = 0; i < sum.length; i++) {
                sum[i] += mean[from + i / perGroup] * mean[from + i % perGroup];
            }
        }
        return new Matrix(perGroup, perGroup, sum);
    }

    /** E[u] of a unit, the mean over its channels. */
    double mean(int unit) {
        double sum = 0;
        for (int copy = 0; copy < spread; copy++) {
            sum += mean[(unit / perGroup * spread + copy) * perGroup + unit % perGroup];
        }
        return sum / spread;
    }
}
