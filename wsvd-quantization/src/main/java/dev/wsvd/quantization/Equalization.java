package dev.wsvd.quantization;

import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.layer.WeightShape;
import dev.wsvd.domain.layer.Weights;
import dev.wsvd.domain.spi.Activations;
import dev.wsvd.domain.spi.Quantizable;
import dev.wsvd.domain.spi.Quantizable.Chain;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Cross-layer equalization with activations: of a chain A → P, channel i of what lies between is multiplied by s_i = √(w_i / z_i) and P's
 * input channel divided by it, w_i = max|P_i|, z_i = max|z_i| on the calibration inputs, times one factor for all so that their geometric mean is
 * 1. Both the tensor between, which has one scale for all channels, and P, which has one for each output, then lose little where channels
 * are small. The network computes the same. Channels that are always zero, or that nobody reads, are left alone.
 */
final class Equalization {
    private static final double NEGLIGIBLE = 1e-6;

    private Equalization() {}

    static <M> Quantizable<M> of(Quantizable<M> model, Activations<M> inputs, List<Chain> chains) {
        Map<LayerId, Layer> layers =
                model.model().layers().stream().collect(Collectors.toMap(Layer::id, layer -> layer));
        Map<String, Integer> dims = new LinkedHashMap<>();
        chains.forEach(chain -> dims.put(chain.between(), ChannelRuns.dim(layers.get(chain.second()))));
        Map<String, double[]> seen = new ActivationRanges<>(model, inputs).magnitudes(dims);
        Map<LayerId, Weights> weights = new HashMap<>();
        Map<LayerId, float[]> biases = new HashMap<>();
        for (Chain chain : chains) {
            Weights first = weights.getOrDefault(chain.first(), model.model().weights(chain.first()));
            Weights second = weights.getOrDefault(chain.second(), model.model().weights(chain.second()));
            double[] scales = scales(seen.get(chain.between()), columns(second));
            weights.put(chain.first(), rows(first, scales));
            weights.put(chain.second(), dividedColumns(second, scales));
            if (model.biased().contains(chain.first())) {
                float[] bias = biases.containsKey(chain.first())
                        ? biases.get(chain.first())
                        : model.model().bias(chain.first()).orElse(null);
                if (bias != null) {
                    float[] scaled = bias.clone();
                    for (int i = 0; i < scaled.length; i++) {
                        scaled[i] = (float) (scaled[i] * scales[i]);
                    }
                    biases.put(chain.first(), scaled);
                }
            }
        }
        return model.reweighted(weights, biases);
    }

    static double[] scales(double[] activations, double[] weights) {
        int n = activations.length;
        double[] scales = new double[n];
        Arrays.fill(scales, 1);
        double most = Arrays.stream(activations).max().orElse(0) * NEGLIGIBLE;
        double heaviest = Arrays.stream(weights).max().orElse(0) * NEGLIGIBLE;
        double logarithms = 0;
        int counted = 0;
        for (int i = 0; i < n; i++) {
            if (activations[i] > most && weights[i] > heaviest) {
                scales[i] = Math.sqrt(weights[i] / activations[i]);
                logarithms += Math.log(scales[i]);
                counted++;
            }
        }
        for (int i = 0; i < n; i++) {
            if (activations[i] > most && weights[i] > heaviest) {
                scales[i] /= Math.exp(logarithms / counted);
            }
        }
        return scales;
    }

    /** The largest |W| by input channel. */
    private static double[] columns(Weights weights) {
        float[] all = weights.all();
        WeightShape shape = weights.shape();
        int taps = shape.kernelSize();
        double[] largest = new double[shape.inPerGroup()];
        for (int i = 0; i < all.length; i++) {
            int channel = i / taps % shape.inPerGroup();
            largest[channel] = Math.max(largest[channel], Math.abs(all[i]));
        }
        return largest;
    }

    private static Weights rows(Weights weights, double[] scales) {
        float[] all = weights.all().clone();
        int row = all.length / scales.length;
        for (int i = 0; i < all.length; i++) {
            all[i] = (float) (all[i] * scales[i / row]);
        }
        return Weights.of(weights.shape(), all);
    }

    private static Weights dividedColumns(Weights weights, double[] scales) {
        float[] all = weights.all().clone();
        int taps = weights.shape().kernelSize();
        for (int i = 0; i < all.length; i++) {
            all[i] = (float) (all[i] / scales[i / taps % scales.length]);
        }
        return Weights.of(weights.shape(), all);
    }
}
