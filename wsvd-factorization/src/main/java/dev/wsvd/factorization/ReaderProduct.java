package dev.wsvd.factorization;

import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.linalg.LinearAlgebra;
import dev.wsvd.domain.linalg.Matrix;
import dev.wsvd.domain.moments.PatchMoments;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * A layer of one group as a plain product W x with the covariance C of x: the elements of its patches, or, where taps are taken as
 * uncorrelated, its input channels; then each tap's weights are rows of their own, since tr(W (C_m ⊗ I_K) Wᵀ) = Σ_k tr(W_k C_m W_kᵀ).
 */
final class ReaderProduct {
    private final Layer layer;
    private final LinearAlgebra linearAlgebra;
    private final int taps;
    /** Elements of x that are of one channel: K or 1. */
    private final int perChannel;

    private final Matrix weight;
    private final PatchMoments moments;
    private final long patches;
    /** W E[x]. */
    private final double[] outputMean;

    private final double energy;

    private ReaderProduct(
            Layer layer,
            LinearAlgebra linearAlgebra,
            Matrix weight,
            PatchMoments moments,
            long patches,
            double[] outputMean) {
        this.layer = layer;
        this.patches = patches;
        this.linearAlgebra = linearAlgebra;
        this.taps = layer.weight().kernelSize();
        this.perChannel = perChannel(layer, moments);
        this.weight = weight;
        this.moments = moments;
        this.outputMean = outputMean;
        this.energy = Math.max(0, Matrices.dot(linearAlgebra.multiply(weight, moments.covariance()), weight));
    }

    /**
     * @param stored the layer's weight
     * @param patches how many patches the moments are of
     */
    static ReaderProduct of(
            Layer layer, float[] stored, PatchMoments moments, long patches, LinearAlgebra linearAlgebra) {
        Matrix whole = Matrices.rows(stored, 0, layer.outChannels(), stored.length / layer.outChannels());
        return new ReaderProduct(
                layer,
                linearAlgebra,
                perChannel(layer, moments) == layer.weight().kernelSize() ? whole : byTap(layer, stored),
                moments,
                patches,
                times(whole, moments.mean()));
    }

    private static int perChannel(Layer layer, PatchMoments moments) {
        return moments.repeated() == 1 ? layer.weight().kernelSize() : 1;
    }

    private static double[] times(Matrix m, double[] x) {
        double[] product = new double[m.rows()];
        for (int i = 0; i < m.data().length; i++) {
            product[i / x.length] += m.data()[i] * x[i % x.length];
        }
        return product;
    }

    private static Matrix byTap(Layer layer, float[] stored) {
        int n = layer.outChannels();
        int m = layer.inChannels();
        int taps = layer.weight().kernelSize();
        double[] data = new double[stored.length];
        for (int o = 0; o < n; o++) {
            for (int c = 0; c < m; c++) {
                for (int k = 0; k < taps; k++) {
                    data[(o * taps + k) * m + c] = stored[(o * m + c) * taps + k];
                }
            }
        }
        return new Matrix(n * taps, m, data);
    }

    Layer layer() {
        return layer;
    }

    LinearAlgebra linearAlgebra() {
        return linearAlgebra;
    }

    int perChannel() {
        return perChannel;
    }

    /** n, how many patches the moments are of. */
    long patches() {
        return patches;
    }

    /** Numbers of the elements of some channels, channel by channel. */
    int[] elements(int... channels) {
        return Arrays.stream(channels)
                .flatMap(channel -> IntStream.range(channel * perChannel, (channel + 1) * perChannel))
                .toArray();
    }

    /** W, some of its columns. */
    Matrix weight(int[] elements) {
        double[] data = Matrix.allocate(weight.rows(), elements.length);
        for (int o = 0; o < weight.rows(); o++) {
            for (int i = 0; i < elements.length; i++) {
                data[o * elements.length + i] = weight.data()[o * weight.cols() + elements[i]];
            }
        }
        return new Matrix(weight.rows(), elements.length, data);
    }

    /** C, some of its rows and columns. */
    Matrix covariance(int[] rows, int[] cols) {
        Matrix c = moments.covariance();
        double[] data = Matrix.allocate(rows.length, cols.length);
        for (int i = 0; i < rows.length; i++) {
            int row = rows[i] * c.cols();
            for (int j = 0; j < cols.length; j++) {
                data[i * cols.length + j] = c.data()[row + cols[j]];
            }
        }
        return new Matrix(rows.length, cols.length, data);
    }

    /** E‖W x‖² of centred x. */
    double energy() {
        return energy;
    }

    /** C_jj ‖W_:j‖² by input channel. */
    double[] energies() {
        double[] energies = new double[layer.inChannels()];
        for (int i = 0; i < weight.data().length; i++) {
            int element = i % weight.cols();
            energies[element / perChannel] +=
                    weight.data()[i] * weight.data()[i] * moments.covariance().get(element, element);
        }
        return energies;
    }

    /**
     * A weight in the layer's layout, n × channels·K.
     *
     * @param transposed by element, and row, as {@link #weight} has them
     * @param places of the channels among those that the elements are of, in the order they shall have
     */
    float[] laidOut(Matrix transposed, int[] places) {
        int n = layer.outChannels();
        float[] values = new float[Math.multiplyExact(n, places.length * taps)];
        for (int o = 0; o < n; o++) {
            for (int c = 0; c < places.length; c++) {
                for (int k = 0; k < taps; k++) {
                    double value = perChannel == taps
                            ? transposed.get(places[c] * taps + k, o)
                            : transposed.get(places[c], o * taps + k);
                    values[(o * places.length + c) * taps + k] = (float) value;
                }
            }
        }
        return values;
    }

    /**
     * W E[x] − W' E[x'].
     *
     * @param fitted W' in the layer's layout
     * @param mean E[x'] of the channels it has, channels·K
     */
    float[] missedMean(float[] fitted, double[] mean) {
        float[] missed = new float[outputMean.length];
        for (int o = 0; o < missed.length; o++) {
            double sum = outputMean[o];
            for (int i = 0; i < mean.length; i++) {
                sum -= fitted[o * mean.length + i] * mean[i];
            }
            missed[o] = (float) sum;
        }
        return missed;
    }

    /** E[x] of some channels, channels·K. */
    double[] mean(int[] channels) {
        double[] mean = new double[channels.length * taps];
        for (int i = 0; i < channels.length; i++) {
            System.arraycopy(moments.mean(), channels[i] * taps, mean, i * taps, taps);
        }
        return mean;
    }

    /**
     * The same layer of Q x: W Q⁻¹ and the moments Q E[x], Q C Qᵀ, for a block-diagonal Q.
     *
     * @param blocks of channels that no two have; others stay as they are
     */
    ReaderProduct changed(List<ChangeOfBasis> blocks) {
        Matrix rows = changedRows(moments.covariance(), blocks);
        PatchMoments seen = new PatchMoments(changedMean(blocks), changedRows(rows.transposed(), blocks));
        return new ReaderProduct(layer, linearAlgebra, changedWeight(blocks), seen, patches, outputMean);
    }

    private Matrix changedWeight(List<ChangeOfBasis> blocks) {
        double[] changed = weight.data().clone();
        for (ChangeOfBasis block : blocks) {
            for (int tap = 0; tap < perChannel; tap++) {
                int[] elements = block.elements(perChannel, tap);
                double[] product = linearAlgebra
                        .multiply(weight(elements), block.inverse())
                        .data();
                for (int o = 0; o < weight.rows(); o++) {
                    for (int i = 0; i < elements.length; i++) {
                        changed[o * weight.cols() + elements[i]] = product[o * elements.length + i];
                    }
                }
            }
        }
        return new Matrix(weight.rows(), weight.cols(), changed);
    }

    /** Q M. */
    private Matrix changedRows(Matrix m, List<ChangeOfBasis> blocks) {
        int cols = m.cols();
        double[] changed = m.data().clone();
        for (ChangeOfBasis block : blocks) {
            for (int tap = 0; tap < perChannel; tap++) {
                int[] elements = block.elements(perChannel, tap);
                double[] rows = new double[elements.length * cols];
                for (int i = 0; i < elements.length; i++) {
                    System.arraycopy(m.data(), elements[i] * cols, rows, i * cols, cols);
                }
                double[] product = linearAlgebra
                        .multiply(block.matrix(), new Matrix(elements.length, cols, rows))
                        .data();
                for (int i = 0; i < elements.length; i++) {
                    System.arraycopy(product, i * cols, changed, elements[i] * cols, cols);
                }
            }
        }
        return new Matrix(m.rows(), cols, changed);
    }

    private double[] changedMean(List<ChangeOfBasis> blocks) {
        double[] changed = moments.mean().clone();
        for (ChangeOfBasis block : blocks) {
            for (int tap = 0; tap < taps; tap++) {
                int[] elements = block.elements(taps, tap);
                double[] product = times(
                        block.matrix(),
                        Arrays.stream(elements)
                                .mapToDouble(i -> moments.mean()[i])
                                .toArray());
                for (int i = 0; i < elements.length; i++) {
                    changed[elements[i]] = product[i];
                }
            }
        }
        return changed;
    }
}
