package dev.wsvd.factorization;

import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.layer.Weights;
import dev.wsvd.domain.linalg.Matrix;
import dev.wsvd.domain.moments.LayerMoments;
import dev.wsvd.domain.moments.PatchMoments;
import dev.wsvd.domain.spi.LayerKnowledge;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;

/** Layers with random weights, biases and samples of what they see. */
final class KnownLayers implements LayerKnowledge {
    /** Samples stand for all inputs there are. */
    private static final long ALL = Long.MAX_VALUE;

    private final Random random;
    private final Map<LayerId, Weights> weights = new HashMap<>();
    private final Map<LayerId, float[]> biases = new HashMap<>();
    private final Map<LayerId, LayerMoments> moments = new HashMap<>();
    private final Map<LayerId, double[][]> samples = new HashMap<>();

    KnownLayers(long seed) {
        this.random = new Random(seed);
    }

    /** Gives a layer random weights; nothing is known of its inputs. */
    KnownLayers with(Layer layer) {
        float[] values = new float[(int) layer.weight().elements()];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextGaussian();
        }
        weights.put(layer.id(), Weights.of(layer.weight(), values));
        return this;
    }

    KnownLayers with(Layer layer, float[] values) {
        weights.put(layer.id(), Weights.of(layer.weight(), values));
        return this;
    }

    KnownLayers withBias(Layer layer) {
        float[] bias = new float[layer.outChannels()];
        for (int i = 0; i < bias.length; i++) {
            bias[i] = (float) random.nextGaussian();
        }
        biases.put(layer.id(), bias);
        return this;
    }

    /** Correlated samples with a mean, of which some directions matter more than others. */
    KnownLayers seeing(Layer layer, int count) {
        int size = layer.weight().inPerGroup() * layer.weight().kernelSize();
        return seeing(layer, samples(random, count, size));
    }

    KnownLayers seeing(Layer layer, double[][] patches) {
        samples.put(layer.id(), patches);
        moments.put(
                layer.id(),
                new LayerMoments(ALL, List.of(new PatchMoments(mean(patches), covariance(patches, patches)))));
        return this;
    }

    /** The same samples, of all that there could be. */
    KnownLayers counted(Layer layer) {
        moments.computeIfPresent(layer.id(), (id, of) -> new LayerMoments(samples.get(id).length, of.groups()));
        return this;
    }

    /** The same samples, with the covariance of channels alone. */
    KnownLayers channelOnly(Layer layer) {
        int taps = layer.weight().kernelSize();
        PatchMoments whole = moments.get(layer.id()).groups().get(0);
        int channels = whole.mean().length / taps;
        double[] mean = new double[channels * channels];
        for (int i = 0; i < mean.length; i++) {
            for (int k = 0; k < taps; k++) {
                mean[i] += whole.covariance().get(i / channels * taps + k, i % channels * taps + k) / taps;
            }
        }
        moments.put(
                layer.id(),
                new LayerMoments(ALL, List.of(new PatchMoments(whole.mean(), new Matrix(channels, channels, mean)))));
        return this;
    }

    static double[][] samples(Random random, int count, int size) {
        double[][] mixing = new double[size][size];
        double[] mean = new double[size];
        for (int i = 0; i < size; i++) {
            mean[i] = random.nextGaussian();
            for (int j = 0; j < size; j++) {
                mixing[i][j] = random.nextGaussian() / (1 + j);
            }
            mixing[i][i] += 0.2;
        }
        double[][] samples = new double[count][size];
        for (double[] sample : samples) {
            double[] sources = random.doubles(size).map(x -> 3 * x).toArray();
            for (int i = 0; i < size; i++) {
                sample[i] = mean[i];
                for (int j = 0; j < size; j++) {
                    sample[i] += mixing[i][j] * sources[j];
                }
            }
        }
        return samples;
    }

    static double[] mean(double[][] samples) {
        double[] mean = new double[samples[0].length];
        for (double[] sample : samples) {
            for (int i = 0; i < mean.length; i++) {
                mean[i] += sample[i] / samples.length;
            }
        }
        return mean;
    }

    static Matrix covariance(double[][] a, double[][] b) {
        double[] meanA = mean(a);
        double[] meanB = mean(b);
        double[] sum = new double[meanA.length * meanB.length];
        for (int s = 0; s < a.length; s++) {
            for (int i = 0; i < sum.length; i++) {
                int row = i / meanB.length;
                int col = i % meanB.length;
                sum[i] += (a[s][row] - meanA[row]) * (b[s][col] - meanB[col]) / a.length;
            }
        }
        return new Matrix(meanA.length, meanB.length, sum);
    }

    double[][] samples(Layer layer) {
        return samples.get(layer.id());
    }

    @Override
    public Weights weights(LayerId layer) {
        return weights.get(layer);
    }

    @Override
    public Optional<float[]> bias(LayerId layer) {
        return Optional.ofNullable(biases.get(layer));
    }

    @Override
    public Optional<LayerMoments> moments(LayerId layer) {
        return Optional.ofNullable(moments.get(layer));
    }
}
