package dev.wsvd.quantization;

import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.quantization.Quantization;
import dev.wsvd.domain.quantization.QuantizedLayer;
import dev.wsvd.domain.spi.Activations;
import dev.wsvd.domain.spi.Activations.Watch;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.Quantizable;
import dev.wsvd.domain.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.DoubleConsumer;

/**
 * Empirical bias correction: layer by layer from the inputs on, b ← b + E[y] − E[y′] by output channel, y what the layer gives in float and y′
 * what it gives in int8 behind layers that are in int8 and corrected. Where there are very many, neighbours are corrected at once.
 */
final class BiasCorrection<M> {
    private static final int SAMPLES = 200;
    private static final int FEWEST_SAMPLES = 32;
    /** MACs of one run of the samples, if they are not too few then. */
    private static final double WORK = 2e11;

    private static final int BATCH = 16;
    private static final int MOST_STEPS = 24;

    private final Quantizable<M> model;
    private final Activations<M> inputs;
    private final long samples;

    BiasCorrection(Quantizable<M> model, Activations<M> inputs) {
        this.model = model;
        this.inputs = inputs;
        double macs = model.model().layers().stream()
                .mapToDouble(layer -> layer.sized().macs())
                .sum();
        long enough = (long) Math.max(FEWEST_SAMPLES, Math.min(SAMPLES, WORK / Math.max(1, macs)));
        this.samples = Math.min(enough, inputs.samples());
    }

    /** @param progress hears what part is done */
    Quantization corrected(Quantization quantization, DoubleConsumer progress) {
        Map<LayerId, QuantizedLayer> now = new LinkedHashMap<>(quantization.byId());
        List<Layer> layers = model.model().layers().stream()
                .filter(layer -> now.containsKey(layer.id()) && model.biased().contains(layer.id()))
                .toList();
        int together = Math.max(1, (layers.size() + MOST_STEPS - 1) / MOST_STEPS);
        for (int from = 0; from < layers.size(); from += together) {
            progress.accept((double) from / layers.size());
            List<Layer> some = layers.subList(from, Math.min(layers.size(), from + together));
            Map<LayerId, double[]> wanted = means(model.model().model(), some);
            Map<LayerId, double[]> found;
            try (CompressibleModel<M> rounded = model.with(
                    new Quantization(quantization.mode(), List.copyOf(now.values()), quantization.activations()))) {
                found = means(rounded.model(), some);
            }
            for (Layer layer : some) {
                double[] is = found.get(layer.id());
                double[] was = wanted.get(layer.id());
                if (is != null && was != null) {
                    now.computeIfPresent(layer.id(), (id, before) -> shifted(before, was, is));
                }
            }
        }
        return new Quantization(quantization.mode(), new ArrayList<>(now.values()), quantization.activations());
    }

    private QuantizedLayer shifted(QuantizedLayer layer, double[] wanted, double[] found) {
        float[] bias = layer.bias()
                .or(() -> model.model().bias(layer.id()))
                .map(float[]::clone)
                .orElseGet(() -> new float[wanted.length]);
        for (int i = 0; i < bias.length; i++) {
            bias[i] += (float) (wanted[i] - found[i]);
        }
        return new QuantizedLayer(layer.id(), layer.weights(), Optional.of(bias));
    }

    /** By output channel; without layers that cannot be watched. */
    private Map<LayerId, double[]> means(M of, List<Layer> layers) {
        Map<LayerId, double[]> sums = new HashMap<>();
        Map<LayerId, Long> counts = new HashMap<>();
        try (Watch watch = inputs.watch(of, layers.stream().map(Layer::id).toList(), BATCH)) {
            // From everywhere, as files are often sorted by class.
            long batches = (samples + watch.batchSize() - 1) / watch.batchSize();
            long step = Math.max(watch.batchSize(), inputs.samples() / Math.max(1, batches));
            for (long from = 0; from < inputs.samples(); from += step) {
                Map<String, Tensor> seen = watch.run(from, Math.min(inputs.samples(), from + watch.batchSize()));
                for (Layer layer : layers) {
                    watch.output(layer.id()).map(seen::get).ifPresent(tensor -> {
                        double[] sum = sums.computeIfAbsent(layer.id(), id -> new double[layer.outChannels()]);
                        add(sum, layer, tensor);
                        counts.merge(layer.id(), tensor.elements() / layer.outChannels(), Long::sum);
                    });
                }
            }
        }
        sums.forEach((layer, sum) -> {
            for (int i = 0; i < sum.length; i++) {
                sum[i] /= counts.get(layer);
            }
        });
        return sums;
    }

    private static void add(double[] sums, Layer layer, Tensor tensor) {
        ChannelRuns.forEach(tensor, ChannelRuns.dim(layer), (channel, values, from, to) -> {
            double sum = 0;
            for (int i = from; i < to; i++) {
                sum += values[i];
            }
            sums[channel] += sum;
        });
    }
}
