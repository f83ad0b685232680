package dev.wsvd.factorization;

import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.Weights;
import dev.wsvd.domain.linalg.FloatMatrix;
import dev.wsvd.domain.linalg.LinearAlgebra;
import dev.wsvd.domain.linalg.Matrix;
import dev.wsvd.domain.moments.LayerMoments;
import dev.wsvd.domain.moments.PatchMoments;
import dev.wsvd.domain.spi.LayerKnowledge;
import java.util.Arrays;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.IntStream;

/** A layer that reads a coupling's units, with its weight and, if it is known, what it sees. */
final class UnitReader {
    /** Above that many units, what a unit adds is taken for itself: conditional losses cost the third power. */
    static final int LARGEST_CONDITIONAL = 4096;

    /** Λ as a share of a unit's variance, and of the mean variance: units that never vary go first. */
    private static final double RIDGE = 1e-3;

    private static final double FLOOR = 1e-6;

    private final ReadChannels channels;
    private final float[] weights;
    private final Optional<ReaderProduct> product;

    private UnitReader(ReadChannels channels, float[] weights, Optional<ReaderProduct> product) {
        this.channels = channels;
        this.weights = weights;
        this.product = product;
    }

    static UnitReader of(ReadChannels channels, LayerKnowledge known, LinearAlgebra linearAlgebra) {
        Layer layer = channels.layer();
        Weights weights = known.weights(layer.id());
        Optional<LayerMoments> seen = known.moments(layer.id());
        Checks.requireShape(layer, weights);
        seen.ifPresent(moments -> moments.check(layer));
        float[] values = weights.all();
        return Checks.naming(layer, () -> {
            new FloatMatrix(layer.outChannels(), values.length / layer.outChannels(), values).requireFinite();
            return new UnitReader(
                    channels,
                    values,
                    seen.filter(moments -> !moments.constant())
                            .map(moments -> ReaderProduct.of(
                                    layer, values, moments.groups().get(0), moments.patches(), linearAlgebra)));
        });
    }

    Layer layer() {
        return channels.layer();
    }

    /** The layer for what it sees. */
    ReaderProduct product(Supplier<PatchMoments> otherwise, LinearAlgebra linearAlgebra) {
        return product.orElseGet(
                () -> ReaderProduct.of(layer(), weights, otherwise.get(), Long.MAX_VALUE, linearAlgebra));
    }

    /** What the layer's outputs lose with each unit. */
    UnitLosses losses() {
        return Checks.naming(
                channels.layer(),
                () -> product.filter(it -> channels.units() <= LARGEST_CONDITIONAL && it.energy() > 0)
                        .map(this::conditional)
                        .orElseGet(this::alone));
    }

    /** The layer for each number of units in an order. */
    ReaderFit fit(int[] order) {
        return Checks.naming(
                channels.layer(),
                () -> product.<ReaderFit>map(it -> new RefittedReader(it, channels, order))
                        .orElseGet(() -> new UnseenReader(channels, weights, order)));
    }

    /** C_jj ‖W_:j‖² by unit, as a share of all. */
    private UnitLosses alone() {
        double[] squares =
                product.map(ReaderProduct::energies).orElseGet(() -> UnseenReader.squares(layer().weight(), weights));
        double all = Arrays.stream(squares).sum();
        return UnitLosses.fixed(IntStream.range(0, channels.units())
                .mapToDouble(unit -> Arrays.stream(channels.of(unit))
                                .mapToDouble(channel -> squares[channel])
                                .sum()
                        / (all == 0 ? 1 : all))
                .toArray());
    }

    /** Given what the channels say that stay in any case. */
    private UnitLosses conditional(ReaderProduct reader) {
        LinearAlgebra linearAlgebra = reader.linearAlgebra();
        int units = channels.units();
        int[] elements = reader.elements(IntStream.range(0, units)
                .flatMap(unit -> Arrays.stream(channels.of(unit)))
                .toArray());
        Matrix covariance = reader.covariance(elements, elements);
        if (channels.others().length > 0) {
            int[] others = reader.elements(channels.others());
            Matrix known = linearAlgebra
                    .cholesky(Matrices.withRidge(reader.covariance(others, others), RefittedReader.RIDGE))
                    .solveLower(reader.covariance(others, elements));
            covariance = Matrices.plus(covariance, -1, linearAlgebra.transposedTimes(known, known));
        }
        Matrix weights = reader.weight(elements).transposed();
        double scale = 1 / Math.sqrt(reader.energy());
        double[] scaled = Arrays.stream(weights.data()).map(w -> w * scale).toArray();
        Matrix byUnit = new Matrix(units, scaled.length / units, scaled);
        return new ConditionalLosses(
                linearAlgebra,
                inverse(linearAlgebra, mean(covariance, elements.length / units)),
                linearAlgebra.timesTransposed(byUnit, byUnit));
    }

    private static Matrix inverse(LinearAlgebra linearAlgebra, Matrix covariance) {
        Matrix inverse = linearAlgebra
                .cholesky(Matrices.withRidge(covariance, RIDGE, FLOOR))
                .inverseFactor();
        return linearAlgebra.transposedTimes(inverse, inverse);
    }

    /** The covariance of units, the mean over their elements. */
    private static Matrix mean(Matrix covariance, int perUnit) {
        int units = covariance.rows() / perUnit;
        double[] mean = new double[units * units];
        for (int i = 0; i < covariance.rows(); i++) {
            int row = i / perUnit * units;
            for (int j = 0; j < units; j++) {
                mean[row + j] += covariance.get(i, j * perUnit + i % perUnit) / perUnit;
            }
        }
        return new Matrix(units, units, mean);
    }
}
